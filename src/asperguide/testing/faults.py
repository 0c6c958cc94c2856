"""Planned faults around any port: answers that come late, twice, wrong or never, and callers that do not learn.

`Faults(plan).wrap(port, "mailer")` behaves as the port does, except where the plan says otherwise. Calls are named by
their path: `mailer.send`, `uow.__aenter__`, `uow.users.save`.
"""

import asyncio
import functools
import hashlib
import inspect
import itertools
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import TracebackType
from typing import Any, TypeVar, cast

P = TypeVar("P")
R = TypeVar("R")


class Injected(Exception):
    """What faults raise that were not given an error of their own."""


class Fault(ABC):
    """What happens to one call instead of its plain course."""

    @abstractmethod
    async def around(self, call: Callable[[], Awaitable[R]]) -> R:
        """The course of an async call."""
        ...

    @abstractmethod
    def around_plain(self, call: Callable[[], R]) -> R:
        """The course of a call that nobody awaits."""
        ...


@dataclass(frozen=True, slots=True)
class Latency(Fault):
    """The call is made after so many seconds; a plain one blocks its thread for them, as a slow one does."""

    seconds: float

    async def around(self, call: Callable[[], Awaitable[R]]) -> R:
        """Sleep, then call."""
        await asyncio.sleep(self.seconds)
        return await call()

    def around_plain(self, call: Callable[[], R]) -> R:
        """Sleep, then call."""
        time.sleep(self.seconds)
        return call()


@dataclass(frozen=True, slots=True)
class Timeout(Fault):
    """No answer until the caller is cancelled; a plain call, which cannot be, raises TimeoutError. Nothing happens."""

    async def around(self, call: Callable[[], Awaitable[R]]) -> R:
        """Wait for what never comes."""
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    def around_plain(self, call: Callable[[], R]) -> R:
        """Give up at once."""
        raise TimeoutError


@dataclass(frozen=True, slots=True)
class Duplicate(Fault):
    """The call is made twice, as by a network that lost the first answer and asked again."""

    async def around(self, call: Callable[[], Awaitable[R]]) -> R:
        """The second answer."""
        await call()
        return await call()

    def around_plain(self, call: Callable[[], R]) -> R:
        """The second answer."""
        call()
        return call()


@dataclass(frozen=True, slots=True)
class Error(Fault):
    """The port refuses with the given error, one that it declares: `Error(MailDelayed)`. Nothing happens."""

    error: Callable[[], Exception]

    async def around(self, call: Callable[[], Awaitable[R]]) -> R:
        """Raise."""
        raise self.error()

    def around_plain(self, call: Callable[[], R]) -> R:
        """Raise."""
        raise self.error()


@dataclass(frozen=True, slots=True)
class CrashBefore(Error):
    """The call has no effect and raises what nobody expects."""

    error: Callable[[], Exception] = Injected


