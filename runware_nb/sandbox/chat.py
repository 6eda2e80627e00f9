"""The OpenAI-compatible routes: `POST /v1/chat/completions`, whole answers only, and `GET /v1/models`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runware_nb.api import wire
from runware_nb.sandbox import answers, intake
from runware_nb.sandbox.refusals import Refused, error
from runware_nb.sandbox.samples import text
from runware_nb.sandbox.world import World

_TEXT: Final = "textInference"


def routes(world: World) -> list[Route]:
    """Return the compatible routes."""

    async def complete(request: Request) -> Response:
        try:
            _check_key(request, world)
            return JSONResponse(await _complete(await intake.read_json(request, world), world))
        except Refused as no:
            return answers.failed(*no.errors, status=no.status)

    async def models(request: Request) -> Response:
        try:
            _check_key(request, world)
        except Refused as no:
            return answers.failed(*no.errors, status=no.status)
        rows = [{"id": m.air, "object": "model", "owned_by": m.creator} for m in world.catalog if m.task_type == _TEXT]
        return JSONResponse({"object": "list", "data": rows})

    return [Route("/v1/chat/completions", complete, methods=["POST"]), Route("/v1/models", models)]


def _check_key(request: Request, world: World) -> None:
    if not intake.is_key(request.headers.get("authorization"), world, prefix="Bearer "):
        raise Refused(intake.bad_key(), status=401)


async def _complete(asked: Any, world: World) -> dict[str, Any]:
    """Answer a chat: with a call of the first tool, if there is one that has not been called, else with text."""
    messages = asked.get("messages") if isinstance(asked, Mapping) else None
    if not isinstance(messages, list) or not messages or not isinstance(messages[-1], Mapping):
        raise Refused(error("invalidMessages", "'messages' is required.", parameter="messages", type="array"))
    if asked.get("stream"):
        raise Refused(error("unsupportedParameter", "The sandbox gives whole answers here only.", parameter="stream"))
    said = [
        m for m in messages if m.get("role") in {"user", "assistant", "system"} and isinstance(m.get("content"), str)
    ]
    task = {
        "taskType": _TEXT,
        "taskUUID": str(uuid.uuid4()),
        "model": asked.get("model"),
        "messages": [m for m in said if m["role"] == "user"][-1:] or [{"role": "user", "content": "…"}],
    }
    job = world.desk.submit(task)
    answer = await world.desk.wait(job)
    if answer["errors"]:
        raise Refused(*answer["errors"], status=500)
    tools = asked.get("tools") or []
    if tools and messages[-1].get("role") != "tool":
        choice = _call(tools[0].get("function", {}))
    else:
        choice = {"finish_reason": "stop", "message": {"role": "assistant", "content": answer["data"][0]["text"]}}
    return {
        "id": f"chatcmpl-{task['taskUUID']}",
        "object": "chat.completion",
        "created": int(world.clock.utc().timestamp()),
        "model": asked.get("model"),
        "choices": [{"index": 0, **choice}],
        "usage": _usage(text.usage(wire.prompt_of(task) or "", answer["data"][0]["text"])),
    }


def _call(function: Mapping[str, Any]) -> dict[str, Any]:
    """Call a tool with the least arguments its schema allows."""
    arguments = json.dumps(text.instance(function.get("parameters", {})))
    call = {"id": "call_1", "type": "function", "function": {"name": function.get("name", ""), "arguments": arguments}}
    return {"finish_reason": "tool_calls", "message": {"role": "assistant", "content": None, "tool_calls": [call]}}


def _usage(native: Mapping[str, int]) -> dict[str, int]:
    names = {"promptTokens": "prompt_tokens", "completionTokens": "completion_tokens", "totalTokens": "total_tokens"}
    return {names[k]: v for k, v in native.items()}
