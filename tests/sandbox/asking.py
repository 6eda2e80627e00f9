"""Tasks to ask a sandbox, and a client that asks them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from runware_nb.sandbox import Sandbox


def task(**fields: Any) -> dict[str, Any]:
    """An image task that is right, with changes; a change to None takes a field out."""
    whole = {
        "taskType": "imageInference",
        "taskUUID": str(uuid.uuid4()),
        "model": "runware:101@1",
        "positivePrompt": "a paper boat",
        "width": 256,
        "height": 256,
        **fields,
    }
    return {k: v for k, v in whole.items() if v is not None}


def other(kind: str, model: str | None, **fields: Any) -> dict[str, Any]:
    """A task of another type."""
    return task(taskType=kind, model=model, **{"positivePrompt": None, "width": None, "height": None, **fields})


class Api:
    """Sends tasks as a client would, and gets files."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.http = httpx.Client(headers={"Authorization": f"Bearer {box.api_key}"}, trust_env=False)

    def post(self, *tasks: Any, **options: Any) -> httpx.Response:
        return self.http.post(self.box.http_url, json=list(tasks), **options)

    def answer(self, *tasks: Any) -> dict[str, Any]:
        return self.post(*tasks).json()

    def items(self, *tasks: Any) -> list[dict[str, Any]]:
        told = self.answer(*tasks)
        assert "errors" not in told, told
        return told["data"]

    def error(self, *tasks: Any) -> dict[str, Any]:
        return self.answer(*tasks)["errors"][0]

    def poll(self, *uuids: str) -> dict[str, Any]:
        return self.answer(*({"taskType": "getResponse", "taskUUID": u} for u in uuids))

    def done(self, uuid: str) -> list[dict[str, Any]]:
        """Poll until nothing is processing; latency is nil, so this is a few round trips."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            told = self.poll(uuid)
            if not any(i.get("status") == "processing" for i in told.get("data", [])):
                return told.get("data", []) + told.get("errors", [])
        raise AssertionError("it never ends")

    def get(self, url: str, **options: Any) -> httpx.Response:
        return httpx.get(url, trust_env=False, **options)


@contextmanager
def serving(**options: Any) -> Iterator[Api]:
    """Serve with other options."""
    with Sandbox(**{"key": "k" * 24, "latency": (0, 0), **options}) as box:
        api = Api(box)
        yield api
        api.http.close()
