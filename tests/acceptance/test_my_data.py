"""Taking one's data along, and following long work, whichever way one asks."""

import json

import pytest

from asperguide.companies import NewCompany
from asperguide.identity.errors import ExportNotFound, ProofNeeded, TooManyExports
from asperguide.operations import MyJobState
from asperguide.operations.errors import JobNotCancellable, JobNotFound
from tests.acceptance.driver import PASSWORD, Driver, address
from tests.exports import token_in_mail, unpacked

SIOBHAN = address("siobhan")


async def test_everything_that_is_kept_of_somebody_comes_by_a_link_in_a_mail(driver: Driver) -> None:
    await driver.member("siobhan")
    token = (await driver.sign_in("siobhan")).access_token
    job = await driver.ask_for_export(token)
    assert await driver.ask_for_export(token) == job
    assert (await driver.job(token, job)).state is MyJobState.WAITING
    assert (await driver.subjects(SIOBHAN))[-1] == "Your data is ready"
    done = await driver.job(token, job)
    assert (done.state, done.progress) == (MyJobState.DONE, 1.0)
    with pytest.raises(JobNotCancellable):
        await driver.cancel_job(token, job)

    link = token_in_mail(driver.world, SIOBHAN)
    found = unpacked(await driver.fetch_export(link))
    assert json.loads(found["profile.json"])["email"] == SIOBHAN
    assert len(json.loads(found["sessions.json"])) == 2
    kinds = [event["kind"] for event in json.loads(found["security-events.json"])]
    assert (kinds[0], kinds[-1], kinds.count("signed-in")) == ("registered", "export-asked", 2)

    await driver.world.advance(days=7)
    with pytest.raises(ExportNotFound):
        await driver.fetch_export(link)


async def test_what_somebody_is_in_companies_is_among_their_data_and_what_others_are_is_not(driver: Driver) -> None:
    token = (await driver.member("siobhan")).access_token
    company = await driver.found(token, NewCompany(name="O'Neil & Söhne"))
    await driver.found((await driver.member("niamh")).access_token, NewCompany(name="Atelier Niamh"))
    await driver.ask_for_export(token)
    await driver.world.settle()
    found = unpacked(await driver.fetch_export(token_in_mail(driver.world, SIOBHAN)))
    (role,) = json.loads(found["companies/roles.json"])
    assert (role["company"], role["name"], role["role"]) == (str(company.id), "O'Neil & Söhne", "owner")
    assert role["since"].endswith("Z")


async def test_an_archive_that_was_cancelled_is_not_made(driver: Driver) -> None:
    token = (await driver.member("siobhan")).access_token
    other = (await driver.member("niamh")).access_token
    job = await driver.ask_for_export(token)
    with pytest.raises(JobNotFound):
        await driver.cancel_job(other, job)
    await driver.cancel_job(token, job)
    await driver.cancel_job(token, job)
    assert "Your data is ready" not in await driver.subjects(SIOBHAN)
    assert (await driver.job(token, job)).state is MyJobState.CANCELLED
    assert await driver.ask_for_export(token) != job


async def test_asking_needs_a_proof_and_is_possible_three_times_a_day(driver: Driver) -> None:
    token = (await driver.member("siobhan")).access_token
    await driver.world.advance(minutes=11)
    with pytest.raises(ProofNeeded):
        await driver.ask_for_export(token)
    for _ in range(3):
        await driver.ask_for_export(token, PASSWORD)
        await driver.world.settle()
    with pytest.raises(TooManyExports):
        await driver.ask_for_export(token, PASSWORD)


async def test_the_link_is_dead_while_the_account_is_closed(driver: Driver) -> None:
    token = (await driver.member("siobhan")).access_token
    await driver.ask_for_export(token)
    await driver.world.settle()
    link = token_in_mail(driver.world, SIOBHAN)
    await driver.close(token, PASSWORD)
    with pytest.raises(ExportNotFound):
        await driver.fetch_export(link)
    await driver.reopen(await driver.latest_code(SIOBHAN))
    assert "profile.json" in unpacked(await driver.fetch_export(link))
