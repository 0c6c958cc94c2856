"""One trace from the request of a caller to the job that it causes."""

from tests.http.identity.api import Api, newcomer

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


async def test_a_job_continues_the_trace_of_the_request_that_caused_it(api: Api) -> None:
    given = {"traceparent": f"00-{TRACE}-{CALLER}-01", "x-request-id": "registering-1"}
    answer = await api("POST", "/users", json=newcomer(), headers=given)
    assert answer.status_code < 300, answer.text
    (row,) = api.world.ledger.rows.values()
    assert row.job.request_id == "registering-1"
    assert row.job.traceparent == answer.headers["traceparent"]
    version, trace, span, flags = row.job.traceparent.split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert span != CALLER


async def test_the_job_of_one_request_knows_nothing_of_another(api: Api) -> None:
    await api("POST", "/users", json=newcomer(), headers={"traceparent": f"00-{TRACE}-{CALLER}-01"})
    await api("POST", "/users", json=newcomer("maeve"))
    first, second = api.world.ledger.rows.values()
    assert TRACE in str(first.job.traceparent)
    assert second.job.traceparent is None
    assert second.job.request_id not in (None, first.job.request_id)
