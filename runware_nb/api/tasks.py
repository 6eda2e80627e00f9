"""Task: one request to the API, as data."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runware_nb.api import wire
from runware_nb.errors import UsageError


class Task(BaseModel):
    """One request, in the words of the API. Frozen; unknown fields pass through unchanged.

    `Task.model_validate({...})` takes the dicts that the API's docs show. A field that is not given is not sent.
    """

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True, protected_namespaces=())

    task_type: str = Field(alias="taskType")
    """Wire name of the task type, such as `"imageInference"`."""
    task_uuid: str = Field(default_factory=lambda: str(uuid.uuid4()), alias="taskUUID", min_length=1)
    """UUID v4, made here. It is the idempotency key: the API runs a UUID once."""
    model: str | None = None
    """AIR identifier of the model that makes it."""
    delivery_method: str | None = Field(default=None, alias="deliveryMethod")
    """`"sync"`, `"async"` or `"stream"`."""
    number_results: int | None = Field(default=None, alias="numberResults", ge=1)
    """How many media to make, 1 if not given. Each one is billed."""
    include_cost: bool | None = Field(default=None, alias="includeCost")

    @classmethod
    def of(cls, value: Task | Mapping[str, Any]) -> Self:
        """Take a task, or the dict of one.

        Raises
        ------
        UsageError
            When it is not a dict with a `taskType` of text.
        """
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise UsageError(
                f"a task is a dict such as {{'taskType': 'imageInference', …}}, not {type(value).__name__}."
            )
        try:
            return cls.model_validate(dict(value))
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"]))
            raise UsageError(f"in this task, {name}: {first['msg'].lower()}.") from None

    @property
    def type(self) -> wire.TaskType | None:
        """The row of its task type; None for utilities and types newer than this package."""
        return wire.BY_NAME.get(self.task_type)

    @property
    def kind(self) -> str:
        """What it makes, as typed after `%%runware`; the task type of one that makes nothing."""
        return self.type.kind if self.type else self.task_type

    @cached_property
    def count(self) -> int:
        """How many results it asks for."""
        name = self.type.count if self.type else "numberResults"
        given = self.number_results if name == "numberResults" else (self.model_extra or {}).get(name or "", 1)
        asked = given if name else 1
        return asked if isinstance(asked, int) and asked > 0 else 1

    @property
    def prompt(self) -> str | None:
        """The words it was asked with."""
        return wire.prompt_of(self.to_wire())

    def to_wire(self) -> dict[str, Any]:
        """Return the dict to send: what was given, in wire names, and the UUID.

        Values are handed on as they are, never dumped: before it is sent, a task may hold pictures and results.
        """
        fields = self.model_fields_set
        given = {wired: getattr(self, name) for name, wired in _wire_names().items() if name in fields}
        return {"taskType": self.task_type, "taskUUID": self.task_uuid, **given, **(self.model_extra or {})}

    @cached_property
    def as_json(self) -> str:
        """What `to_wire` returns, as JSON: written down and sent, it is encoded once.

        Raises
        ------
        TypeError
            While the task holds what is no JSON: pictures, files, earlier results.
        """
        return json.dumps(self.to_wire())

    def but(self, **changes: Any) -> Task:
        """Return a copy with some wire fields changed: `task.but(includeCost=True)`."""
        return Task.model_validate({**self.to_wire(), **changes})

    def delivered(self, method: str) -> Task:
        """Return a copy with its delivery method stated. Its other fields were validated, and are not again."""
        copy = self.model_copy(update={"delivery_method": method})
        copy.__dict__.pop("as_json", None)
        return copy


def array_of(tasks: Sequence[Task | Mapping[str, Any]]) -> str:
    """Return the JSON array in which tasks, or questions after them, are sent together."""
    if all(isinstance(task, Task) for task in tasks):
        return f"[{', '.join(task.as_json for task in tasks if isinstance(task, Task))}]"
    return json.dumps([task.to_wire() if isinstance(task, Task) else task for task in tasks])


@cache
def _wire_names() -> Mapping[str, str]:
    """Return the wire names of the fields, which are looked up thousands of times a second."""
    return {name: info.alias or name for name, info in Task.model_fields.items()}
