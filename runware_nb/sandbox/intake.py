"""Intake: reading a request before anything is done with it, over HTTP or a WebSocket."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.requests import Request

from runware_nb.api import wire
from runware_nb.sandbox.faults import Phase
from runware_nb.sandbox.refusals import Error, Refused, error
from runware_nb.sandbox.world import World

NO_KEY: Final = "Invalid API key. Get one at https://my.runware.ai/signup"


def tasks_of(payload: Any) -> list[Mapping[str, Any]]:
    """Return the tasks of a body. Raises Refused unless it is an array of objects."""
    if not isinstance(payload, list) or not payload or not all(isinstance(t, Mapping) for t in payload):
        raise Refused(error("invalidPayloadFormat", "The request body must be an array of objects."))
    return payload


async def read_json(request: Request, world: World) -> Any:
    """Read a JSON body of a bounded size."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(error("invalidPayloadFormat", "Content-Type must be application/json."), status=415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > world.options.max_body:
            raise Refused(error("invalidPayloadSize", "The request body is too large."), status=413)
    try:
        return json.loads(bytes(body))
    except (ValueError, RecursionError):
        raise Refused(error("invalidPayloadFormat", "The request body is not JSON.")) from None


def is_key(given: Any, world: World, prefix: str = "") -> bool:
    """Compare a key in constant time."""
    return isinstance(given, str) and hmac.compare_digest(given.encode(), (prefix + world.key).encode())


def bad_key() -> Error:
    """Return the error of a missing or wrong key."""
    return error("invalidApiKey", NO_KEY, {"taskType": "authentication"}, parameter="apiKey", type="string")


def phase_of(tasks: Sequence[Mapping[str, Any]]) -> Phase:
    """Tell what a request is for, which decides the faults that strike it."""
    kinds = {t.get("taskType") for t in tasks}
    if kinds - wire.UTILITIES:
        return "submit"
    if "getResponse" in kinds:
        return "poll"
    return "details" if "getTaskDetails" in kinds else "utility"
