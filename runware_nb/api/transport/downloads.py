"""Downloads: a file from a host that nobody vouches for, in pieces, without the key.

By httpcore, which httpx itself is built on: it lets the connection be pinned to a checked address, and knows no
cookies, no logins, no Referer and no redirects of its own. Each redirect is checked like the link itself.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore

from runware_nb import __version__
from runware_nb.api.transport import bodies
from runware_nb.api.transport.addresses import Link, Pinned, Resolve, look_up
from runware_nb.errors import BadAsset, Unreachable

_REDIRECTS: Final = 3
_AT_ONCE: Final = 8
_CONNECT: Final = 10.0
_GONE: Final = frozenset({403, 404, 410})
_NEVER_SENT: Final = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout, httpcore.ProxyError)
_FAILURES: Final = (
    httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pace:
    """How slow a host may be.

    Parameters
    ----------
    total
        Seconds for one file, redirects included.
    window
        Seconds until the first byte, and in which `least` bytes must come.
    least
        Bytes a window.
    """

    total: float = 1800.0
    window: float = 30.0
    least: int = 32_768


class Downloads:
    """Files of media hosts. Belongs to the event loop it is first used on.

    Parameters
    ----------
    context
        Makes the TLS context, when the first file is fetched.
    local
        Whether the API is on this machine: then media may be, too, and no proxy is asked.
    resolve
        Gives the addresses of a name.
    pace
        How slow a host may be.
    """

    def __init__(
        self,
        context: Callable[[], ssl.SSLContext],
        *,
        local: bool = False,
        resolve: Resolve = look_up,
        pace: Pace = Pace(),
    ) -> None:
        self._context = context
        self._local = local
        self._backend = Pinned(resolve, local=local)
        self._pace = pace
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._pools: dict[str | None, httpcore.AsyncConnectionPool] = {}

    async def fetch(self, url: str, sink: Callable[[bytes], object], *, limit: int) -> None:
        """Fetch a file; see `Rest.download`."""
        link = Link.read(url, local=self._local)
        async with self._gate:
            try:
                async with asyncio.timeout(self._pace.total):
                    await self._follow(link, sink, limit)
            except TimeoutError:
                raise Unreachable(f"the media host took more than {self._pace.total:.0f} s for the file.") from None
            except _FAILURES as error:
                raise Unreachable(_told(error), sent=not isinstance(error, _NEVER_SENT)) from None

    async def close(self) -> None:
        """Close the connections."""
        while self._pools:
            await self._pools.popitem()[1].aclose()

    async def _follow(self, link: Link, sink: Callable[[bytes], object], limit: int) -> None:
        for _ in range(_REDIRECTS + 1):
            async with self._answer(link) as response:
                location = _header(response, b"location")
                if response.status not in {301, 302, 303, 307, 308} or not location:
                    await self._receive(response, sink, limit)
                    return
            link = link.follow(location, local=self._local)
        raise BadAsset(f"its link was redirected more than {_REDIRECTS} times.")

    @asynccontextmanager
    async def _answer(self, link: Link) -> AsyncIterator[httpcore.Response]:
        """Ask for a file, and wait for the head of the answer no longer than a window, however it trickles."""
        seconds = self._pace.window
        request = self._pool(link).stream(
            "GET",
            httpcore.URL(scheme=link.scheme, host=link.host, port=link.port, target=link.target),
            headers=[
                ("Host", link.netloc),
                ("Accept", "*/*"),
                ("Accept-Encoding", "identity"),
                ("User-Agent", f"runware-nb/{__version__}"),
            ],
            extensions={"timeout": {"connect": _CONNECT, "read": seconds, "write": seconds, "pool": self._pace.total}},
        )
        try:
            async with asyncio.timeout(seconds):
                response = await request.__aenter__()
        except TimeoutError:
            raise Unreachable("the media host did not answer in time.") from None
        try:
            yield response
        finally:
            await request.__aexit__(None, None, None)

    async def _receive(self, response: httpcore.Response, sink: Callable[[bytes], object], limit: int) -> None:
        if response.status in _GONE:
            raise BadAsset("its link has expired or is wrong; results are kept for 7 days.")
        if response.status != 200:  # noqa: PLR2004  (a part of a file was not asked for)
            raise Unreachable(f"the media host answered HTTP {response.status}.")
        told = _header(response, b"content-length")
        too_large = BadAsset(f"it is larger than {limit / 1_000_000:.0f} MB.")
        if told.isdigit() and int(told[:20]) > limit:
            raise too_large
        size = 0
        async for piece in bodies.unpacked(self._steady(response), _header(response, b"content-encoding")):
            size += len(piece)
            if size > limit:
                raise too_large
            sink(piece)

    async def _steady(self, response: httpcore.Response) -> AsyncIterator[bytes]:
        """Give what comes, unless it only trickles."""
        since, size = monotonic(), 0
        async for chunk in response.aiter_stream():
            size += len(chunk)
            if monotonic() - since > self._pace.window:
                if size < self._pace.least:
                    raise Unreachable("the media host sends too slowly.")
                since, size = monotonic(), 0
            yield chunk

    def _pool(self, link: Link) -> httpcore.AsyncConnectionPool:
        """Return the connections to use: our own, or those of the proxy that the environment names.

        A proxy looks names up itself, so that we cannot see, check or pin what it connects to: what it may reach is
        its owner's to say. Links that name an address, or a name that is never public, are refused before.
        """
        proxy = None if self._local else _proxy(link, getproxies())
        if proxy not in self._pools:
            self._pools[proxy] = self._open(proxy)
        return self._pools[proxy]

    def _open(self, proxy: str | None) -> httpcore.AsyncConnectionPool:
        if proxy is None:
            return httpcore.AsyncConnectionPool(
                self._context(), max_connections=_AT_ONCE, keepalive_expiry=5.0, network_backend=self._backend
            )
        parts = urlsplit(proxy)
        place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        options: dict[str, Any] = {"proxy_url": place, "ssl_context": self._context()}
        if parts.username:
            options["proxy_auth"] = (unquote(parts.username), unquote(parts.password or ""))
        kind = httpcore.AsyncSOCKSProxy if parts.scheme.startswith("socks") else httpcore.AsyncHTTPProxy
        return kind(max_connections=_AT_ONCE, **options)


def _proxy(link: Link, proxies: Mapping[str, str]) -> str | None:
    """Return the proxy for a link as `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` have it, as httpx reads them."""
    found = proxies.get(link.scheme) or proxies.get("all")
    if not found or proxy_bypass(link.host):
        return None
    return found if "://" in found else f"http://{found}"


def _header(response: httpcore.Response, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == name), "")


def _told(error: Exception) -> str:
    if isinstance(error, httpcore.TimeoutException):
        return "the media host did not answer in time."
    if isinstance(error, _NEVER_SENT):
        return "the media host cannot be reached."
    return "the media host broke the connection off."
