"""Answers: a frame as an HTTP response, and how faults spoil one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from runware_nb.sandbox.faults import Fault
from runware_nb.sandbox.refusals import Error

OK: Final = 200
PAGE: Final = b"<!doctype html><title>Please wait</title><h1>Please wait</h1><p>This is not the answer you want."


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


def spoil(fault: Fault | None, answer: Response) -> Response:
    """Spoil an answer as a fault says."""
    if fault is None or fault.stage != "answer":
        return answer
    if fault.name == "truncated":
        return Cut(bytes(answer.body), "application/json")
    if fault.name == "not-json":
        return Response(b'{"data": [{"taskType": ', media_type="application/json")
    if fault.name == "html-200":
        return Response(PAGE, media_type="text/html")
    if fault.name == "empty-200":
        return Response(b"", media_type="application/json")
    told = json.loads(bytes(answer.body))
    if told.get("data"):
        told["data"] = rearranged(fault, told["data"])
    return JSONResponse(told, answer.status_code)


def rearranged(fault: Fault, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
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
