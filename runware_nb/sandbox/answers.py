"""Answers: a frame as an HTTP response, and how faults spoil one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from runware_nb.sandbox.faults import Fault
from runware_nb.sandbox.refusals import Error

OK: Final = 200
PAGE: Final = b"<!doctype html><title>Please wait</title><h1>Please wait</h1><p>This is not the answer you want."
OVERSIZE: Final = 4_000_000
"""Bytes that a fault puts before an answer: blank lines, which JSON allows."""
CUTTING: Final = frozenset({"refused-connection", "lost-answer", "drop-socket", "reset"})
REPLACED: Final[Mapping[str, tuple[bytes, str]]] = {
    "not-json": (b'{"data": [{"taskType": ', "application/json"),
    "html-200": (PAGE, "text/html"),
    "gateway": (PAGE, "text/html"),
    "empty-200": (b"", "application/json"),
    "wrong-shape": (b'{"data": ["none", 7], "errors": {"code": 1, "message": null}}', "application/json"),
    "nameless": (b'{"errors": [{"code": "serviceUnavailable", "message": "Please wait."}]}', "application/json"),
}
"""What some faults answer in place of the answer."""
REARRANGED: Final = frozenset({
    "shuffled", "duplicated", "missing-item", "unpriced", "nan-cost", "negative-cost", "no-items", "foreign-item",
    "back-to-work",
})  # fmt: skip


def wired(data: Sequence[Any], errors: Sequence[Error]) -> dict[str, Any]:
    """Make a frame. `errors` is absent when there are none: the official SDK fails on an empty one."""
    return {**({"data": list(data)} if data or not errors else {}), **({"errors": list(errors)} if errors else {})}


def frame(data: Sequence[Any], errors: Sequence[Error], status: int = OK) -> JSONResponse:
    """Make an answer of items and errors."""
    return JSONResponse(wired(data, errors), status)


def failed(*errors: Error, status: int) -> JSONResponse:
    """Make an answer of errors alone."""
    return JSONResponse({"errors": list(errors)}, status)


def failure(fault: Fault, tasks: Sequence[Mapping[str, Any]]) -> JSONResponse:
    """Make the answer of a fault that strikes before anything is accepted."""
    headers = {"retry-after": str(fault.retry_after)} if fault.retry_after is not None else None
    told = {"errors": [fault.error(task) for task in tasks]}
    return JSONResponse(told, fault.status or OK, headers)


def spoil(fault: Fault | None, answer: Response) -> Response:  # noqa: PLR0911  (one a way)
    """Spoil an answer as a fault says, at whatever stage it strikes."""
    if fault is None:
        return answer
    body = bytes(getattr(answer, "body", b""))
    kind = answer.media_type or "application/json"
    match fault.name:
        case "truncated" | "truncated-asset":
            return Cut(body, kind)
        case "stalled" | "stalled-body" | "trickling":
            return Held(body, kind, fault)
        case "redirected":
            return Response(PAGE, fault.status or 307, {"location": "/elsewhere"}, "text/html")
        case "oversize":
            return Response(b"\n" * OVERSIZE + body, answer.status_code, media_type=kind)
        case "wrong-type":
            return Response(body, answer.status_code, media_type="text/plain")
        case name if name in REPLACED:
            content, media_type = REPLACED[name]
            headers = {"retry-after": str(fault.retry_after)} if fault.retry_after is not None else None
            return Response(content, fault.status or OK, headers, media_type)
        case name if name in REARRANGED:
            told = json.loads(body)
            if told.get("data"):
                told["data"] = rearranged(fault, told["data"])
            # Written without Starlette's help, which refuses NaN.
            return Response(json.dumps(told), answer.status_code, media_type="application/json")
        case _:
            return answer


def rearranged(fault: Fault, items: list[dict[str, Any]]) -> list[dict[str, Any]]:  # noqa: PLR0911  (one a way)
    """Shuffle, repeat, lose or alter items."""
    match fault.name:
        case "shuffled":
            return items[::-1]
        case "duplicated":
            return [item for item in items for _ in range(2)]
        case "missing-item":
            return items[:-1]
        case "unpriced":
            return [{k: v for k, v in item.items() if k != "cost"} for item in items]
        case "nan-cost" | "negative-cost":
            cost = math.nan if fault.name == "nan-cost" else -1.0
            return [{**item, "cost": cost} if "cost" in item else item for item in items]
        case "no-items":
            return []
        case "foreign-item":
            return [{**items[-1], "taskUUID": str(uuid.uuid4())}, *items]
        case "back-to-work":
            head = ("taskType", "taskUUID", "resultIndex")
            return [{**{k: item[k] for k in head if k in item}, "status": "processing"} for item in items]
        case _:
            return items


class Cut(Response):
    """A response that breaks off in the middle of its body."""

    def __init__(self, body: bytes, media_type: str) -> None:
        super().__init__(body, media_type=media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send half of the body and close the connection."""
        body = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await cut(scope, flush=True)


class Held(Response):
    """A response that does not come, or stops half-way, or trickles, until the client leaves."""

    def __init__(self, body: bytes, media_type: str, fault: Fault) -> None:
        super().__init__(body, media_type=media_type)
        self._fault = fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the response back, and close the connection in the end."""
        body, pause = bytes(self.body), self._fault.seconds or 1.0
        if self._fault.name != "stalled":
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if self._fault.name == "stalled-body":
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        if self._fault.name != "trickling":
            await left(receive, pause)
            await cut(scope)
            return
        for place in range(len(body)):
            await send({"type": "http.response.body", "body": body[place : place + 1], "more_body": True})
            if await left(receive, pause):
                return
        await send({"type": "http.response.body", "body": b""})


async def left(receive: Receive, seconds: float) -> bool:
    """Wait some seconds, or until the client leaves, and tell whether it did."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
            return True
    return False


async def cut(scope: Scope, *, flush: bool = False) -> None:
    """Close a connection without another word, which ASGI has no message for.

    uvicorn's own `send`, which the guard keeps, is a method of the request being served, and that knows the
    connection.
    """
    transport = scope["sandbox.send"].__self__.transport
    if flush:
        transport.close()
    else:
        transport.abort()
    # The server learns of it in the next round of the loop; until then it would answer for us.
    await asyncio.sleep(0.01)