@dataclass(frozen=True, slots=True)
class CrashAfter(Fault):
    """The call takes effect, and then raises: its answer is lost."""

    error: Callable[[], Exception] = Injected

    async def around(self, call: Callable[[], Awaitable[R]]) -> R:
        """Call, then raise."""
        await call()
        raise self.error()

    def around_plain(self, call: Callable[[], R]) -> R:
        """Call, then raise."""
        call()
        raise self.error()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a port: its path, the how-manieth of that path and the how-manieth of all, from 1."""

    name: str
    number: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """What was done to which call."""

    call: Call
    fault: Fault


Plan = Callable[[Call], Fault | None]
"""Decides the fate of each call, None being an ordinary one."""


def seeded(seed: object, schedule: Mapping[str, Mapping[Fault, float]]) -> Plan:
    """Faults by chance: `{"mailer.send": {Error(MailDelayed): 0.2, CrashAfter(): 0.1}, "uow.*": {Latency(0.01): 1}}`.

    Shares are out of 1; the first pattern (of `fnmatch`) that a name matches decides. The n-th call of a name has the
    same fate under the same seed, whatever else is called meanwhile. ValueError when shares exceed 1.
    """
    if greedy := [name for name, shares in schedule.items() if sum(shares.values()) > 1 + 1e-9]:
        raise ValueError(f"more faults than calls of {', '.join(greedy)}")

    def decide(call: Call) -> Fault | None:
        shares = next((shares for name, shares in schedule.items() if fnmatchcase(call.name, name)), {})
        drawn = hashlib.sha256(f"{seed} {call.name} {call.number}".encode()).digest()
        chance = int.from_bytes(drawn[:7]) / 2**56
        for fault, share in shares.items():
            if chance < share:
                return fault
            chance -= share
        return None

    return decide


def nth(number: int, fault: Fault) -> Plan:
    """One fault, at the n-th call of all."""
    return lambda call: fault if call.total == number else None


def failing_in_turn(fault: Fault) -> Iterator["Faults"]:
    """For a run whose first call fails, then one whose second does, until a run gets by without the fault.

    The loop of SQLite's test harness: what survives it is never left half done.
    """
    for number in itertools.count(1):
        faults = Faults(nth(number, fault))
        yield faults
        if not faults.injected:
            return


class Faults:
    """Wraps ports, lets the plan decide over every call, and remembers in `injected` what was done.

    Methods may be async, plain, or give an async context manager; what has async methods itself and comes out of a
    wrapped thing, as repositories come out of a unit of work, is wrapped too. What is entered is always left: faults
    of `__aexit__` come after it, and who crashes after entering has left. Entering and leaving are never doubled.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.injected: list[Injection] = []
        self.calls: Counter[str] = Counter()

    def wrap(self, port: P, name: str) -> P:
        """The port, or the callable that makes it, with its calls under the plan."""
        return cast(P, _Faulty(port, name, self))

    def fate(self, name: str, *, once: bool = False) -> Fault | None:
        """Count a call and decide over it; `once` when it cannot be doubled."""
        self.calls[name] += 1
        call = Call(name=name, number=self.calls[name], total=self.calls.total())
        fault = self.plan(call)
        if fault is None or (once and isinstance(fault, Duplicate)):
            return None
        self.injected.append(Injection(call=call, fault=fault))
        return fault


class _Faulty:
    """Stands where the port stood."""

    __slots__ = ("_faults", "_name", "_port")

    def __init__(self, port: Any, name: str, faults: Faults) -> None:
        self._port, self._name, self._faults = port, name, faults

    def __getattr__(self, name: str) -> Any:
        found, path = getattr(self._port, name), f"{self._name}.{name}"
        return self._method(found, path) if inspect.isroutine(found) else self._nested(found, path)

    def __call__(self, *values: Any, **named: Any) -> Any:
        return self._method(self._port, self._name)(*values, **named)

    async def __aenter__(self) -> Any:
        entered = False

        async def enter() -> Any:
            nonlocal entered
            found = await self._port.__aenter__()
            entered = True
            return found

        fault = self._faults.fate(f"{self._name}.__aenter__", once=True)
        try:
            found = await (fault.around(enter) if fault else enter())
        except BaseException as error:
            if entered:
                await self._port.__aexit__(type(error), error, error.__traceback__)
            raise
        return self if found is self._port else self._nested(found, self._name)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        forgiven = await self._port.__aexit__(kind, error, trace)
        if fault := self._faults.fate(f"{self._name}.__aexit__", once=True):
            await fault.around(_nothing)
        return forgiven

    def _method(self, method: Callable[..., Any], path: str) -> Callable[..., Any]:
        @functools.wraps(method, updated=())
        async def answer(*values: Any, **named: Any) -> Any:
            fault, call = self._faults.fate(path), functools.partial(method, *values, **named)
            return self._nested(await (fault.around(call) if fault else call()), path)

        @functools.wraps(method, updated=())
        def answer_plainly(*values: Any, **named: Any) -> Any:
            fault, call = self._faults.fate(path), functools.partial(method, *values, **named)
            return self._nested(fault.around_plain(call) if fault else call(), path)

        return answer if inspect.iscoroutinefunction(method) else answer_plainly

    def _nested(self, found: Any, path: str) -> Any:
        kind: type = type(found)
        return _Faulty(found, path, self._faults) if _is_asked(kind) else found


@functools.cache
def _is_asked(kind: type) -> bool:
    """Whether things of this kind have async methods, as ports have and values have not."""
    return any(inspect.iscoroutinefunction(inspect.getattr_static(kind, name)) for name in dir(kind))


async def _nothing() -> None:
    """What is left to do after leaving."""
