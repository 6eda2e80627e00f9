"""Parcel: a run in one ZIP, which goes from notebook to notebook and from person to person.

`run.json` tells of its tasks, results and problems, a result as the manifest does; beside it lie the files. It holds no
key, and no address that lets others write. What is opened may come from anybody: files are read in pieces, inspected
and named by their content like those of the API, and nothing else in the ZIP is touched.

It holds nothing of the moment and machine it is written on, so equal runs make files of equal bytes.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, get_args

from runware_nb import errors
from runware_nb.api.results import Asset, Result
from runware_nb.api.runs import Arrived, Event, Refused, Run, Stage
from runware_nb.api.tasks import Task
from runware_nb.errors import BadAsset, RunwareError, UsageError
from runware_nb.memory import manifest
from runware_nb.memory.ledger import file_of, written
from runware_nb.memory.store import Store

SUFFIX: Final = ".runware.zip"
VERSION: Final = 1
_PLAN: Final = "run.json"
_LARGEST_PLAN: Final = 200_000_000
"""Bytes of `run.json`: a run of 100,000 results has less."""
_PIECE: Final = 1 << 20
_UNIX: Final = 3
_STAGES: Final = frozenset(get_args(Stage))
_EARLIEST: Final = datetime(1980, 1, 1, tzinfo=UTC)
"""The first moment that a ZIP can tell of."""


def pack(run: Run, target: Path, fingerprint: Callable[[Task], str], place: str) -> int:
    """Write a run and its files into a new ZIP, and return how many files it holds. Equal runs make equal bytes.

    Parameters
    ----------
    run
        The run. Files that are gone are left out, and told as such.
    target
        Where to; nothing is overwritten.
    fingerprint
        Gives the key of a task in the cache.
    place
        What the cache calls the API.

    Raises
    ------
    FileExistsError
        When the target is there already.
    """
    files = {a.path.name: a.path for r in run.results for a in r.assets if a.path and a.path.is_file()}
    moment = run.finished or run.started or _EARLIEST
    plan = {
        "version": VERSION,
        "name": run.name,
        "started": run.started and run.started.isoformat(),
        "finished": run.finished and run.finished.isoformat(),
        "notebook": run.notebook,
        "cell": run.cell,
        "tasks": [{"request": t.to_wire(), "axes": run.axes.get(t.task_uuid, {})} for t in run.tasks],
        "stages": dict(run.stages),
        "steps": {name: list(needs) for name, needs in run.steps.items()},
        "results": [_entry(r, fingerprint(r.task), place, moment) for r in run.results],
        "problems": [{"uuid": uuid, **problem(error)} for uuid, error in run.problems],
    }
    try:
        with zipfile.ZipFile(target, "x", zipfile.ZIP_STORED) as archive:
            text = json.dumps(manifest.shareable(plan), default=told, indent=1)
            archive.writestr(_member(_PLAN, moment), text, zipfile.ZIP_DEFLATED)
            for name, path in files.items():
                member = _member(name, moment)
                member.file_size = path.stat().st_size  # tells whether it must be one of above 2 GB
                with path.open("rb") as source, archive.open(member, "w") as packed:
                    shutil.copyfileobj(source, packed, _PIECE)
    except FileExistsError:
        raise
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return len(files)


async def unpack(source: Path, store: Store) -> tuple[Run, list[dict[str, Any]]]:
    """Keep the files of a parcel, and return its run and its results as the manifest would tell of them.

    Raises
    ------
    UsageError
        When it is no parcel, or a damaged one.
    """
    try:
        with _opened(source) as archive:
            plan = await asyncio.to_thread(_plan, archive)
            run = _bare(plan)
            results = [await _kept(entry, run, archive, store) for entry in plan["results"]]
    except FileNotFoundError:
        raise UsageError(f"there is no file {source}.") from None
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, RecursionError, NotImplementedError):
        raise UsageError(f"{source.name} is no run that %runware save wrote, or it is damaged.") from None
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}.") from None
    entries = [_moved(e, r) for e, r in zip(plan["results"], results, strict=True)]
    events: list[Event] = [Arrived(r) for r in results]
    events += [Refused(p["uuid"], error_of(p["uuid"], p)) for p in plan["problems"]]
    for event in events:
        run = run.after(event)
    # What was saved before stages were told has those that follow from what came of it.
    stages = {**run.stages, **{u: s for u, s in plan.get("stages", {}).items() if u in run.stages and s in _STAGES}}
    return replace(run, stages=stages, finished=moment(plan["finished"])), entries


def _member(name: str, moment: datetime) -> zipfile.ZipInfo:
    """Name a file of the ZIP, as written at a moment on no machine in particular."""
    when = max(moment.astimezone(UTC), _EARLIEST)
    member = zipfile.ZipInfo(name, when.timetuple()[:6])
    member.create_system, member.external_attr = _UNIX, 0o644 << 16
    return member


def _opened(source: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(source.expanduser())


def _plan(archive: zipfile.ZipFile) -> dict[str, Any]:
    info = archive.getinfo(_PLAN)
    if info.file_size > _LARGEST_PLAN:
        raise ValueError(_PLAN)
    plan = json.loads(archive.read(info))
    if plan["version"] != VERSION:
        raise UsageError(f"it was saved by a later version ({str(plan['version'])[:20]}): upgrade runware-nb.")
    return dict(plan)


def _bare(plan: Mapping[str, Any]) -> Run:
    """Make the run as it was before anything came."""
    tasks = [Task.of(dict(t["request"])) for t in plan["tasks"]]
    name = plan["name"] if isinstance(plan["name"], str) else None
    run = Run.of(tasks, name, [dict(t["axes"]) for t in plan["tasks"]])
    steps = {str(step): [str(n) for n in needs] for step, needs in plan["steps"].items()}
    notebook, cell = (t if isinstance(t, str) else None for t in (plan.get("notebook"), plan.get("cell")))
    return replace(run, started=moment(plan["started"]), steps=steps, notebook=notebook, cell=cell)


async def _kept(entry: Mapping[str, Any], run: Run, archive: zipfile.ZipFile, store: Store) -> Result:
    """Make a result, and have its files kept as if they came from the API."""
    uuid = str(entry["uuid"])
    task = next((t for t in run.tasks if t.task_uuid == uuid), None)
    if task is None:
        raise ValueError(uuid)
    files = [Asset(**{**f, "path": None}) for f in entry["files"]]
    names = [f["path"] for f in entry["files"]]
    packed = [replace(a, url=n, data=None) for a, n in zip(files, names, strict=True) if isinstance(n, str)]
    result = Result(task, int(entry["number"]), dict(entry["item"]), tuple(packed), entry["latency"])
    result = replace(result, sandbox=bool(entry["sandbox"]), cached=bool(entry.get("cached", True)))

    async def fetch(name: str, take: Callable[[bytes], object]) -> None:
        try:
            with archive.open(name) as file:
                while piece := await asyncio.to_thread(file.read, _PIECE):
                    take(piece)
        except (KeyError, zipfile.BadZipFile, EOFError):
            raise BadAsset(f"the file {name[:60]!r} is missing or damaged in what was saved.") from None

    here = iter((await store.keep(result, fetch)).assets)
    kept = [replace(next(here), url=a.url) if isinstance(n, str) else a for a, n in zip(files, names, strict=True)]
    return replace(result, assets=tuple(kept))


def _entry(result: Result, fingerprint: str, place: str, moment: datetime) -> dict[str, Any]:
    """Tell of a result as the manifest does. When each arrived the run does not know, but when all had."""
    task, when = result.task, written(moment)
    files = [
        {**file_of(a), "path": a.path.name if a.path and a.path.is_file() else None, "problem": a.problem}
        for a in result.assets
    ]
    return {
        "uuid": task.task_uuid, "number": result.index, "base_url": place, "created": when, "arrived": when,
        "task_type": task.task_type, "model": task.model, "request": task.to_wire(), "fingerprint": fingerprint,
        "cost": 0, "sandbox": result.sandbox, "latency": result.latency, "item": dict(result.wire), "files": files,
        "cached": result.cached,
    }  # fmt: skip


def _moved(entry: Mapping[str, Any], result: Result) -> dict[str, Any]:
    """Tell of a result where its files are now. It cost its price elsewhere, and nothing here."""
    named = [{**file_of(a), "path": a.path.name if a.path else None} for a in result.assets]
    return {**entry, "cost": 0, "files": named}


def problem(error: RunwareError) -> dict[str, Any]:
    """Tell of an error."""
    code = getattr(error, "code", None)
    return {"kind": type(error).__name__, "message": str(error), "code": code}


def error_of(uuid: str, told: Mapping[str, Any]) -> RunwareError:
    """Make the error that was told of; of a kind nobody knows, one of the tree's root."""
    kind, message = str(told["kind"]), str(told["message"])
    if isinstance(told["code"], str):
        return errors.classify(told["code"])(message, code=told["code"], task_uuids=[uuid])
    known = getattr(errors, kind, None) if kind in errors.__all__ else None
    with suppress(TypeError):
        if known is not None:
            return known(message, task_uuids=[uuid])  # type: ignore[no-any-return]
    return RunwareError(message, task_uuids=[uuid])


def moment(told: Any) -> datetime | None:
    """Read a time that was told of."""
    return datetime.fromisoformat(told) if isinstance(told, str) else None


def told(value: Any) -> str:
    """Tell of what a task holds before it is sent: a picture, a file, a result."""
    return value.name if isinstance(value, Path) else type(value).__name__
