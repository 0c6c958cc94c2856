"""The scenarios that measure speed and memory; each gives a report."""

from collections.abc import Callable
from contextlib import ExitStack
from statistics import median

import msgspec

from benchmarks.figures import Check, Report, Series, lost, ratio
from benchmarks.load import raw, wrk
from benchmarks.peers.person import Person, nth
from benchmarks.probing import Probed
from benchmarks.processes import DidNotStart, Pinned, free_port
from benchmarks.rigs import HASHING_CLIENTS, MOST_HASHES, Run, fastapi_twin, litestar
from benchmarks.seeding import in_process
from benchmarks.service import API, person, serve, service
from benchmarks.subjects import HashAlone, Web, start_peer

STARTS = 7
READS_BEFORE_WEIGHING = 1000
SIGN_INS_AN_ACCOUNT = 8
COLD_READS_A_ROUND = 2500


def peers(run: Run) -> Report:
    """The peers alone: what the ratios are made of."""
    with ExitStack() as stack:
        modules = ("bare_asgi", "bare_litestar", "litestar_jwt", "litestar_jwt_redis")
        subjects = [stack.enter_context(litestar(run, module)) for module in modules]
        twin = stack.enter_context(fastapi_twin(run))
        subjects += [twin.endpoint(path) for path in ("plain", "jwt", "jwt-redis")]
        series = run.turns([*subjects, twin.orm_read()])
        hashing = run.turns([HashAlone(), twin.sign_in(), twin.register()], run.hashing_seconds)
    bare, alone = series[1], hashing[0]
    checks = [ratio(f"{one.name} / bare_litestar", one, bare) for one in series if one is not bare]
    checks += [ratio(f"{one.name} / argon2 alone", one, alone) for one in hashing[1:]]
    return Report("peers", [*series, *hashing], [*checks, lost(*series, *hashing)])


def read(run: Run) -> Report:
    """The warm, authenticated `GET /users/me` on MariaDB and Redis."""
    with ExitStack() as stack:
        ours = stack.enter_context(service(run.folder, run.seed, run.servers))
        account = ours.signed_in(ours.new_account(run.seed))
        answer = ours.me(account)
        modules = ("bare_litestar", "litestar_jwt", "litestar_jwt_redis")
        others = [stack.enter_context(litestar(run, module)) for module in modules]
        subject = Web("asperguide read", ours.server, ours.port, run.requests("read", [account.read()]))
        series = run.turns([subject, *others])
    mine, bare, checked, looked_up = series
    checks = [
        ratio("read / bare_litestar", mine, bare, at_least=0.45),
        ratio("read / litestar_jwt_redis", mine, looked_up, at_least=1.3),
        ratio("read / litestar_jwt", mine, checked),
        _evenness(mine),
        _likeness(answer),
        lost(*series),
    ]
    return Report("read", series, checks)


def _evenness(series: Series) -> Check:
    value = median(load.p99 / load.p50 for load in series.loads)
    return Check(name="p99 / p50 at 16 connections", value=value, unit="x", at_most=3)


def _likeness(answer: bytes) -> Check:
    """Ours may not win by saying less than the peers."""
    theirs = msgspec.json.encode(nth(0))
    missing = set(Person.__struct_fields__) ^ set(msgspec.json.decode(answer))
    note = f"fields that only one has: {', '.join(sorted(missing))}" if missing else ""
    return Check(name="bytes of our answer / the peers'", value=len(answer) / len(theirs), at_least=0.9, note=note)


def cold(run: Run) -> Report:
    """Every read by somebody who is in no cache: each token is used once in all rounds together."""
    with ExitStack() as stack:
        ours = stack.enter_context(service(run.folder, run.seed, run.servers))
        accounts = in_process(ours, run.seed, COLD_READS_A_ROUND * (run.rounds + 1))
        twin = stack.enter_context(fastapi_twin(run))
        requests = run.requests("cold", [account.read() for account in accounts])
        subject = Web("asperguide cold read", ours.server, ours.port, requests, portion=COLD_READS_A_ROUND)
        series = run.turns([subject, twin.orm_read()])
    mine, theirs = series
    checks = [
        ratio("cold read / fastapi orm-read", mine, theirs, at_least=1.3),
        Check(name="tokens a round, each used once", value=COLD_READS_A_ROUND),
        lost(*series),
    ]
    return Report("cold", series, checks)


