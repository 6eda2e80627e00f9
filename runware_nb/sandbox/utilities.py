"""Utilities: tasks that answer at once and cost nothing. A new one is a row in `UTILITIES`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from runware_nb.media import format_of
from runware_nb.sandbox import community, inputs
from runware_nb.sandbox.account import LONGEST_PERIOD
from runware_nb.sandbox.jobs import Frame
from runware_nb.sandbox.refusals import Refused, error
from runware_nb.sandbox.world import World

Push = Callable[[Frame], None]
_UPLOAD_STEPS: Final = (
    ("validated", "Model data validated."),
    ("downloaded", "Model downloaded."),
    ("optimized", "Model optimized."),
    ("stored", "Model stored."),
    ("ready", "Model successfully deployed and ready for use."),
)
_MOST_RESULTS: Final = 500


def answer(task: Mapping[str, Any], world: World, push: Push | None = None) -> Frame:
    """Answer a utility task, as `data` and `errors`. Raises Refused.

    Parameters
    ----------
    push
        Sends a frame later; only a WebSocket can.
    """
    return UTILITIES[task["taskType"]](task, world, push)


def _one(task: Mapping[str, Any], **fields: Any) -> Frame:
    head = {k: task[k] for k in ("taskType", "taskUUID") if k in task}
    return {"data": [{**head, **fields}], "errors": []}


def _need(task: Mapping[str, Any], name: str) -> str:
    value = task.get(name)
    if not isinstance(value, str) or not value:
        code = "missing" + name[:1].upper() + name[1:]
        raise Refused(error(code, f"'{name}' is required.", task, parameter=name, type="string"))
    return value


def _authentication(_: Mapping[str, Any], __: World, ___: Push | None) -> Frame:
    return _one({"taskType": "authentication"}, connectionSessionUUID=str(uuid.uuid4()), sandbox=True)


def _ping(_: Mapping[str, Any], __: World, ___: Push | None) -> Frame:
    return _one({"taskType": "ping"}, pong=True)


def _get_response(task: Mapping[str, Any], world: World, _: Push | None) -> Frame:
    asked = _need(task, "taskUUID")
    if upload := world.uploads.get(asked):
        return {"data": [_upload_status(upload, world)], "errors": []}
    return world.desk.poll(task)


def _get_task_details(task: Mapping[str, Any], world: World, _: Push | None) -> Frame:
    job = world.desk.jobs.get(_need(task, "taskUUID"))
    if job is None:
        raise Refused(error("taskFailedOrNotFound", "The task failed, expired, or never was.", task))
    made = job.answer
    response = {"errors": made["errors"]} if made["errors"] and not made["data"] else {"data": made["data"]}
    return _one(task, request=[dict(job.task)], response=response)


def _media_storage(task: Mapping[str, Any], world: World, _: Push | None) -> Frame:
    operation, media = task.get("operation", "upload"), _need(task, "media")
    if operation == "delete":
        if not (file := world.shelf.find(media)):
            raise Refused(error("mediaNotFound", "The file is unknown, or has expired.", task, parameter="media"))
        world.shelf.drop(file)
        return _one(task, operation=operation, mediaUUID=file.uuid)
    if operation != "upload":
        allowed = ["upload", "delete"]
        said = "Invalid value for 'operation'."
        raise Refused(
            error("invalidOperation", said, task, parameter="operation", type="string", allowedValues=allowed)
        )
    file_uuid, url = _keep(media, world)
    return _one(task, operation=operation, mediaUUID=file_uuid, mediaURL=url)


def _image_upload(task: Mapping[str, Any], world: World, _: Push | None) -> Frame:
    file_uuid, url = _keep(_need(task, "image"), world)
    return _one(task, imageUUID=file_uuid, imageURL=url)


def _keep(media: str, world: World) -> tuple[str, str]:
    """Put an upload on the shelf; what cannot be read here is kept as a picture of its name."""
    from runware_nb.sandbox.samples import image

    found = inputs.source(media, world.shelf)
    data = found.read() if found and found.read else image.placeholder(media[:120])
    known = format_of(data[:512])
    file = world.shelf.add(lambda: data, known.extension if known else "jpg")
    return file.uuid, world.shelf.url(file)


def _model_search(task: Mapping[str, Any], world: World, _: Push | None) -> Frame:
    words = str(task.get("search") or "").lower().split()
    rows = [row for row in _models(world) if all(w in f"{row['air']} {row['name']}".lower() for w in words)]
    for key in ("category", "architecture"):
        if asked := task.get(key):
            rows = [r for r in rows if r[key] == asked]
    if asked := task.get("capabilities"):
        rows = [r for r in rows if set(asked) & set(r["capabilities"])]
    if source := {"community": "community", "official": "featured"}.get(str(task.get("source"))):
        rows = [r for r in rows if r["source"] == source]
    if task.get("visibility") in {"private", "owned"}:
        rows = [r for r in rows if r["private"]]
    if str(task.get("sort", "")).lstrip("-") == "name":
        rows.sort(key=lambda r: r["name"], reverse=task["sort"].startswith("-"))
    first, count = int(task.get("offset") or 0), min(int(task.get("limit") or 20), _MOST_RESULTS)
    return _one(task, totalResults=len(rows), results=rows[first : first + count])


def _models(world: World) -> list[dict[str, Any]]:
    listed = [
        {
            "air": m.air,
            "name": m.name,
            "category": "checkpoint",
            "architecture": None,
            "capabilities": list(m.capabilities),
            "source": "community" if m.air.startswith("civitai:") else "featured",
            "heroImage": None,
            "private": False,
            "isFavorite": False,
            "provider": m.creator,
        }
        for m in world.catalog
    ]
    own = [
        {
            "air": air,
            "name": given.get("name", air),
            "category": given.get("category", "lora"),
            "architecture": given.get("architecture"),
            "capabilities": [],
            "source": "community",
            "heroImage": given.get("heroImageURL"),
            "private": bool(given.get("private", True)),
            "isFavorite": False,
        }
        for air, given in world.own_models.items()
    ]
    return [*own, *listed, *(row for row in community.rows() if row["air"] not in world.catalog.names)]


def _model_upload(task: Mapping[str, Any], world: World, push: Push | None) -> Frame:
    """Accept a model; nothing is downloaded. Its states follow one another as a result's latency has it."""
    for name in ("category", "architecture", "format", "name", "version", "downloadURL"):
        _need(task, name)
    world.uploads[_need(task, "taskUUID")] = (dict(task), world.clock.now())
    if task.get("air"):
        world.own_models[str(task["air"])] = dict(task)
    if push is None:
        return _one(task, status="processing", message="Model upload started.")

    async def pushing() -> None:
        for step in range(len(_UPLOAD_STEPS)):
            await world.clock.sleep(_upload_pace(world))
            push({"data": [_upload_frame(task, step)]})

    world.desk.spawn(pushing())
    return {"data": [], "errors": []}


