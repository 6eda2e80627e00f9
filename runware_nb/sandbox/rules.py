"""Rules: whether a task may run, and how the API words it when it may not.

What a model takes is the catalogue's; here its flaws become error objects. A code that does not follow from the
parameter's name is one row in `CODES`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Container, Iterator, Mapping
from typing import Any, Final

from runware_nb.api import wire
from runware_nb.catalog import Catalog, Model, flaws, schemas
from runware_nb.sandbox.refusals import Error, Refused, error

CODES: Final[Mapping[tuple[str, str], str]] = {
    ("width", ""): "invalidCustomWidth",
    ("height", ""): "invalidCustomHeight",
    ("width, height", ""): "unsupportedDimensions",
    ("duration", "enum"): "unsupportedDuration",
    ("resolution", "enum"): "unsupportedResolution",
}
"""Codes of a parameter and the rule it breaks; the rule `""` is any."""
_AIR: Final = re.compile(r"[a-z0-9][\w.-]*:[\w.-]+@[\w.-]+", re.IGNORECASE)
_UUID_VERSION: Final = 4
_COMMUNITY: Final = frozenset({"civitai"})
_KINDS: Final = {"number": "float"}
# What every community checkpoint of the 15 architectures takes: https://runware.ai/docs, image inference, 2026.
_COMMUNITY_SIDE: Final = {"type": "integer", "minimum": 128, "maximum": 2048, "multipleOf": 64}


def check(task: Mapping[str, Any], catalog: Catalog, own: Container[str] = ()) -> Model | None:
    """Check a task; return its model, or None for models the catalogue does not list.

    Parameters
    ----------
    own
        AIRs of models uploaded to or trained in this sandbox.

    Raises
    ------
    Refused
        With all that is wrong with it.
    """
    kind = wire.BY_NAME.get(str(task.get("taskType")))
    if kind is None:
        about = error("invalidTaskType", "Invalid value for 'taskType'.", task, parameter="taskType", type="string")
        raise Refused(about)
    if problem := _uuid_problem(task):
        raise Refused(problem)
    model = _model(task, kind, catalog, own)
    if model and model.task_type != kind.name:
        said = f"The model '{model.air}' serves {model.task_type}."
        allowed = [model.task_type]
        raise Refused(error("invalidModel", said, task, parameter="taskType", type="string", allowedValues=allowed))
    problems = {
        str(problem["parameter"]): problem
        for problem in (*_delivered(task, kind), *(_flaws(task, model) if model else _community_flaws(task, kind)))
    }
    if problems:
        raise Refused(*problems.values())
    return model


def _uuid_problem(task: Mapping[str, Any]) -> Error | None:
    given = task.get("taskUUID")
    if given is None:
        return error("missingTaskUUID", "'taskUUID' is required.", task, parameter="taskUUID", type="string")
    try:
        good = isinstance(given, str) and uuid.UUID(given).version == _UUID_VERSION
    except ValueError:
        good = False
    if good:
        return None
    return error("invalidTaskUUID", "'taskUUID' must be a UUID v4.", task, parameter="taskUUID", type="string")


def _model(task: Mapping[str, Any], kind: wire.TaskType, catalog: Catalog, own: Container[str]) -> Model | None:
    """Find a task's model; None for a community model. An AIR of a listed source must be listed itself."""
    air = task.get("model")
    if air is None and kind.default_model is None:
        return next((m for m in catalog if m.task_type == kind.name), None)
    if air is None:
        raise Refused(error("missingModel", "'model' is required.", task, parameter="model", type="string"))
    model = catalog.get(air) if isinstance(air, str) else None
    if model and air != model.air:
        raise Refused(
            error("invalidModel", f"Use the AIR identifier {model.air}.", task, parameter="model", type="string")
        )
    if model:
        return model
    if isinstance(air, str) and (air in own or _is_community(air, catalog)):
        return None
    raise Refused(
        error("invalidModel", f"There is no model '{air}'. See GET /models.", task, parameter="model", type="string")
    )


def _is_community(air: str, catalog: Catalog) -> bool:
    source = air.partition(":")[0]
    return bool(_AIR.fullmatch(air)) and (
        source in _COMMUNITY or source not in {known.partition(":")[0] for known in catalog.names.values()}
    )


