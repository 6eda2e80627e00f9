"""A server that does nothing but answer, so that what is measured is the client: tasks, due after a known time.

`python bench/server.py LOW HIGH` prints its port. It speaks REST and WebSocket as the API does (a message for each
result of a `sync` task), and tells at `/stats` when each task was taken and due, by the clock that all processes of a
machine share, and how many requests and messages it took.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import sys
import uuid
from time import monotonic
from typing import Any

import uvicorn

KEY = "bench-key-that-is-long-enough"


class Server:
    """The jobs of one run."""

    def __init__(self, low: float, high: float) -> None:
        self.range = low, high
        self.reset()

    def reset(self) -> None:
        """Begin anew, with the same durations."""
        self.dice = random.Random(7)  # noqa: S311
        self.jobs: dict[str, tuple[float, float]] = {}
        self.kinds: dict[str, str] = {}
        self.requests = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request or a connection."""
        if scope["type"] == "websocket":
            await self._socket(receive, send)
            return
        if scope["path"] == "/stats":
            await _answer(send, {"jobs": self.jobs, "requests": self.requests})
            return
        if scope["path"] == "/reset":
            self.reset()
            await _answer(send, {})
            return
        if scope["path"].startswith("/wav/"):
            await _sound(send, int(scope["path"].removeprefix("/wav/")) * 1000)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.requests += 1
        tasks = json.loads(body)
        items = [self._take(task) for task in tasks]
        waits = [self.jobs[t["taskUUID"]][1] for t in tasks if t.get("deliveryMethod") == "sync"]
        if waits:
            await asyncio.sleep(max(0.0, max(waits) - monotonic()))
            items = [self._result(t["taskUUID"]) for t in tasks]
        await _answer(send, {"data": items})

    async def _socket(self, receive: Any, send: Any) -> None:
        loop = asyncio.get_running_loop()
        await receive()
        await send({"type": "websocket.accept"})
        ready: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        async def push() -> None:
            while True:
                await _say(send, {"data": [await ready.get()]})

        pushing = asyncio.create_task(push())
        while (message := await receive())["type"] == "websocket.receive":
            self.requests += 1
            for task in json.loads(message["text"]):
                answer = self._take(task)
                if task.get("deliveryMethod") == "sync":
                    due = self.jobs[task["taskUUID"]][1]
                    late = due - monotonic()
                    loop.call_later(max(0.0, late), ready.put_nowait, self._result(task["taskUUID"]))
                else:
                    await _say(send, {"data": [answer]})
        pushing.cancel()

    def _take(self, task: dict[str, Any]) -> dict[str, Any]:
        kind, name = task["taskType"], task.get("taskUUID", "")
        if kind == "authentication":
            return {"taskType": kind, "connectionSessionUUID": str(uuid.uuid4())}
        if kind == "ping":
            return {"taskType": kind, "pong": True}
        if kind != "getResponse":
            now = monotonic()
            self.jobs[name] = now, now + self.dice.uniform(*self.range)
            self.kinds[name] = kind
            return {"taskType": kind, "taskUUID": name}
        if self.jobs[name][1] > monotonic():
            return {"taskType": self.kinds[name], "taskUUID": name, "status": "processing"}
        return {**self._result(name), "status": "success"}

    def _result(self, name: str) -> dict[str, Any]:
        url = f"https://im.runware.ai/image/os/a01/ws/2/ii/{name}.jpg"
        head = {"taskType": self.kinds[name], "taskUUID": name, "imageUUID": name}
        return {**head, "imageURL": url, "seed": 42, "cost": 0.0013}


async def _say(send: Any, frame: dict[str, Any]) -> None:
    await send({"type": "websocket.send", "text": json.dumps(frame)})


async def _answer(send: Any, told: dict[str, Any]) -> None:
    body = json.dumps(told).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _sound(send: Any, size: int) -> None:
    """Send a WAV file of so many bytes, in pieces."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 48000, 96000, 2, 16)
    head = struct.pack("<4sI4s", b"RIFF", size - 8, b"WAVE") + form + struct.pack("<4sI", b"data", size - 44)
    headers = [(b"content-type", b"audio/wav"), (b"content-length", str(size).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": head, "more_body": True})
    for start in range(len(head), size, 1 << 16):
        piece = bytes(min(1 << 16, size - start))
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})


def main(low: float, high: float) -> None:
    """Serve until the end."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(4096)  # whoever reads the port may come at once
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(
        Server(low, high), log_level="critical", access_log=False, lifespan="off", ws="websockets-sansio", backlog=4096
    )
    asyncio.run(uvicorn.Server(config).serve(sockets=[listening]))


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