def _upload_pace(world: World) -> float:
    return world.options.latency[1] / 2


def _upload_frame(task: Mapping[str, Any], step: int) -> Frame:
    status, message = _UPLOAD_STEPS[step]
    air = {"air": task["air"]} if task.get("air") else {}
    return {"taskType": "modelUpload", "taskUUID": task["taskUUID"], "status": status, "message": message, **air}


def _upload_status(upload: tuple[Mapping[str, Any], float], world: World) -> Frame:
    task, started = upload
    pace = _upload_pace(world)
    step = int((world.clock.now() - started) / pace) if pace else len(_UPLOAD_STEPS)
    return _upload_frame(task, min(step, len(_UPLOAD_STEPS) - 1))


def _account(task: Mapping[str, Any], world: World, _: Push | None) -> Frame:
    operation = task.get("operation", "getDetails")
    if operation == "getDetails":
        return _one(task, operation=operation, **world.account.details(as_object=world.options.balance_as_object))
    allowed = ["getDetails", "getUsageActivity", "getUsagePerformance", "getUsageErrors"]
    if operation not in allowed:
        said = "Invalid value for 'operation'."
        raise Refused(
            error("invalidOperation", said, task, parameter="operation", type="string", allowedValues=allowed)
        )
    first, last = _period(task, world)
    details = world.account.details(as_object=world.options.balance_as_object)
    usage = world.account.usage(first, last, list(task.get("models") or ()), list(task.get("groupBy") or ()))
    told = {"startDate": str(first), "endDate": str(last), **details, "usage": usage}
    return _one(task, operation=operation, **told)


def _period(task: Mapping[str, Any], world: World) -> tuple[date, date]:
    """Return the first and last day asked for: by default the last 30."""
    today = world.clock.utc().date()
    try:
        last = date.fromisoformat(str(task.get("endDate") or today)[:10])
        first = date.fromisoformat(str(task.get("startDate") or last - timedelta(LONGEST_PERIOD - 1))[:10])
    except ValueError:
        raise Refused(error("invalidDate", "A date is YYYY-MM-DD.", task, parameter=["startDate", "endDate"])) from None
    if not 0 <= (last - first).days <= LONGEST_PERIOD:
        said = f"A period is at most {LONGEST_PERIOD} days."
        raise Refused(error("invalidDateRange", said, task, parameter=["startDate", "endDate"]))
    return first, last


UTILITIES: Final[Mapping[str, Callable[[Mapping[str, Any], World, Push | None], Frame]]] = {
    "authentication": _authentication,
    "ping": _ping,
    "getResponse": _get_response,
    "getTaskDetails": _get_task_details,
    "mediaStorage": _media_storage,
    "imageUpload": _image_upload,
    "modelSearch": _model_search,
    "modelUpload": _model_upload,
    "accountManagement": _account,
}