def _flaws(task: Mapping[str, Any], model: Model) -> Iterator[Error]:
    """Give one error for each parameter that breaks a rule of the model."""
    told: set[str] = set()
    for flaw in schemas.flaws(model.schema, task):
        if flaw.parameter not in told:
            told.add(flaw.parameter)
            yield _worded(flaw, task, model.schema, model.documentation)


def _worded(flaw: schemas.Flaw, task: Mapping[str, Any], schema: Mapping[str, Any], documentation: str) -> Error:
    names = flaw.parameter.split(", ")
    spec = _spec(schema, flaw.parameter)
    facts: dict[str, Any] = {"parameter": names if len(names) > 1 else flaw.parameter, "type": _type_name(spec)}
    if flaw.keyword == "additionalProperties":
        code = "unsupportedParameter"
    elif flaw.keyword == schemas.TOGETHER:
        code = "incompatibleParameters"
    else:
        code = CODES.get((flaw.parameter, flaw.keyword)) or CODES.get((flaw.parameter, "")) or _code(flaw)
        facts |= {
            "min": spec.get("minimum", spec.get("minLength", spec.get("minItems"))),
            "max": spec.get("maximum", spec.get("maxLength", spec.get("maxItems"))),
            "multiplier": spec.get("multipleOf"),
            "allowedValues": flaw.limit if flaw.keyword in {"enum", "size"} else None,
        }
    anchor = names[0].lower().replace(".", "-")
    facts["documentation"] = f"{documentation}#request-{anchor}"
    return error(code, flaw.message[:1].upper() + flaw.message[1:] + ".", task, **facts)


def _code(flaw: schemas.Flaw) -> str:
    """Make a code of a name: `positivePrompt` that is missing is `missingPositivePrompt`."""
    words = [p for p in flaw.parameter.split(".") if not p.isdigit()] or ["parameter"]
    name = "".join(w[:1].upper() + w[1:] for w in words)
    return ("missing" if flaw.keyword == "required" else "invalid") + name


def _spec(schema: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """Return the schema of one (dotted) parameter; an index leads to the items."""
    spec: Mapping[str, Any] = schema
    for name in path.split("."):
        spec = spec.get("items", {}) if name.isdigit() else spec.get("properties", {}).get(name, {})
    return spec


def _type_name(spec: Mapping[str, Any]) -> str | None:
    kind = spec.get("type")
    return _KINDS.get(kind, kind) if isinstance(kind, str) else None


def _community_flaws(task: Mapping[str, Any], kind: wire.TaskType) -> Iterator[Error]:
    """Check what every community model has in common; the rest of its parameters pass."""
    for flaw in flaws.together(task):
        yield _worded(flaw, task, {}, "https://runware.ai/docs")
    if kind.name != "imageInference":
        return
    if not isinstance(task.get("positivePrompt"), str):
        yield error(
            "missingPositivePrompt", "'positivePrompt' is required.", task, parameter="positivePrompt", type="string"
        )
    schema = {"properties": {"width": _COMMUNITY_SIDE, "height": _COMMUNITY_SIDE}}
    for flaw in {f.parameter: f for f in schemas.flaws(schema, task)}.values():
        facts = {"min": 128, "max": 2048, "multiplier": 64}
        code = CODES[flaw.parameter, ""]
        yield error(
            code, f"Invalid value for '{flaw.parameter}'.", task, parameter=flaw.parameter, type="integer", **facts
        )


def _delivered(task: Mapping[str, Any], kind: wire.TaskType) -> Iterator[Error]:
    """Check what the sandbox can make, and how it is delivered."""
    if kind.name == "3dInference" and task.get("outputFormat") not in {None, "GLB"}:
        said = "The sandbox makes GLB only."
        yield error("invalidOutputFormat", said, task, parameter="outputFormat", type="string", allowedValues=["GLB"])
    delivery = task.get("deliveryMethod")
    ways = (wire.ASYNC,) if wire.get(task, "inputs.video") and kind.medium != "video" else kind.deliveries
    if delivery is not None and ways and delivery not in ways and isinstance(delivery, str):
        said = f"'{kind.name}' is delivered by {' or '.join(ways)}, not {delivery}."
        yield error(
            "invalidDeliveryMethod", said, task, parameter="deliveryMethod", type="string", allowedValues=list(ways)
        )
