"""The jail that every run of FFmpeg is in: what it can reach, how much it may use, and when it ends."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path

GIB = 1024**3
LAUNCHER = Path(__file__).with_name("launch.py")
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/nix/store", "/etc/alternatives", "/etc/ld.so.cache")
"""What programs of the system need to be loaded; nothing in there is a secret of this service."""
DEVICES = ("/dev/null", "/dev/urandom")
"""Without the second some builds of FFmpeg do not start."""
NICENESS = 10
MOST_TASKS = 256
LOADERS = (b"ld-linux", b"ld-musl", b"ld64.so", b"ld.so")
MOST_FILES = 128


class Walls(StrEnum):
    """What a jail is made of on this host, the strongest first."""

    BUBBLEWRAP = "bubblewrap"
    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    LIMITS = "limits"


WORDS = {
    Walls.BUBBLEWRAP: "bubblewrap: no network, sees nothing but the file it works on and the system's libraries, "
    "processes of its own, limits",
    Walls.NAMESPACES: "namespaces and Landlock: no network, opens nothing but the file it works on and the system's "
    "libraries, limits",
    Walls.LANDLOCK: "Landlock: no TCP, opens nothing but the file it works on and the system's libraries, limits",
    Walls.LIMITS: "limits only: it could open whatever this service can",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one run may use: seconds by the clock, seconds of processors, bytes of address space and of one file."""

    seconds: float = 60
    cpu_seconds: int = 120
    memory: int = 4 * GIB
    file_size: int = 2 * GIB

    def lasting(self, seconds: float, processors: int) -> "Limits":
        """The same for as long as this."""
        return replace(self, seconds=seconds, cpu_seconds=int(seconds * processors) + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A fresh folder of one job: the file it works on is all there is to read, `out` is where it may write.

    `source` and `target` are where these are as seen from inside.
    """

    folder: Path
    source: str
    target: str

    @property
    def input(self) -> Path:
        """The file, as we see it."""
        return self.folder / "in" / "source"

    def work(self, number: int) -> tuple[Path, str]:
        """A new folder for what a piece of work makes, as we see it and as it is seen from inside."""
        (path := self.folder / "out" / str(number)).mkdir(mode=0o700)
        return path, f"{self.target}/{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Jail:
    """Puts commands in jail. `bwrap` is the program if these are walls of bubblewrap."""

    walls: Walls
    bwrap: str = ""

    def room(self, folder: Path) -> Room:
        """The room in this new folder."""
        if self.walls is Walls.BUBBLEWRAP:
            return Room(folder=folder, source="/job/source", target="/job/out")
        return Room(folder=folder, source=f"{folder}/in/source", target=f"{folder}/out")

    def command(self, program: Path, arguments: Sequence[str], room: Room, limits: Limits) -> list[str]:
        """What to run, in a new session and with an empty environment, so that the program runs in this jail."""
        real = program.resolve()
        inside = self.walls is Walls.BUBBLEWRAP
        command = [*self._bubble(real, room), *arguments] if inside else [str(real), *arguments]
        order = {
            "parent": os.getpid(),
            "nice": NICENESS,
            "tasks": MOST_TASKS,
            "limits": {
                "AS": limits.memory,
                "CPU": limits.cpu_seconds,
                "FSIZE": limits.file_size,
                "NOFILE": MOST_FILES,
                "CORE": 0,
            },
            "alone": self.walls is Walls.NAMESPACES,
            "paths": self._paths(real, room) if self.walls in (Walls.NAMESPACES, Walls.LANDLOCK) else None,
            "command": command,
        }
        return [sys.executable, "-I", "-S", "-B", str(LAUNCHER), json.dumps(order)]

    def _bubble(self, program: Path, room: Room) -> list[str]:
        system = [part for path in _system_for(program) for part in ("--ro-bind-try", path, path)]
        devices = [part for path in DEVICES for part in ("--dev-bind-try", path, path)]
        return [
            *(self.bwrap, "--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--clearenv", *system, *devices),
            *("--ro-bind", str(program), "/job/tool"),
            *("--ro-bind", str(room.input), room.source, "--bind", str(room.folder / "out"), room.target),
            *("--remount-ro", "/", "--chdir", "/job", "--", "/job/tool"),
        ]

    def _paths(self, program: Path, room: Room) -> dict[str, list[str]]:
        return {
            "read": [*_system_for(program), *DEVICES, str(program), str(room.input.parent)],
            "write": [str(room.folder / "out")],
        }


@cache
def _system_for(program: Path) -> tuple[str, ...]:
    """What of the system a program is shown: nothing if it brings all of its libraries.

    Such builds crash over MPEG transport streams when they find the tables of another C library than theirs.
    """
    with program.open("rb") as file:
        head = file.read(4096)
    return SYSTEM if any(loader in head for loader in LOADERS) else ()


def candidates() -> tuple[Jail, ...]:
    """Jails that may work on this host, the strongest first; which do is found out by trying. The last always does."""
    bwrap = shutil.which("bwrap")
    strong = (Jail(walls=Walls.BUBBLEWRAP, bwrap=bwrap),) if bwrap else ()
    if sys.platform != "linux":
        return (Jail(walls=Walls.LIMITS),)
    return (*strong, *(Jail(walls=walls) for walls in (Walls.NAMESPACES, Walls.LANDLOCK, Walls.LIMITS)))
