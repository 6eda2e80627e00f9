"""Hosts: small servers of this machine that answer as a test likes, and remember every byte that they were sent."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

Answer = Callable[[Mapping[str, Any]], Any]
"""From a task to an item, a list of items, or `{"errors": [...]}`."""


@dataclass
class Host:
    """A server, where it is, and what it has seen.

    Attributes
    ----------
    seen
        Every request: its line, its headers and its body.
    """

    origin: str
    seen: list[bytes] = field(default_factory=list, repr=False)

    @property
    def url(self) -> str:
        """Where an API would take tasks."""
        return f"{self.origin}/v1"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead a client here, but for the key."""
        return {"RUNWARE_BASE_URL": self.url, "RUNWARE_WS_URL": self.url.replace("http", "ws")}


@contextmanager
def serving(respond: Callable[[Request, bytes], Response]) -> Iterator[Host]:
    """Serve until the block is left."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    host = Host(f"http://127.0.0.1:{listening.getsockname()[1]}")

    async def take(request: Request) -> Response:
        body = await request.body()
        head = b"\n".join(name + b": " + value for name, value in request.headers.raw)
        host.seen.append(f"{request.method} {request.url}\n".encode() + head + b"\n\n" + body)
        return respond(request, body)

    app = Starlette(routes=[Route("/{path:path}", take, methods=["GET", "HEAD", "POST", "PUT", "OPTIONS"])])
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, log_level="critical", http="h11"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True)
    listening.listen()  # so that who comes before the server is ready waits, and is not refused
    thread.start()
    yield host
    server.should_exit = True
    thread.join(10)


@contextmanager
def api(answer: Answer, *, media: bytes = b"") -> Iterator[Host]:
    """Serve as the API: each task is answered at once, a text as a stream if it asks for one, a GET with the media."""

    answers: dict[str, dict[str, list[Any]]] = {}

    def respond(request: Request, body: bytes) -> Response:
        if request.method != "POST":
            return Response(media, 200 if media else 404)
        tasks = json.loads(body)
        if len(tasks) == 1 and tasks[0].get("deliveryMethod") == "stream":
            answered = answer(tasks[0])
            if "errors" not in answered:
                return StreamingResponse(_events(tasks[0], answered), media_type="text/event-stream")
        payload: dict[str, list[Any]] = {"data": [], "errors": []}
        for task in tasks:
            uuid = task.get("taskUUID", "")
            if task["taskType"] != "getResponse":
                answers[uuid] = _read(task, answer(task))
            for kind, several in answers.get(uuid, {}).items():
                payload[kind] += several
        text = json.dumps({k: v for k, v in payload.items() if v})
        return Response(text, 200 if payload["data"] else 400, media_type="application/json")

    with serving(respond) as host:
        yield host


def _read(task: Mapping[str, Any], answered: Any) -> dict[str, list[Any]]:
    """Put an answer into the form of the wire, with the task it is for."""
    told = {k: task[k] for k in ("taskType", "taskUUID") if k in task}
    kind = "errors" if isinstance(answered, dict) and "errors" in answered else "data"
    several = answered["errors"] if kind == "errors" else answered if isinstance(answered, list) else [answered]
    return {kind: [{**told, **one} for one in several]}


async def _events(task: Mapping[str, Any], item: Mapping[str, Any]) -> Any:
    """Stream a text by halves, then the rest of the item."""
    text = item["text"]
    told = {"taskType": task["taskType"], "taskUUID": task["taskUUID"]}
    for part in (text[: len(text) // 2], text[len(text) // 2 :]):
        yield _event({**told, "delta": {"text": part}})
    yield _event({**told, **{k: v for k, v in item.items() if k != "text"}, "finishReason": "stop"})
    yield b"data: [DONE]\n\n"


def _event(value: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()