def sign_in(run: Run) -> Report:
    """Eight clients sign in all the time while somebody else asks whether the service lives."""
    with ExitStack() as stack:
        ours = stack.enter_context(service(run.folder, run.seed, run.servers))
        people = MOST_HASHES * (run.hashing_seconds * run.rounds + 1) // SIGN_INS_AN_ACCOUNT + 1
        accounts = in_process(ours, run.seed, people)
        requests = run.requests("sign-in", [account.sign_in() for account in accounts])
        web = Web("asperguide sign-in", ours.server, ours.port, requests, HASHING_CLIENTS)
        twin = stack.enter_context(fastapi_twin(run))
        subject, neighbour = Probed(web, "/health/live"), Probed(twin.sign_in(), "/plain")
        series = run.turns([HashAlone(), HashAlone("libsodium"), subject, neighbour], run.hashing_seconds)
    alone, fastest, mine, theirs = series
    checks = [
        ratio("sign-in / argon2 alone", mine, alone, at_least=0.95),
        ratio("sign-in / libsodium alone", mine, fastest),
        ratio("fastapi sign-in / argon2 alone", theirs, alone),
        Check(name="/health/live p99 meanwhile", value=subject.p99, unit="ms", at_most=25, note=subject.note),
        Check(name="fastapi /plain p99 meanwhile", value=neighbour.p99, unit="ms", note=neighbour.note),
        lost(*series),
    ]
    return Report("sign-in", series, checks)


def register(run: Run) -> Report:
    """Eight clients register somebody new all the time; mails and their ledger are part of it."""
    with ExitStack() as stack:
        ours = stack.enter_context(service(run.folder, run.seed, run.servers))
        twin = stack.enter_context(fastapi_twin(run))
        people = (person(run.seed, 1_000_000 + number) for number in range(run.registrations))
        bodies = (raw("POST", f"{API}/users", body=one.registration()) for one in people)
        file, portion = run.requests("register", bodies), MOST_HASHES * run.hashing_seconds
        mine = Web("asperguide register", ours.server, ours.port, file, HASHING_CLIENTS, portion)
        series = run.turns([HashAlone(), mine, twin.register()], run.hashing_seconds)
    alone, ours_series, theirs = series
    checks = [
        ratio("register / argon2 alone", ours_series, alone),
        ratio("register / fastapi register", ours_series, theirs),
        ratio("fastapi register / argon2 alone", theirs, alone),
        lost(*series),
    ]
    return Report("register", series, checks)


def start_up(run: Run) -> Report:
    """From the start of the process to the first 200, embedded, on a data folder that exists."""
    run.servers.make_database("twin")
    with service(run.folder, run.seed) as prepared:
        prepared.new_account(run.seed)
        settings = prepared.settings
    mine: list[float] = []
    theirs: list[float] = []
    _start(lambda port: start_peer("fastapi_twin", run.folder, run.servers, port), "/plain")
    for _ in range(STARTS):
        mine.append(_start(lambda port: serve(run.folder, settings, port), "/health/live"))
        theirs.append(_start(lambda port: start_peer("fastapi_twin", run.folder, run.servers, port), "/plain"))
    spread = (max(mine) - min(mine)) / median(mine)
    ratios = [own / other for own, other in zip(mine, theirs, strict=True)]
    rounds = "rounds " + " ".join(f"{taken:.2f}" for taken in mine)
    checks = [
        Check(name="embedded start", value=median(mine), unit="s", at_most=1.0, spread=spread, note=rounds),
        Check(name="fastapi twin's start", value=median(theirs), unit="s"),
        Check(name="start / fastapi twin's", value=median(ratios), unit="x"),
    ]
    return Report("start-up", checks=checks)


def _start(start: Callable[[int], Pinned], path: str) -> float:
    port = free_port()
    with start(port) as server:
        return server.answers(port, path)


def memory(run: Run) -> Report:
    """Resident memory of one process after a thousand reads; then after a registration, a sign-in and as many again."""
    checks = []
    for name, servers in (("embedded", None), ("on MariaDB and Redis", run.servers)):
        folder = run.folder / name.replace(" ", "-")
        if servers is None:
            with service(folder, run.seed):  # the first start makes the tables
                pass
        with service(folder, run.seed, servers) as ours:
            (reader,) = in_process(ours, run.seed, 1)
            weight = _weigh(run, ours.server, ours.port, reader.read())
            checks.append(Check(name=f"resident, {name}", value=weight, unit="MiB", at_most=110))
            newcomer = ours.signed_in(ours.new_account(run.seed))
            weight = _weigh(run, ours.server, ours.port, newcomer.read())
            checks.append(Check(name=f"and after a registration, {name}", value=weight, unit="MiB"))
    with fastapi_twin(run) as twin:
        web = twin.endpoint("jwt-redis")
        web.portion = READS_BEFORE_WEIGHING
        web.measure(2)
        checks.append(Check(name="resident, fastapi twin", value=web.server.resident(), unit="MiB"))
    return Report("memory", checks=checks)


def _weigh(run: Run, server: Pinned, port: int, request: bytes) -> float:
    load = wrk(port, run.requests("weigh", [request]), connections=16, seconds=2, limit=READS_BEFORE_WEIGHING)
    if load.refused or load.broken or load.sent < READS_BEFORE_WEIGHING:
        raise DidNotStart(f"{load.sent} reads, {load.refused} refused, {load.broken} broken\n{server.tail()}")
    return server.resident()
