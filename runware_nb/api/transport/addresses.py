"""Addresses: which links may be fetched, and to which machines connections are made.

A link comes from outside and may be meant for what only this machine can reach: a service on it, a router, the metadata
of a cloud. So a link is read strictly, its name is looked up once, and the connection goes to the very address
that was checked: a name that changes its answer between check and use (DNS rebinding) gains nothing.
The ranges are those of IANA's special-purpose registries: https://www.iana.org/assignments/iana-ipv4-special-registry
and https://www.iana.org/assignments/iana-ipv6-special-registry.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from time import monotonic
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

import httpcore

from runware_nb.errors import BadAsset
from runware_nb.settings import LOOPBACK

LONGEST: Final = 8192
"""Characters of a link. Signed ones have some 1,500."""
_PLAIN: Final = re.compile(r"[!-\[\]-~]+")
_NAME: Final = re.compile(r"(?=.{1,253}\Z)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\.?")
# Names that are never public; a proxy would look them up where we cannot see the answer.
_INSIDE: Final = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "arpa",
    "onion",
    "test",
    "invalid",
)
_SPECIAL: Final = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
            *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
            # Of IPv6 only 2000::/3 is global; in it lie tunnels to any IPv4 address (Teredo, 6to4) and examples.
            *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
        ),
    )
)
_GLOBAL_V6: Final = ip_network("2000::/3")

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Link:
    """A link that may be tried: its parts, checked. The name is looked up only as the connection is made.

    Parameters
    ----------
    host
        Lower case, without brackets.
    target
        Path and query, as sent.
    """

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def read(cls, url: str, *, local: bool = False) -> Link:
        """Read a link.

        Parameters
        ----------
        url
            What the API, or a redirect, named.
        local
            Whether the API is on this machine: then this machine may be fetched from, and without TLS.

        Raises
        ------
        BadAsset
            When it is not an `https` address of a public host, written as such addresses are.
        """
        if not _PLAIN.fullmatch(url) or len(url) > LONGEST:
            raise BadAsset("its link is not a plain address.")
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise BadAsset("its link is not a plain address.") from None
        here = host in LOOPBACK
        if parts.scheme != "https" and not (parts.scheme == "http" and here and local):
            raise BadAsset("its link is not an https address.")
        if "@" in parts.netloc:
            raise BadAsset("its link carries a user name.")
        if here and not local:
            raise BadAsset("its link leads to this machine.")
        if port == 0 or not (here or _is_public_host(host)):
            raise BadAsset(f"its link leads to {host[:60]!r}, which is no public host.")
        return cls(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), _target(parts))

    def follow(self, location: str, *, local: bool = False) -> Link:
        """Read where a redirect leads, which is checked like any link, and never gives TLS up."""
        if not _PLAIN.fullmatch(location):
            raise BadAsset("its link is redirected to no plain address.")
        try:
            onward = urljoin(f"{self.scheme}://{self.netloc}{self.target}", location)
        except ValueError:
            raise BadAsset("its link is redirected to no plain address.") from None
        found = Link.read(onward, local=local)
        if self.scheme == "https" and found.scheme != "https":
            raise BadAsset("its link is redirected to an address that is not https.")
        return found

    @property
    def netloc(self) -> str:
        """The host as a Host header names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


def _target(parts: SplitResult) -> str:
    return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"


def _is_public_host(host: str) -> bool:
    """Tell a full public name or a global address. Numbers that only look like one (`127.1`, `0x7f.1`) are neither."""
    try:
        return is_global(ip_address(host))
    except ValueError:
        pass
    return _NAME.fullmatch(host) is not None and host.rstrip(".").rpartition(".")[2] not in _INSIDE


def is_global(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is one machine of the public Internet, reached without a tunnel or translation."""
    if isinstance(address, IPv6Address) and (address not in _GLOBAL_V6 or address.scope_id):
        return False
    return address.is_global and not any(address in network for network in _SPECIAL)


async def look_up(host: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses of a name."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Pinned(httpcore.AnyIOBackend):
    """Connections to checked addresses only. TLS still proves the name, as httpcore keeps it for SNI and certificate.

    Parameters
    ----------
    resolve
        Gives the addresses of a name.
    local
        Whether the names of this machine may lead to it.
    """

    def __init__(self, resolve: Resolve = look_up, *, local: bool = False) -> None:
        self._resolve = resolve
        self._local = local

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Look a name up, and connect to the first of its allowed addresses that answers.

        Raises
        ------
        BadAsset
            When none of its addresses is allowed.
        """
        until = None if timeout is None else monotonic() + timeout
        try:
            async with asyncio.timeout(timeout):
                found = await self._resolve(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"{host} was not found in time") from None
        except (OSError, UnicodeError):
            raise httpcore.ConnectError(f"{host} was not found") from None
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._allowed(host, found):
            left = None if until is None else max(0.1, until - monotonic())
            try:
                return await super().connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _allowed(self, host: str, found: Sequence[str]) -> list[str]:
        here = self._local and host in LOOPBACK
        allowed = [a for a in found if (_is_loopback(a) if here else _is_global(a))]
        if found and not allowed:
            raise BadAsset(f"its link leads to {host[:60]!r}, which is inside a private network.")
        return allowed


def _is_global(address: str) -> bool:
    try:
        return is_global(ip_address(address))
    except ValueError:
        return False


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
