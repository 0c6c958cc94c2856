"""The most that passwords can do: argon2id at the configured cost, on one core, with nothing around it.

`argon2` is the reference implementation that argon2-cffi brings, `libsodium` the one that our service hashes with.
"""

import json
import sys
import time

from argon2.low_level import Type, hash_secret
from nacl.pwhash import argon2id

from benchmarks.peers.person import PASSWORD
from benchmarks.processes import SERVER_CORE, busy


def by_argon2(salt: bytes) -> None:
    """One hash."""
    hash_secret(PASSWORD.encode(), salt, 2, 19456, 1, 32, Type.ID)


def by_libsodium(salt: bytes) -> None:
    """The same hash."""
    argon2id.kdf(32, PASSWORD.encode(), salt, opslimit=2, memlimit=19456 * 1024)


LIBRARIES = {"argon2": by_argon2, "libsodium": by_libsodium}


def measure(library: str, seconds: float) -> dict[str, float]:
    """Hashes made, the seconds and the processor seconds they took, and the share of the core that others took."""
    hash = LIBRARIES[library]
    began, worked, hashes, busy_before = time.perf_counter(), time.process_time(), 0, busy(SERVER_CORE)
    while time.perf_counter() - began < seconds:
        hash(hashes.to_bytes(16, "big"))
        hashes += 1
    took, cpu = time.perf_counter() - began, time.process_time() - worked
    others = max(0.0, busy(SERVER_CORE) - busy_before - cpu) / took
    return {"count": hashes, "seconds": took, "cpu": cpu, "neighbours": others}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], float(sys.argv[2]))))
