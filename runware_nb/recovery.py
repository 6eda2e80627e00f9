"""Recovery: bringing back what was paid for and never seen. The journal is the ledger.

For each task whose outcome nobody has seen: `getResponse`, then `getTaskDetails`. What the API has comes back and is
kept; what never reached it cost nothing; what it took and no longer has is named, with its UUID and likely price.
Files that could not be kept are fetched again, under a new link if the old one has died.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from runware_nb.api.client import Runware
from runware_nb.api.results import Frame, Result, is_finished
from runware_nb.api.runs import Accepted, Arrived, Closed, Event, Refused
from runware_nb.api.tasks import Task
from runware_nb.errors import ApiError, NotFound, RunwareError, Unreachable
from runware_nb.memory.cache import restored
from runware_nb.memory.ledger import Ledger, Open
from runware_nb.memory.store import LARGEST, Store
from runware_nb.progress import Progress

_AT_ONCE: Final = 16
"""Tasks whose records are asked for at once: a thousand that never left are soon known."""
KEPT_FOR: Final = timedelta(days=7)
"""How long the API keeps results: https://runware.ai/docs (2026)."""


async def collect(opened: Sequence[Open], client: Runware, progress: Progress, ledger: Ledger) -> None:
    """Fetch what became of open tasks, and tell it to a run of them."""
    known = {o.task.task_uuid: o for o in opened}
    lost: list[Open] = []
    good: set[str] = set()

    def tell(event: Event) -> None:
        match event:
            case Refused(uuid, NotFound(), _):
                lost.append(known[uuid])
            case Closed(uuid) if any(o.task.task_uuid == uuid for o in lost):
                pass
            case Accepted():
                pass
            case _:
                if isinstance(event, Arrived):
                    good.add(event.result.task.task_uuid)
                progress.tell(event)

    await client.collect([o.task for o in opened], tell)
    gate = asyncio.Semaphore(_AT_ONCE)

    async def ask(one: Open) -> None:
        async with gate:
            await _from_details(one, client, progress, good)

    await asyncio.gather(*map(ask, lost))
    await progress.settled()
    for uuid in good:
        ledger.recover(uuid)


async def _from_details(one: Open, client: Runware, progress: Progress, good: set[str]) -> None:
    """Ask for the record of a task that polling no longer finds. Without a clear answer its outcome stays open."""
    uuid = one.task.task_uuid
    results: list[Result] = []
    problem: RunwareError = Unreachable(f"the API does not tell yet what became of task {uuid}.")
    try:
        results, problems = await details(one.task, client)
        problem = next(iter(problems), problem)
    except NotFound:
        problem = _gone(one)
    except RunwareError as error:
        problem = Unreachable(f"task {uuid} could not be asked about: {error}")
    for result in results:
        good.add(uuid)
        progress.tell(Arrived(result))
    if not results:
        progress.tell(Refused(uuid, problem.about(uuid)))
    progress.tell(Closed(uuid))


async def details(task: Task, client: Runware) -> tuple[list[Result], list[ApiError]]:
    """Return the results and errors in the API's record of a task.

    Raises
    ------
    ApiError, Unreachable
        When the API gives no record.
    """
    records = await client.run({"taskType": "getTaskDetails", "taskUUID": task.task_uuid})
    found: dict[int, Result] = {}
    problems: list[ApiError] = []
    for record in (r for r in records if r.get("taskUUID") == task.task_uuid):
        frame = Frame.read(record.get("response"))
        problems += frame.problems
        for position, item in enumerate(filter(is_finished, frame.items)):
            index = item.get("resultIndex")
            number = index if isinstance(index, int) else position
            found.setdefault(number, Result.of(task, number, item, sandbox=record.sandbox))
    return list(found.values()), problems


def _gone(one: Open) -> NotFound:
    uuid = one.task.task_uuid
    if one.state == "intended":
        return NotFound(f"task {uuid} never reached the API: it did not run and cost nothing.", task_uuids=[uuid])
    price = "an unknown price" if one.price is None else f"about ${one.price:.4f}"
    return NotFound(f"task {uuid} ({price}) is no longer kept by the API.", task_uuids=[uuid])


async def refetch(api: str, client: Runware, ledger: Ledger) -> list[Result]:
    """Fetch the files again that could not be kept, and return the results that are whole now."""
    since = (datetime.now(UTC) - KEPT_FOR).isoformat()
    whole = []
    for request, item, number, files, folder, sandbox in await ledger.missing_files(api, since):
        task = Task.of(json.loads(request))
        result = restored(task, number, json.loads(item), json.loads(files), sandbox=sandbox)
        store = Store(Path(folder))
        kept = await store.keep(result, _fetcher(client))
        if any(asset.path is None for asset in kept.assets) and (again := await _anew(task, number, client)):
            kept = await store.keep(again, _fetcher(client))
        if all(asset.path is not None for asset in kept.assets):
            ledger.keep(kept)
            whole.append(kept)
    return whole


async def _anew(task: Task, number: int, client: Runware) -> Result | None:
    """Ask for a result again, whose link may be signed anew."""
    found: list[Result] = []
    await client.collect([task], lambda e: found.append(e.result) if isinstance(e, Arrived) else None)
    return next((r for r in found if r.index == number), None)


def _fetcher(client: Runware) -> Any:
    async def fetch(url: str, sink: Any) -> Any:
        return await client.download(url, sink, limit=LARGEST)

    return fetch
