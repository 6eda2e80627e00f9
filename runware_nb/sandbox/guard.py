"""The guard at the door: who may talk to the sandbox, by `Host` and `Origin`.

A page of another site can make a browser send requests here, or rename this machine (DNS rebinding). So the host must
be ours, a request with an origin must come from this machine, and only our own pages may use the API. Media and public
data may be read by pages of other loopback ports, as Jupyter's are, and only they get CORS headers.
"""

from __future__ import annotations

import json
import re
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runware_nb.sandbox.world import World

_LOOPBACK: Final = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Refuse foreign hosts and origins; add CORS headers for pages of this machine."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with 403."""
        scope["sandbox.send"] = send
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        host, origin = headers.get(b"host", b"").decode("latin-1"), headers.get(b"origin", b"").decode("latin-1")
        hosts = {o.removeprefix("http://") for o in self._world.origins}
        reads = scope["type"] == "http" and scope["method"] in _READS
        if host.lower() not in hosts or not self._welcome(origin, reads=reads):
            await _refuse(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "OPTIONS":
            await _start(send, 204, _cors(origin) if origin else [])
        else:
            await self._app(scope, receive, _with_cors(send, origin) if reads and origin else send)

    def _welcome(self, origin: str, *, reads: bool) -> bool:
        if not origin or origin in self._world.origins:
            return True
        return reads and _LOOPBACK.fullmatch(origin) is not None


def _cors(origin: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-methods", b"GET, HEAD"),
        (b"access-control-allow-headers", b"range"),
        (b"access-control-expose-headers", b"content-range, accept-ranges, content-length, x-runware-sandbox"),
        (b"vary", b"origin"),
    ]


def _with_cors(send: Send, origin: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *_cors(origin)]}
        await send(message)

    return sending


async def _start(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    told = {
        "errors": [{"code": "forbidden", "message": "The sandbox answers this machine only, under its own address."}]
    }
    await _start(send, 403, [(b"content-type", b"application/json")], json.dumps(told).encode())
