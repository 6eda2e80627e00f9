"""REST: POST an array of tasks, read an answer, follow a stream, fetch a file. The only importer of httpx.

httpx's pool slows down with many requests in flight (https://github.com/encode/httpx/issues/3215), so at most 32 are.
The key goes to the API's own address and nowhere else: redirects of the API are not followed, and files are
fetched by `downloads`, which has no key.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from runware_nb import __version__
from runware_nb.api.tasks import Task, array_of
from runware_nb.api.transport import bodies
from runware_nb.api.transport.downloads import Downloads
from runware_nb.api.transport.pacing import GivenUp, Lane, Quota, retry_after
from runware_nb.errors import RunwareError, Unreachable, UsageError
from runware_nb.settings import Endpoint

LARGEST: Final = 256 << 20
"""Bytes of one answer. Pictures asked for as base64 come in it."""
DRY_RUN: Final = {"X-Runware-Dry-Run": "1"}
"""Header under which the API checks and prices tasks, and runs and bills none."""
_LIMITS: Final = httpx.Limits(max_connections=32, max_keepalive_connections=16)
_CONNECT: Final = 10.0
_BODY: Final = 120.0
"""Seconds an answer may take beyond its timeout, which counts from byte to byte."""
_STREAM: Final = 1800.0
"""Seconds a streamed text may take in all."""
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_QUESTIONS: Final = frozenset({"getResponse", "getTaskDetails"})
_NOT_NOW: Final = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered: HTTP status, JSON, seconds it asks to wait, and whether a sandbox spoke.

    Parameters
    ----------
    again
        Whether a failed request may be tried again: false once too many have failed lately.
    """

    status: int
    payload: Any
    retry_after: float | None = None
    sandbox: bool = False
    again: bool = True


