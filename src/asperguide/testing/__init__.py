"""For people who test against Asperguide or swap its adapters: a world whose clock can be moved, and planned faults."""

from asperguide.testing.clock import MovableClock
from asperguide.testing.ids import SeededIds
from asperguide.testing.tcp import TcpProxy
from asperguide.testing.world import Person, World

__all__ = ["MovableClock", "Person", "SeededIds", "TcpProxy", "World"]
