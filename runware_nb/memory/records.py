"""Records: a run as lines of JSON, one a result, failure or open task: its request, its response, and where both stand.

They go into files for others, so they hold no key and no address that lets others write. What comes back may be from
anybody: of the files that it names only those are taken that lie in folders the caller allows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from runware_nb.api.results import Asset, Result
from runware_nb.api.runs import Run
from runware_nb.api.tasks import Task
from runware_nb.errors import UsageError
from runware_nb.memory import manifest, parcels
from runware_nb.memory.ledger import file_of

VERSION: Final = 1


def records(run: Run) -> Iterator[dict[str, Any]]:
    """Return a run as records, in the order of its frame, and then the tasks that came to nothing."""
    places = {task.task_uuid: n for n, task in enumerate(run.tasks)}
    tasks = {task.task_uuid: task for task in run.tasks}
    whole = {
        "name": run.name, "started": run.started and run.started.isoformat(), "notebook": run.notebook,
        "finished": run.finished and run.finished.isoformat(), "cell": run.cell,
        "steps": {name: list(needs) for name, needs in run.steps.items()},
    }  # fmt: skip

    def record(uuid: str, **facts: Any) -> dict[str, Any]:
        told = {
            "version": VERSION, "run": whole, "place": places.get(uuid, 0), "stage": run.stages.get(uuid),
            "request": tasks[uuid].to_wire() if uuid in tasks else {"taskType": "", "taskUUID": uuid},
            "axes": run.axes.get(uuid), **facts,
        }  # fmt: skip
        shared: dict[str, Any] = manifest.shareable(json.loads(json.dumps(told, default=parcels.told)))
        return shared

    for result in run.results:
        yield record(
            result.task.task_uuid, index=result.index, response=dict(result.wire), latency=result.latency,
            sandbox=result.sandbox, cached=result.cached,
            files=[{**file_of(a), "problem": a.problem} for a in result.assets],
        )  # fmt: skip
    for uuid, error in run.problems:
        yield record(uuid, error=parcels.problem(error))
    for task in run.unfinished:
        yield record(task.task_uuid)
    rows = {r.task.task_uuid for r in run.results} | {uuid for uuid, _ in run.problems}
    rows |= {task.task_uuid for task in run.unfinished}
    for uuid in tasks:
        if uuid not in rows:
            yield record(uuid)


def lines(run: Run) -> Iterator[str]:
    """Return a run as JSON, a record a line."""
    for told in records(run):
        yield json.dumps(told, separators=(",", ":"))


def run_of(told: Iterable[Mapping[str, Any]], folders: Sequence[Path]) -> Run:
    """Make a run of its records again. Nothing is sent, and nothing is written down.

    Parameters
    ----------
    told
        The records.
    folders
        Where its files may lie. A file elsewhere, or gone, is left out.

    Raises
    ------
    UsageError
        When they are no records, or of a later version.
    """
    several = list(told)
    try:
        if several and several[0]["version"] > VERSION:
            raise UsageError("it was written by a later version: upgrade runware-nb.")
        return _run(sorted(several, key=lambda t: (t["place"], t.get("index") or 0)), folders)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UsageError("there are no requests and responses of a run in it, or they are damaged.") from None


def _run(several: Sequence[Mapping[str, Any]], folders: Sequence[Path]) -> Run:
    tasks: dict[str, Task] = {}
    for told in several:
        task = Task.of(dict(told["request"]))
        tasks.setdefault(task.task_uuid, task)
    if not several:
        return Run()
    whole = several[0]["run"]
    with_uuid = [(str(told["request"]["taskUUID"]), told) for told in several]
    return Run(
        tuple(tasks.values()),
        tuple(_result(tasks[uuid], told, folders) for uuid, told in with_uuid if "response" in told),
        tuple((uuid, parcels.error_of(uuid, told["error"])) for uuid, told in with_uuid if "error" in told),
        {uuid: told["stage"] for uuid, told in with_uuid if told["stage"]},
        started=parcels.moment(whole["started"]),
        finished=parcels.moment(whole["finished"]),
        name=whole["name"],
        axes={uuid: dict(told["axes"]) for uuid, told in with_uuid if told["axes"]},
        steps={str(step): [str(n) for n in needs] for step, needs in whole["steps"].items()},
        notebook=whole["notebook"],
        cell=whole["cell"],
    )


def _result(task: Task, told: Mapping[str, Any], folders: Sequence[Path]) -> Result:
    assets = tuple(Asset(**{**file, "path": _allowed(file["path"], folders)}) for file in told["files"])
    result = Result(task, int(told["index"]), dict(told["response"]), assets, told["latency"])
    return replace(result, sandbox=bool(told["sandbox"]), cached=bool(told["cached"]))


def _allowed(path: str | None, folders: Sequence[Path]) -> Path | None:
    """Return a file if it lies right in one of the folders, by its name there: the folder may have been moved."""
    if path is None:
        return None
    name = Path(path).name
    return next((folder / name for folder in folders if (folder / name).is_file()), None)
