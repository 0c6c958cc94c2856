"""Run as a program of its own, between the service and FFmpeg: gives up what FFmpeg shall not have, then becomes it.

A process that has threads cannot safely do this between fork and exec, so a small interpreter does it after exec. It
is given one JSON object: `parent` the process it must not outlive, `limits` by the names of `RLIMIT_*`, `nice`,
`tasks` how many more processes and threads the user may have than now, `alone` whether to leave network and other
namespaces, `paths` what may be read and written (by Landlock, see landlock(7)), and the `command`.

Only the standard library, and little of it: this starts before every run of FFmpeg.
"""

import ctypes
import json
import os
import resource
import sys
from collections.abc import Mapping, Sequence
from typing import Any

PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38
SIGKILL = 9
CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS = 0x10000000, 0x40000000, 0x08000000, 0x04000000
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_PATH = 1
READ = 1 << 0 | 1 << 2 | 1 << 3
"""Landlock: execute, read a file, read a folder."""
WRITE = READ | 1 << 1 | 1 << 5 | 1 << 8 | 1 << 14
"""Also: write and remove a file, make one, truncate it."""
FILE = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14
RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights over files each version of Landlock knows."""
NO_TCP = 0b11
CAPABILITIES = 64


def main() -> None:
    """Never returns when all went well."""
    order = json.loads(sys.argv[1])
    libc = ctypes.CDLL(None, use_errno=True)
    _die_with(libc, order["parent"])
    _limit(order["limits"], order["tasks"])
    os.nice(order["nice"])
    if order["alone"]:
        _leave(libc)
        _die_with(libc, order["parent"])  # whoever gets other capabilities is forgotten by its parent's death
    if order["paths"]:
        _confine(libc, **order["paths"])
    command: list[str] = order["command"]
    os.execve(command[0], command, {})  # noqa: S606


def _die_with(libc: Any, parent: int) -> None:
    """Be killed when the parent is, also when that was before we could ask for it."""
    if sys.platform != "linux":
        return
    _done(libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
    if os.getppid() != parent:
        os._exit(125)


def _limit(limits: Mapping[str, int], tasks: int) -> None:
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):
            if sys.platform == "linux":  # macOS has no limit of address space
                raise
    if tasks and sys.platform == "linux":
        most = _tasks_of_this_user() + tasks
        _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def _tasks_of_this_user() -> int:
    """RLIMIT_NPROC counts every process and thread of the user, not only ours."""
    me, found = os.getuid(), 0
    for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208
        try:
            if os.stat(f"/proc/{name}").st_uid == me:  # noqa: PTH116
                found += len(os.listdir(f"/proc/{name}/task"))  # noqa: PTH208
        except OSError:
            continue
    return found


def _leave(libc: Any) -> None:
    """Into namespaces without network, as the same user without any capability."""
    user, group = os.getuid(), os.getgid()
    _done(libc.unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS))
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123
            file.write(text)
    for capability in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def _confine(libc: Any, read: Sequence[str], write: Sequence[str]) -> None:
    """Reach only these paths and what lies below them, and no TCP port."""
    version = libc.syscall(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    _done(version)
    rights = (1 << RIGHTS.get(version, 16)) - 1
    wanted = (ctypes.c_uint64 * 2)(rights, NO_TCP if version >= 4 else 0)
    size = ctypes.c_size_t(16 if version >= 4 else 8)
    rules = libc.syscall(LANDLOCK_CREATE_RULESET, ctypes.byref(wanted), size, 0)
    _done(rules)
    for paths, allowed in ((read, READ), (write, WRITE)):
        for path in paths:
            _allow(libc, rules, path, allowed & rights)
    _done(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _done(libc.syscall(LANDLOCK_RESTRICT_SELF, rules, 0))
    os.close(rules)


def _allow(libc: Any, rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not os.path.isdir(path):  # noqa: PTH112
        rights &= FILE
    rule = ctypes.create_string_buffer(rights.to_bytes(8, sys.byteorder) + place.to_bytes(4, sys.byteorder), 12)
    _done(libc.syscall(LANDLOCK_ADD_RULE, rules, LANDLOCK_PATH, ctypes.byref(rule), 0))
    os.close(place)


def _done(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main()
