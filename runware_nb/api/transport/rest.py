"""REST: POST an array of tasks, read an answer, follow a stream, fetch a file. The only importer of httpx.

httpx's pool slows down with many requests in flight (https://github.com/encode/httpx/issues/3215), so at most 32 are.
The key goes to the API's own address and nowhere else: redirects of the API are not followed, and files are
fetched by a client that has no key.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from time import time
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from runware_nb import __version__
from runware_nb.errors import BadAsset, Unreachable
from runware_nb.settings import LOOPBACK, Endpoint

_LIMITS: Final = httpx.Limits(max_connections=32, max_keepalive_connections=16)
_CONNECT: Final = 10.0
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_REDIRECTS: Final = 3
_DOWNLOADS: Final = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered: HTTP status, JSON, seconds it asks to wait, and whether a sandbox spoke."""

    status: int
    payload: Any
    retry_after: float | None = None
    sandbox: bool = False


class Rest:
    """One connection pool to the API. Belongs to the event loop it is first used on.

    Parameters
    ----------
    endpoint
        Where the API is, and the key.
    timeout
        Seconds to wait for an answer, unless a call says otherwise.
    """

    def __init__(self, endpoint: Endpoint, timeout: float) -> None:
        self._endpoint = endpoint
        self._timeout = timeout
        self._opened: list[httpx.AsyncClient] = []
        self._downloads = asyncio.Semaphore(_DOWNLOADS)

    async def post(self, tasks: Sequence[Any], *, timeout: float | None = None) -> Answer:
        """Send an array of tasks and return the answer, whatever its HTTP status.

        Raises
        ------
        Unreachable
            When no complete, well-formed answer came.
        """
        try:
            response = await self._api.post(
                self._endpoint.base_url,
                content=json.dumps(list(tasks)).encode(),
                timeout=httpx.Timeout(timeout or self._timeout, connect=_CONNECT),
            )
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None
        return self._answer(response, response.content)

    @asynccontextmanager
    async def stream(self, task: Any, *, timeout: float | None = None) -> AsyncIterator[Answer | AsyncIterator[bytes]]:
        """Send one task and give its event stream as bytes; or the plain answer, when the API refuses to stream."""
        request = self._api.stream(
            "POST",
            self._endpoint.base_url,
            content=json.dumps([task]).encode(),
            headers={"Accept": "text/event-stream"},
            timeout=httpx.Timeout(timeout or self._timeout, connect=_CONNECT),
        )
        try:
            async with request as response:
                if response.headers.get("content-type", "").startswith("text/event-stream"):
                    self.sandbox_seen = _is_sandbox(response)
                    yield self._chunks(response)
                else:
                    yield self._answer(response, await response.aread())
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None

    sandbox_seen: bool = False
    """Whether the last stream came from a sandbox."""

    async def download(self, url: str, sink: Callable[[bytes], object], *, limit: int) -> None:
        """Fetch a file in pieces, without the key.

        Parameters
        ----------
        url
            An `https` address; `http` only on this machine, and only when the API itself is here.
        sink
            Takes each piece as it comes.
        limit
            Bytes above which the fetch is given up.

        Raises
        ------
        BadAsset
            When the file is gone, too large, or its address is not one to fetch from.
        Unreachable
            When the host did not answer in full.
        """
        try:
            async with self._downloads:
                for _ in range(_REDIRECTS + 1):
                    self._check(url)
                    async with self._media.stream("GET", url) as response:
                        if not response.is_redirect:
                            await _receive(response, sink, limit)
                            return
                        url = str(response.url.join(response.headers.get("location", "")))
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None
        raise BadAsset(f"its link was redirected more than {_REDIRECTS} times.")

    async def close(self) -> None:
        """Close the connections."""
        while self._opened:
            await self._opened.pop().aclose()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    @cached_property
    def _api(self) -> httpx.AsyncClient:
        headers = {
            "Authorization": f"Bearer {self._endpoint.key.reveal()}",
            "Content-Type": "application/json",
            "User-Agent": f"runware-nb/{__version__}",
        }
        return self._open(httpx.AsyncClient(headers=headers, **self._options()))

    @cached_property
    def _media(self) -> httpx.AsyncClient:
        return self._open(httpx.AsyncClient(timeout=httpx.Timeout(60, connect=_CONNECT), **self._options()))

    def _options(self) -> dict[str, Any]:
        """Share one TLS context (making one takes 30 ms). A proxy of the environment is not for this machine."""
        return {"verify": self._context, "limits": _LIMITS, "trust_env": not self._endpoint.is_local}

    def _open(self, client: httpx.AsyncClient) -> httpx.AsyncClient:
        self._opened.append(client)
        return client

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        local = parts.hostname in LOOPBACK
        if parts.scheme != "https" and not (parts.scheme == "http" and local and self._endpoint.is_local):
            raise BadAsset("its link is not an https address.")
        if local and not self._endpoint.is_local:
            raise BadAsset("its link leads to this machine.")

    def _answer(self, response: httpx.Response, body: bytes) -> Answer:
        try:
            payload = json.loads(body)
        except ValueError:
            if not response.is_error:
                raise Unreachable(f"the answer of {self._host} is not complete JSON.") from None
            payload = None
        return Answer(response.status_code, payload, _retry_after(response), _is_sandbox(response))

    async def _chunks(self, response: httpx.Response) -> AsyncIterator[bytes]:
        async for chunk in response.aiter_raw():
            yield chunk

    def _unreachable(self, error: httpx.HTTPError) -> Unreachable:
        """Put a failed request into one line that holds no header and no key."""
        sent = not isinstance(error, _NEVER_SENT)
        if isinstance(error, httpx.TimeoutException):
            what = "did not answer in time" if sent else "could not be reached in time"
        else:
            what = "broke the connection off" if sent else "cannot be reached"
        return Unreachable(f"{self._host} {what}; check the network and RUNWARE_BASE_URL.", sent=sent)

    @property
    def _host(self) -> str:
        return urlsplit(self._endpoint.base_url).netloc


async def _receive(response: httpx.Response, sink: Callable[[bytes], object], limit: int) -> None:
    if response.status_code in {403, 404, 410}:
        raise BadAsset("its link has expired or is wrong; results are kept for 7 days.")
    if response.is_error:
        raise Unreachable(f"the media host answered {response.status_code}.")
    size = 0
    async for chunk in response.aiter_bytes(65536):
        size += len(chunk)
        if size > limit:
            raise BadAsset(f"it is larger than {limit // 1_000_000} MB.")
        sink(chunk)


def _is_sandbox(response: httpx.Response) -> bool:
    return bool(response.headers.get("x-runware-sandbox") == "1")


def _retry_after(response: httpx.Response) -> float | None:
    """Read the Retry-After header, which is seconds or a date."""
    value = response.headers.get("retry-after", "")
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except ValueError:
        return None
