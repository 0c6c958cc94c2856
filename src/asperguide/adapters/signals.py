"""How a process is told to end: once in good order, twice at once, and by a deadline that nothing can delay."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable

SIGNALS = (signal.SIGTERM, signal.SIGINT)
LAST_WORDS_SECONDS = 4.0
"""What comes on top of the deadline for telling what was logged; with a deadline of 25 s it is over before 30."""
SPARE_SECONDS = 0.5


def when_told_to_end(begin: Callable[[int], object], *, within: float) -> None:
    """On the first SIGTERM or SIGINT run `begin(number)` in this loop. Only a main thread can be told.

    The same signal a second time ends the process at once. `within` seconds after the first the kernel ends it
    (SIGALRM), whatever it is doing: code that ignores being cancelled cannot keep it.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    told: set[int] = set()

    def hear(number: int, _: object) -> None:
        if number in told:
            os._exit(128 + number)
        if not told:
            end_in(within)
        told.add(number)
        loop.call_soon_threadsafe(begin, number)

    for number in SIGNALS:
        signal.signal(number, hear)


_end: float | None = None


def end_in(seconds: float) -> None:
    """Let the kernel end this process then, unless it has ended before."""
    global _end
    _end = time.monotonic() + seconds
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def for_last_words(seconds: float) -> float:
    """How much of so many seconds there is for what is still to be told, now that all else is done.

    All of them, unless the process was told to end: then what is left until its deadline and `LAST_WORDS_SECONDS`
    beyond it, at which the kernel ends it instead.
    """
    if _end is None:
        return seconds
    left = _end + LAST_WORDS_SECONDS - time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, max(left, SPARE_SECONDS))
    return max(0.0, min(seconds, left - SPARE_SECONDS))
