"""Whose request it is when nobody signed in: the client address behind the proxies that operators trust."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address
HOST = re.compile(rb"(?:[A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")


def client_address(trusted: Iterable[str]) -> Callable[[str, Iterable[bytes]], str]:
    """A function of (peer, X-Forwarded-For values in order) that gives the right-most hop outside `trusted` networks.

    A peer that is not trusted speaks for itself only: whatever it forwards is ignored. A hop that is no address ends
    the walk at the last trusted one.
    """
    networks = [ip_network(network) for network in trusted]

    @lru_cache(maxsize=1024)
    def is_trusted(address: Address) -> bool:
        return any(address in network for network in networks if network.version == address.version)

    def find(peer: str, forwarded: Iterable[bytes]) -> str:
        here = _parsed(peer)
        if here is None or not is_trusted(here):
            return peer if here is None else str(here)
        hops = b",".join(forwarded).decode("latin-1").split(",")
        for hop in reversed(hops):
            there = _parsed(hop)
            if there is None:
                break
            here = there
            if not is_trusted(there):
                break
        return str(here)

    return find if networks else lambda peer, forwarded: peer


@lru_cache(maxsize=4096)
def subscriber(address: str) -> str:
    """What anonymous calls are counted by: the IPv4 address, or the /64 that one IPv6 subscriber usually gets."""
    parsed = _parsed(address)
    if parsed is None:
        return f"address:{address}"
    if isinstance(parsed, IPv6Address):
        return f"address:{ip_network((parsed, 64), strict=False)}"
    return f"address:{parsed}"


def is_loopback(address: str) -> bool:
    """Whether the peer is on this machine."""
    parsed = _parsed(address)
    return parsed is not None and parsed.is_loopback


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Address | None:
    """The address in `1.2.3.4`, `1.2.3.4:80`, `::1` or `[::1]:80`; an IPv4 address mapped into IPv6 is IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


@lru_cache(maxsize=256)
def is_host(host: bytes) -> bool:
    """Whether a Host field is a name or an address with a possible port: URLs are made of it here and there."""
    found = HOST.fullmatch(host)
    return found is not None and int(found[1] or 0) <= 65535