class Rest:
    """Connections to the API. Belongs to the event loop it is first used on.

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
        self._downloads = Downloads(lambda: self._context, local=endpoint.is_local)
        self.quota = Quota()
        # Questions after tasks have a lane of their own: what is slow to be accepted must not hide what is done.
        # And connections: httpcore looks at all of a pool for each request, and sending leaves many behind.
        self.sending, self.asking = Lane(), Lane()

    async def post(
        self, tasks: Sequence[Task | Mapping[str, Any]], *, timeout: float | None = None, dry_run: bool = False
    ) -> Answer:
        """Send an array of tasks and return the answer, whatever its HTTP status; with `dry_run`, to be priced only.

        Raises
        ------
        Unreachable
            When no complete, well-formed answer came.
        """
        seconds = timeout or self._timeout
        client, lane = (self._asker, self.asking) if _are_questions(tasks) else (self._sender, self.sending)
        request = client.stream(
            "POST",
            self._endpoint.base_url,
            content=array_of(tasks).encode(),
            headers=DRY_RUN if dry_run else None,
            timeout=httpx.Timeout(seconds, connect=_CONNECT),
        )
        async with lane.turn(), self._told(seconds + _BODY), request as response:
            answer = await self._answer(response)
        return self._counted(answer, lane)

    @asynccontextmanager
    async def stream(
        self, task: Task | Mapping[str, Any], *, timeout: float | None = None
    ) -> AsyncIterator[Answer | AsyncIterator[bytes]]:
        """Send one task and give its event stream as bytes; or the plain answer, when the API refuses to stream."""
        request = self._sender.stream(
            "POST",
            self._endpoint.base_url,
            content=array_of([task]).encode(),
            headers={"Accept": "text/event-stream", "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(timeout or self._timeout, connect=_CONNECT),
        )
        async with self.sending.turn(), self._told(_STREAM), request as response:
            if response.is_success and response.headers.get("content-type", "").startswith("text/event-stream"):
                self.sandbox_seen = _is_sandbox(response)
                yield bodies.unpacked(response.aiter_raw(), response.headers.get("content-encoding", ""))
            else:
                yield self._counted(await self._answer(response), self.sending)

    sandbox_seen: bool = False
    """Whether the last stream came from a sandbox."""

    async def download(self, url: str, sink: Callable[[bytes], object], *, limit: int) -> None:
        """Fetch a file in pieces, without the key.

        Parameters
        ----------
        url
            An `https` address of a public host; `http` only on this machine, and only when the API itself is here.
        sink
            Takes each piece as it comes.
        limit
            Bytes above which the fetch is given up, counted unpacked.

        Raises
        ------
        BadAsset
            When the file is gone, too large, or its address is not one to fetch from.
        Unreachable
            When the host did not answer in full, or in time.
        """
        await self._downloads.fetch(url, sink, limit=limit)

    def ready(self) -> None:
        """Make the pool for sending. Raises UsageError when the proxy of the environment cannot be used."""
        _ = self._sender

    async def close(self) -> None:
        """Close the connections."""
        await self._downloads.close()
        while self._opened:
            await self._opened.pop().aclose()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    @cached_property
    def _sender(self) -> httpx.AsyncClient:
        return self._client()

    @cached_property
    def _asker(self) -> httpx.AsyncClient:
        return self._client()

    def _client(self) -> httpx.AsyncClient:
        headers = {
            "Accept-Encoding": bodies.ENCODINGS,
            "Content-Type": "application/json",
            "User-Agent": f"runware-nb/{__version__}",
        }
        # Sharing one TLS context saves 30 ms; on this machine there may be no TLS at all. A proxy of the environment
        # is not for this machine.
        try:
            client = httpx.AsyncClient(
                headers=headers,
                auth=self._signed,
                verify=self._context if self._endpoint.base_url.startswith("https:") else False,
                limits=_LIMITS,
                trust_env=not self._endpoint.is_local,
            )
        except (ValueError, ImportError, httpx.InvalidURL) as error:
            raise UsageError(f"the proxy of the environment cannot be used: {error}. Mend or unset it.") from None
        self._opened.append(client)
        return client

    def _signed(self, request: httpx.Request) -> httpx.Request:
        """Write the key into a request as it leaves: no client, and no frame that makes one, has it in a variable."""
        request.headers["Authorization"] = f"Bearer {self._endpoint.key.reveal()}"
        return request

    async def _answer(self, response: httpx.Response) -> Answer:
        """Read an answer whole. Redirects lead elsewhere, where neither tasks nor key have any business."""
        if 300 <= response.status_code < 400:  # noqa: PLR2004
            raise GivenUp(
                f"{self._host} answered with a redirect (HTTP {response.status_code}), which is not followed; "
                "check RUNWARE_BASE_URL."
            )
        packed = response.headers.get("content-encoding", "")
        try:
            text = await bodies.whole(bodies.unpacked(response.aiter_raw(), packed), LARGEST)
            payload = self._endpoint.key.redacted_json(bodies.parse(text), text)
            if not isinstance(payload, dict | list):
                raise ValueError("neither an object nor an array")  # noqa: TRY004, TRY301
        except ValueError:
            if response.is_success:
                raise Unreachable(f"the answer of {self._host} is not complete JSON.") from None
            payload = None
        wait = retry_after(response.headers.get("retry-after", ""))
        return Answer(response.status_code, payload, wait, _is_sandbox(response))

    def _counted(self, answer: Answer, lane: Lane) -> Answer:
        """Learn from an answer how much the API bears."""
        if answer.status in _NOT_NOW:
            lane.narrow(answer.retry_after)
        if answer.status in {408, 429} or answer.status >= 500:  # noqa: PLR2004
            return replace(answer, again=self.quota.spend())
        self.quota.refund()
        lane.widen()
        return answer

    @asynccontextmanager
    async def _told(self, seconds: float) -> AsyncIterator[None]:
        """Bound the time of an exchange, put its failure into our words, and count it."""
        try:
            async with asyncio.timeout(seconds):
                yield
        except httpx.HTTPError as error:
            failure = self._unreachable(error)
        except TimeoutError:
            failure = Unreachable(f"{self._host} did not answer in full within {seconds:.0f} s.")
        except Unreachable as error:
            failure = error
        except RunwareError:
            raise
        except Exception as error:  # noqa: BLE001
            # What nobody foresaw comes from within httpx, whose frames hold the header: they are cut off.
            raise error.with_traceback(None) from None
        else:
            return
        raise failure if self.quota.spend() else GivenUp(str(failure), sent=failure.sent) from None

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


def _are_questions(tasks: Sequence[Task | Mapping[str, Any]]) -> bool:
    return all(not isinstance(t, Task) and t.get("taskType") in _QUESTIONS for t in tasks)


def _is_sandbox(response: httpx.Response) -> bool:
    return bool(response.headers.get("x-runware-sandbox") == "1")
