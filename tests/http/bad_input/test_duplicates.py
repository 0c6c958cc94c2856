"""Two people, one name: one gets it, nobody learns whose address is taken, and nothing breaks."""

import asyncio

import pytest
from dependency_injector.providers import Object

from asperguide.adapters.memory.passwords import MemoryPasswords
from tests.http.bad_input.house import House, problem_of, registration

ROUNDS = 20


class InStep(MemoryPasswords):
    """Gives hashes to two people at the same moment, so that both look for the address before either has it."""

    def __init__(self) -> None:
        super().__init__()
        self._both = asyncio.Barrier(2)

    async def hash(self, password: str) -> str:
        """The hash, once somebody else wants one too."""
        made = await super().hash(password)
        await self._both.wait()
        return made


@pytest.fixture
def in_step(house: House) -> House:
    """The application when two people always arrive at once."""
    house.container.hasher.override(Object(InStep()))
    return house


async def test_a_taken_address_is_answered_as_a_free_one_and_its_owner_is_told(house: House) -> None:
    owner = await house.person()
    stranger = registration(email=owner.email.upper())
    answer = await house.expect(201, "POST", "/users", json=stranger)
    assert answer.keys() == {"id", "email", "username", "full_name", "state", "created_at"}
    assert (answer["email"], answer["state"]) == (stranger["email"], "pending")
    sent = len(house.mailer.sent)
    await house.settle()
    assert [mail.to for mail in house.mailer.sent[sent:]] == [owner.email]
    given = {"login": owner.email, "password": stranger["password"]}
    await house.expect(201, "POST", "/sessions", json=given)  # both have the same password: it is the owner's account
    me = await house.expect(200, "GET", "/users/me", headers=(await house.sign_in(owner.email)).headers)
    assert me["username"] == owner.username


@pytest.mark.parametrize("change", [str.upper, str.title, str])
async def test_a_taken_username_is_told_whatever_its_case(house: House, change: type[str]) -> None:
    told = await house.register()
    await house.refused(409, "USERNAME_TAKEN", "POST", "/users", json=registration(username=change(told["username"])))


async def test_of_two_who_register_one_username_at_once_one_gets_it(in_step: House) -> None:
    for _ in range(ROUNDS):
        name = registration()["username"]
        both = [registration(username=name), registration(username=name)]
        answers = await asyncio.gather(*(in_step.api.post("/users", json=told) for told in both))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        refusal = next(answer for answer in answers if answer.status_code == 409)
        assert problem_of(refusal)["code"] == "USERNAME_TAKEN"


async def test_of_two_who_register_one_address_at_once_both_get_the_neutral_answer(in_step: House) -> None:
    for _ in range(ROUNDS):
        address = registration()["email"]
        both = [registration(email=address), registration(email=address.title())]
        answers = await asyncio.gather(*(in_step.api.post("/users", json=told) for told in both))
        assert [answer.status_code for answer in answers] == [201, 201]
        await in_step.expect(204, "POST", "/users/email-verification", json={"code": await in_step.code_for(address)})
        await in_step.sign_in(address)


async def test_of_two_who_register_the_very_same_at_once_one_gets_it(in_step: House) -> None:
    for _ in range(ROUNDS):
        told = registration()
        answers = await asyncio.gather(*(in_step.api.post("/users", json=told) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        await in_step.expect(
            204, "POST", "/users/email-verification", json={"code": await in_step.code_for(told["email"])}
        )
        await in_step.sign_in(told["email"])


async def test_of_two_who_move_to_one_username_at_once_one_gets_it(house: House) -> None:
    one, other = await house.person(), await house.person()
    for _ in range(ROUNDS):
        wanted = {"username": registration()["username"]}
        answers = await asyncio.gather(
            *(house.api.put("/users/me/username", json=wanted, headers=who.headers) for who in (one, other))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert {problem_of(answer)["code"] for answer in answers if answer.status_code == 409} == {"USERNAME_TAKEN"}


async def test_of_two_who_confirm_one_code_at_once_one_is_too_late(house: House) -> None:
    for _ in range(ROUNDS):
        told = await house.register()
        given = {"code": await house.code_for(told["email"])}
        confirming = (house.api.post("/users/email-verification", json=given) for _ in range(2))
        answers = await asyncio.gather(*confirming)
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses in ([204, 409], [204, 422]), [answer.text for answer in answers]


async def test_of_two_changes_of_one_version_at_once_one_is_made(house: House) -> None:
    who = await house.person()
    for number in range(ROUNDS):
        etag = (await house.api.get("/users/me", headers=who.headers)).headers["etag"]
        headers = {**who.headers, "if-match": etag}
        answers = await asyncio.gather(
            *(house.api.patch("/users/me", json={"full_name": f"{n} {number}"}, headers=headers) for n in "ab")
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412]
