"""Cache: results that are here already, found by what decides them, so that nothing is paid for twice.

The key is the task as it is resolved: its type, model and parameters, its media by their content, and the API it
goes to. The cell, the variable and the UUID are not in it, so editing or moving a cell never bills again. Under
one key lie samples, in the order in which they came: asking for six where four are makes two.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from runware_nb.api import inputs, wire
from runware_nb.api.results import Asset, Result
from runware_nb.api.tasks import Task
from runware_nb.memory.ledger import Ledger, Row

VERSION: Final = 1
# What does not decide what is made: how it is delivered, how many at once, and what is told besides.
_NOT_DECIDING: Final = frozenset(
    {"taskUUID", "deliveryMethod", "webhookURL", "includeCost", "includeUsage", "uploadEndpoint", "ttl", "outputType"}
    | {row.count for row in wire.TASK_TYPES if row.count}
)


def fingerprint(task: Mapping[str, Any], api: str) -> str:
    """Return the key of a task, as 64 hex digits.

    Parameters
    ----------
    task
        As it is checked, before its media are uploaded.
    api
        Name of the API it goes to: `Endpoint.name`.
    """
    deciding = {k: _content(v) for k, v in task.items() if k not in _NOT_DECIDING}
    text = json.dumps([VERSION, api, deciding], sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _content(value: Any) -> Any:
    """Put the digest of its bytes in the place of each of the media."""
    if inputs.is_media(value):
        return {"sha256": hashlib.sha256(inputs.read(value)[0]).hexdigest()}
    if isinstance(value, Mapping):
        return {k: _content(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_content(v) for v in value]
    return value


@dataclass(frozen=True, slots=True)
class Share:
    """A task, parted into what is here and what is to be made.

    Parameters
    ----------
    asked
        The task as asked.
    fingerprint
        Its key.
    hits
        Results that are here, as results of this task.
    sent
        The task for what is missing, under the same UUID; None if nothing is, or a twin makes it.
    twin
        UUID of an equal task of the same run, whose results serve this one too.
    """

    asked: Task
    fingerprint: str
    hits: tuple[Result, ...] = ()
    sent: Task | None = None
    twin: str | None = None


async def part(
    tasks: Sequence[tuple[Task, str]], mode: str, ledger: Ledger, folder: Path, *, again: bool = False
) -> list[Share]:
    """Part tasks, each given with its key, into what is here and what is to be made.

    Files that lie in the folder of another notebook are brought into this one.

    Parameters
    ----------
    tasks, mode, ledger, folder
        What is asked for, how the cache is used, and where it looks.
    again
        Whether the tasks may have been sent before under these very UUIDs. What they made then is theirs, whatever the
        mode: paid for by them, and so not `cached`. Not all of it being here, they are sent again as they were.
    """
    largest: dict[str, Task] = {}
    for task, key in tasks if mode != "off" else ():
        if task.task_type in wire.BY_NAME and (key not in largest or task.count > largest[key].count):
            largest[key] = task
    looks = mode not in {"off", "fresh"}
    wanted = {key for task, key in tasks if task.type is not None} if looks or again else ()
    rows = await ledger.samples(wanted) if wanted else {}

    def share(task: Task, key: str) -> Share:
        makes = largest.get(key, task)
        if makes is not task:
            return Share(task, key, twin=makes.task_uuid)
        if key not in rows:
            return Share(task, key, sent=task)
        here = _kept(task, rows[key], folder, again=again)
        own = [result for result in here if not result.cached]
        before = [result for result in here if result.cached] if looks else []
        return _own(task, key, before, own) if own else _share(task, key, before)

    return await asyncio.to_thread(lambda: [share(task, key) for task, key in tasks])


def _own(task: Task, key: str, before: Sequence[Result], own: Sequence[Result]) -> Share:
    """Share out a task that was sent before, part of which is here: all of it, or what was here when it was sent."""
    before = before[: max(0, task.count - len(own))]
    whole = len(before) + len(own) >= task.count or (task.type is not None and task.type.count_is_bound)
    hits = [replace(result, index=n) for n, result in enumerate([*before, *own][: task.count] if whole else before)]
    sent = None if whole else _topping_up(task, len(before), task.count - len(before))
    return Share(task, key, tuple(hits), sent)


def _share(task: Task, key: str, here: Sequence[Result]) -> Share:
    hits = tuple(here[: task.count])
    missing = task.count - len(hits)
    if task.type and task.type.count_is_bound and hits:
        missing = 0
    return Share(task, key, hits, _topping_up(task, len(hits), missing) if missing else None)


def _topping_up(task: Task, have: int, missing: int) -> Task:
    """Return the task for the samples that are missing. A seed moves on past those that are here."""
    if not have:
        return task
    changes: dict[str, Any] = {task.type.count: missing} if task.type and task.type.count else {}
    seed = task.to_wire().get("seed")
    if isinstance(seed, int):
        changes["seed"] = seed + have
    return task.but(**changes)


def _kept(task: Task, rows: Sequence[Row], folder: Path, *, again: bool) -> list[Result]:
    """Return the samples whose files are all still there, as results of a task, with them in a folder.

    They are `cached`, but for those of the task itself, if it may have been sent before: `again`.
    """
    found: list[Result] = []
    for request, item, _, files, sandbox, latency in rows:
        result = restored(task, len(found), json.loads(item), json.loads(files), sandbox=sandbox, latency=latency)
        assets = [_here(asset, folder) for asset in result.assets]
        if all(asset.path for asset in assets):
            own = again and json.loads(request).get("taskUUID") == task.task_uuid
            found.append(replace(result, assets=tuple(assets), cached=not own))
    return found


def _here(asset: Asset, folder: Path) -> Asset:
    """Return an asset whose file is in a folder: there already under its name, or linked or copied there."""
    if asset.path is None:
        return asset
    place = folder / asset.path.name
    if place.absolute() == asset.path or place.is_file():
        return replace(asset, path=place if place.is_file() else None)
    if not asset.path.is_file():
        return replace(asset, path=None)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        place.hardlink_to(asset.path)
    except OSError:  # another disk, or one without links
        partial = place.with_name(f".{place.name}.{uuid.uuid4().hex}.part")
        shutil.copyfile(asset.path, partial)
        partial.replace(place)
    return replace(asset, path=place)


def restored(
    task: Task,
    index: int,
    item: Mapping[str, Any],
    files: Sequence[Mapping[str, Any]],
    *,
    sandbox: bool,
    latency: float | None = None,
    cached: bool = False,
) -> Result:
    """Make a result of its row in the ledger."""
    assets = tuple(Asset(**{**file, "path": Path(file["path"]) if file["path"] else None}) for file in files)
    return Result(task, index, item, assets, latency, bool(sandbox), cached)
