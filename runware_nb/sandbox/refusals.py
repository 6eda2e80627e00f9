"""Refusals: what the sandbox says no to, in the API's error objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Error = dict[str, Any]


class Refused(Exception):
    """A request, or one of its tasks, is refused.

    Attributes
    ----------
    errors
        Error objects for the wire.
    status
        HTTP status, should nothing else of the request be accepted.
    """

    def __init__(self, *errors: Error, status: int = 400) -> None:
        super().__init__(*(e["code"] for e in errors))
        self.errors = errors
        self.status = status


def error(code: str, message: str, task: Mapping[str, Any] | None = None, **facts: Any) -> Error:
    """Make an error object. Facts that are None are left out."""
    told = {k: v for k, v in facts.items() if v is not None}
    about = {k: task[k] for k in ("taskType", "taskUUID") if task and isinstance(task.get(k), str)}
    return {"code": code, "message": message, **told, **about}
