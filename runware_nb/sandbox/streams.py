"""Streams: a text as server-sent events, word by word. The task is a job like any other, so a poll finds it too."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Final

from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from runware_nb.sandbox import answers
from runware_nb.sandbox.faults import Fault
from runware_nb.sandbox.jobs import Job
from runware_nb.sandbox.refusals import Refused, error
from runware_nb.sandbox.world import World

_WORDS: Final = re.compile(r"\s*\S+\s*")
_PING_EVERY: Final = 24
"""Pieces between two comments that keep the connection alive."""
_PACE: Final = 0.02
"""Most seconds between two pieces."""


def respond(tasks: Sequence[Mapping[str, Any]], world: World) -> tuple[Fault | None, Response]:
    """Start the stream of a request, which must be its only task; or answer as a fault that strikes it wants."""
    if len(tasks) != 1:
        raise Refused(error("invalidPayloadFormat", "A streamed task must be the only one of its request."))
    fault = world.faults.take("stream", "submit")
    if fault and fault.name == "stream-refused":
        told = {"error": {"code": fault.code, "message": "The sandbox was told to refuse this stream."}}
        about = {k: tasks[0].get(k) for k in ("taskUUID", "taskType")}
        return None, JSONResponse({**told, **about}, fault.status or 503)
    job = world.desk.submit(tasks[0])
    if later := world.faults.take("after", "submit"):
        return later, answers.failure(later, tasks)
    return None, Stream(_events(job, world, fault), fault)


class Stream(StreamingResponse):
    """A stream of events, which a fault may cut off."""

    def __init__(self, events: AsyncIterator[str], fault: Fault | None) -> None:
        super().__init__(events, media_type="text/event-stream", headers={"cache-control": "no-store"})
        self._fault = fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        if self._fault and self._fault.name in {"stream-cut", "stream-stalled"}:
            await self._send_some(self._fault, scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _send_some(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        sent = 0
        async for event in self.body_iterator:
            await send({"type": "http.response.body", "body": str(event).encode(), "more_body": True})
            sent += 1
            if sent > 4:  # noqa: PLR2004  (a few pieces are enough to be in the middle)
                break
        if fault.name == "stream-stalled":
            await answers.left(receive, fault.seconds or 1.0)
        await answers.cut(scope, flush=True)


async def _events(job: Job, world: World, fault: Fault | None) -> AsyncIterator[str]:
    await job.finished.wait()
    item = job.items[0]
    if item.problem:
        yield _event({"errors": [item.problem]})
        yield "data: [DONE]\n\n"
        return
    result = dict(item.result or {})
    pieces = list(_deltas(result))
    pace = min(_PACE, world.options.latency[1] / max(1, len(pieces)) * 2)
    for place, delta in enumerate(pieces):
        if fault and fault.name == "stream-error" and place == len(pieces) // 2:
            yield _event({"errors": [fault.error(job.task)]})
            return
        if fault and fault.name == "stream-garbled" and place == len(pieces) // 2:
            yield 'data: {"delta": {"te\n\n'
        if fault and fault.name == "stream-foreign" and place == len(pieces) // 2:
            yield _event({**job.head, "taskUUID": str(uuid.uuid4()), "delta": {"text": "FOREIGN"}})
        if place % _PING_EVERY == 0:
            yield ": ping\n\n"
        yield _event({**job.head, "delta": delta, "finishReason": None})
        await world.clock.sleep(pace)
    if fault and fault.name == "stream-unfinished":
        return
    last: dict[str, Any] = {k: result[k] for k in ("finishReason", "usage", "cost") if k in result}
    yield _event({**job.head, "delta": {}, **last})
    yield "data: [DONE]\n\n"


def _deltas(result: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Cut the reasoning, then the text, into words."""
    for key in ("reasoningContent", "text"):
        for word in _WORDS.findall(str(result.get(key) or "")):
            yield {key: word}


def _event(told: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(told, ensure_ascii=False)}\n\n"
