"""WebSocket: one connection to the API, kept alive, and resumed after a drop. The only importer of `websockets`.

The first frame holds the key; it goes to the configured host alone, over TLS (except on this machine), and redirects
are not followed. Every frame may be the last: who listens is told when a connection was lost and is back, and when none
can be had any more. Lengths of time are the official SDK's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from random import random
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

from runware_nb import __version__
from runware_nb.api.results import Frame
from runware_nb.api.tasks import Task, array_of
from runware_nb.api.transport import bodies
from runware_nb.errors import AuthenticationFailed, RunwareError, Unreachable
from runware_nb.settings import Endpoint

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

LARGEST: Final = 128 << 20
"""Bytes of one frame. Pictures asked for as base64 come in it."""
PING: Final = 30.0
DEAD: Final = 100.0
"""Seconds without any frame after which the connection is dead. The answer to a ping counts."""
CONNECT: Final = 10.0
ENTER: Final = 15.0
"""Seconds the API has to answer the key."""
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0
ATTEMPTS: Final = 5
"""Connections in a row that brought no frame, after which REST takes over."""
REST_FOR: Final = 300.0
"""Seconds for which no connection is tried again after that."""
_TOO_BIG: Final = 1009


class _GivenUp(Unreachable):
    """Another connection would end the same way."""


class Listener(Protocol):
    """Who waits for frames."""

    def hear(self, frame: Frame, *, sandbox: bool) -> None:
        """Take a frame: of any task of this connection, in any order, perhaps twice."""

    def reconnected(self) -> None:
        """Learn that the connection was lost and is back: what was sent may not have arrived."""

    def gave_up(self) -> None:
        """Learn that there is no connection, and will be none."""


class Socket:
    """One connection, opened when it is first wanted, closed when nobody has listened for a while.

    Parameters
    ----------
    endpoint
        Where the API is, and the key.
    note
        Takes one line for the user, once, when there is no connection to be had.
    """

    def __init__(self, endpoint: Endpoint, note: Callable[[str], object] = lambda _: None) -> None:
        self._endpoint = endpoint
        self._note = note
        self._noted = False
        self._listeners: list[Listener] = []
        self._keeper: asyncio.Task[None] | None = None
        self._opened: asyncio.Future[bool] | None = None
        self._connection: ClientConnection | None = None
        self._session: str | None = None
        self._heard = self._not_before = float("-inf")
        self._sandbox = self._unneeded = False

    async def ready(self) -> bool:
        """Connect, unless connected, and tell whether there is a connection. It may be lost again at any time."""
        if self._keeper is None or self._keeper.done():
            if monotonic() < self._not_before:
                return False
            self._opened = asyncio.get_running_loop().create_future()
            self._keeper = asyncio.create_task(self._keep(self._opened))
        assert self._opened is not None
        return await asyncio.shield(self._opened)

    def join(self, listener: Listener) -> None:
        """Listen from now on."""
        self._listeners.append(listener)

    def leave(self, listener: Listener) -> None:
        """Listen no more."""
        self._listeners.remove(listener)

    async def send(self, tasks: Sequence[Task]) -> None:
        """Send tasks in one frame. Without a connection nothing happens: `Listener.reconnected` will tell."""
        if self._connection is not None:
            with contextlib.suppress(OSError, _closed()):
                await self._connection.send(array_of(tasks))

    async def close(self) -> None:
        """Close the connection. Tasks under way run on at the API."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait({self._keeper})

    async def _keep(self, opened: asyncio.Future[bool]) -> None:
        """Keep a connection until nobody listens any more, or there is none to be had."""
        failures = 0
        try:
            while failures < ATTEMPTS:
                before = self._heard
                try:
                    await self._converse(opened)
                except (AuthenticationFailed, _GivenUp):
                    break
                except Exception:  # noqa: BLE001  (whatever it was, who waits must be told, and served by REST)
                    if not opened.done():  # the first connection: most likely a proxy, or no such host
                        break
                else:
                    return
                failures = failures + 1 if self._heard == before else 1
                await asyncio.sleep(min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1)) + random() * FIRST_WAIT)  # noqa: S311
            self._give_up()
        finally:
            if not opened.done():
                opened.set_result(False)

    def _give_up(self) -> None:
        self._not_before = monotonic() + REST_FOR
        self._session = None
        if not self._noted:
            self._noted = True
            self._note(f"{self._host} takes no WebSocket from here (a proxy?); REST is used in its place.")
        for listener in list(self._listeners):
            listener.gave_up()

    async def _converse(self, opened: asyncio.Future[bool]) -> None:
        """Connect, enter and hear until the end. Raises Unreachable when the connection breaks."""
        async with self._connected() as connection:
            await self._enter(connection)
            self._connection, self._unneeded = connection, False
            beating = asyncio.create_task(self._beat(connection))
            try:
                if opened.done():
                    for listener in list(self._listeners):
                        listener.reconnected()
                else:
                    opened.set_result(True)
                while True:
                    self._tell(await self._frame(connection))
            except _closed() as end:
                if self._unneeded:
                    return
                raise self._broken(end) from None
            finally:
                self._connection = None
                beating.cancel()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[ClientConnection]:
        """Connect, without following redirects: they lead elsewhere, where the key has no business."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import WebSocketException

        class Straight(connect):
            def process_redirect(self, exc: Exception) -> Exception | str:
                return exc

        try:
            connection = await Straight(
                self._endpoint.ws_url,
                compression=None,
                max_size=LARGEST,
                ping_interval=None,
                open_timeout=CONNECT,
                close_timeout=1.0,
                user_agent_header=f"runware-nb/{__version__}",
                proxy=None if self._endpoint.is_local else True,
                logger=_mute(),
            )
        except (WebSocketException, OSError, TimeoutError, ValueError, ImportError):
            raise Unreachable(f"{self._host} takes no WebSocket.", sent=False) from None
        try:
            yield connection
        finally:
            try:
                with contextlib.suppress(Exception):
                    await connection.close()
            finally:
                connection.transport.abort()  # a goodbye that was cancelled would leave the socket open

    async def _enter(self, connection: ClientConnection) -> None:
        """Say the key, and which session to resume. Raises AuthenticationFailed when it is refused."""
        try:
            async with asyncio.timeout(ENTER):
                await self._say_key(connection)
                while True:
                    frame = await self._frame(connection)
                    told = next((i for i in frame.items if i.get("taskType") == "authentication"), None)
                    if refused := next((p for p in frame.problems if isinstance(p, AuthenticationFailed)), None):
                        raise refused
                    if told is not None and isinstance(session := told.get("connectionSessionUUID"), str):
                        self._session, self._sandbox = session, told.get("sandbox") is True
                        return
        except TimeoutError:
            raise Unreachable(f"{self._host} did not answer the key in time.") from None
        except _closed() as end:
            raise self._broken(end) from None

    async def _say_key(self, connection: ClientConnection) -> None:
        """Send the first frame. What fails in here is told without its frames, which hold the key."""
        again = {"connectionSessionUUID": self._session} if self._session else {}
        head = {"taskType": "authentication", **again}
        try:
            await connection.send(json.dumps([{**head, "apiKey": self._endpoint.key.reveal()}]))
        except _closed() as error:
            raise error.with_traceback(None) from None

    async def _frame(self, connection: ClientConnection) -> Frame:
        """Read a frame. One that is no JSON says that something is wrong with the connection."""
        text = await connection.recv(decode=False)
        try:
            payload = bodies.parse(text)
        except ValueError:
            raise Unreachable(f"{self._host} sent what is no JSON.") from None
        self._heard = monotonic()
        return Frame.read(self._endpoint.key.redacted_json(payload, text))

    def _tell(self, frame: Frame) -> None:
        for listener in list(self._listeners):
            listener.hear(frame, sandbox=self._sandbox)

    async def _beat(self, connection: ClientConnection) -> None:
        """Ping; break a dead connection, and close one that nobody needs."""
        since = monotonic()
        with contextlib.suppress(OSError, _closed()):
            while True:
                await asyncio.sleep(PING)
                if not self._listeners:
                    self._unneeded, self._connection = True, None
                    await connection.close()
                    return
                if monotonic() - max(self._heard, since) > DEAD:
                    connection.transport.abort()
                    return
                await connection.send('[{"taskType":"ping","ping":true}]')

    def _broken(self, end: Any) -> RunwareError:
        """Put the end of a connection into our words. A frame above the limit would only come again."""
        if end.sent is not None and end.sent.code == _TOO_BIG:
            return _GivenUp(f"{self._host} sent more than {LARGEST >> 20} MiB in one frame.")
        return Unreachable(f"{self._host} broke the connection off.")

    @property
    def _host(self) -> str:
        return urlsplit(self._endpoint.ws_url).netloc


def _closed() -> type[Exception]:
    from websockets.exceptions import ConnectionClosed

    return ConnectionClosed


def _mute() -> logging.Logger:
    """Return a logger that tells nothing: that of websockets would tell whole frames, one of which holds the key."""
    logger = logging.getLogger("runware_nb.websocket")
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False
    return logger
