"""Session: the way of a task through the house. It composes client, catalogue, store and ledger, and that is all.

check -> upload inputs -> write down -> send -> fold events into a `Run` -> keep files -> close the rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from weakref import WeakKeyDictionary

from runware_nb.api import inputs, wire
from runware_nb.api.client import TIMEOUT, Runware, with_delivery
from runware_nb.api.results import Result
from runware_nb.api.runs import Accepted, Arrived, Closed, Event, Refused, Run
from runware_nb.api.tasks import Task
from runware_nb.catalog import Catalog, asking, bundled, prices
from runware_nb.memory.ledger import Ledger
from runware_nb.memory.store import LARGEST, Store
from runware_nb.settings import OUTPUTS, Endpoint, home

Watch = Callable[[Run], None]
Asked = Mapping[str, Any] | Task


class Session:
    """One API, one folder, one ledger, and the runs made so far.

    Parameters
    ----------
    place
        Where the API is, and the key.
    folder
        Where media go: `runware_outputs` in the current folder, which in a notebook is the notebook's.
    ledger
        The ledger file; `ledger.sqlite` in the user's data folder.
    catalog
        The models known.
    timeout
        Seconds a task may take before waiting for it ends.
    """

    def __init__(
        self,
        place: Endpoint,
        *,
        folder: Path | None = None,
        ledger: Path | None = None,
        catalog: Catalog | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self.endpoint = place
        self.runs: list[Run] = []
        self.timeout = timeout
        self.catalog = bundled() if catalog is None else catalog
        self._store = Store(Path(OUTPUTS) if folder is None else folder)
        self._ledger = Ledger(home() / "ledger.sqlite" if ledger is None else ledger)
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Runware] = WeakKeyDictionary()
        self._uploaded: dict[int, str] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections of this loop, and the ledger."""
        if client := self._clients.pop(asyncio.get_running_loop(), None):
            await client.close()
        self._ledger.close()

    @property
    def client(self) -> Runware:
        """The client of the running event loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = Runware.at(self.endpoint, timeout=self.timeout)
        return self._clients[loop]

    @property
    def df(self) -> Any:
        """All outputs of this session as a pandas DataFrame; columns as in `Run.df`."""
        from runware_nb.compare.frames import frame

        return frame(self.runs)

    @property
    def cost(self) -> float | None:
        """USD billed in this session. The sandbox bills nothing; None when one price is unknown."""
        costs = [run.cost for run in self.runs]
        return None if any(c is None for c in costs) else sum(c for c in costs if c is not None)

    def check(self, tasks: Sequence[Asked]) -> list[dict[str, Any]]:
        """Return tasks as they would be sent, or refuse the first that is wrong. Nothing is sent.

        Raises
        ------
        UsageError
            With all that is wrong with a task, in one line.
        """
        return [self._with_cost(asking.check(_as_dict(task), self.catalog)) for task in tasks]

    async def run(
        self,
        tasks: Sequence[Asked],
        *,
        name: str | None = None,
        watch: Watch | None = None,
        timeout: float | None = None,
    ) -> Run:
        """Send tasks, keep what they make, and return the run.

        Parameters
        ----------
        tasks
            Dicts as the API's docs show them, whose media may be files, pictures or earlier results; or `Task`s.
        name
            What the user calls the run.
        watch
            Called with the run after each thing that happens.
        timeout
            Seconds a task may take before waiting for it ends; the session's if not given.

        Raises
        ------
        UsageError
            When a task is wrong: then none was sent.
        ApiError, Unreachable
            When nothing was made. The run is its attribute `run`.
        asyncio.CancelledError
            When waiting was cancelled. What had arrived is in `runs`; the tasks run on, and are in the ledger.
        """
        checked = self.check(tasks)
        ready = [with_delivery(Task.of(await self._settled(task))) for task in checked]
        await self._ledger.intend(
            [(t, self._estimate(t)) for t in ready if t.task_type not in wire.UTILITIES],
            self.endpoint.base_url,
            self._store.folder.absolute(),
        )
        progress = _Progress(Run.of(ready, name), self._store, self._ledger, self.client, watch)
        try:
            await self.client.perform(ready, progress.tell, timeout=timeout)
            await progress.settled()
        finally:
            run = progress.run.end()
            self.runs.append(run)
        if watch:
            watch(run)
        await self._ledger.settled()
        if run.problems and not run.results:
            error = run.problems[0][1]
            error.run = run  # type: ignore[attr-defined]
            raise error
        return run

    def _with_cost(self, task: dict[str, Any]) -> dict[str, Any]:
        """Ask for the price with every task that may."""
        model = self.catalog.get(task.get("model"))
        known = task.get("taskType") in wire.BY_NAME
        if "includeCost" in task or not known or (model and not model.takes("includeCost")):
            return task
        return {**task, "includeCost": True}

    def _estimate(self, task: Task) -> float | None:
        model = self.catalog.get(task.model)
        return prices.estimate(task, model.prices) if model else None

    async def _settled(self, task: dict[str, Any]) -> dict[str, Any]:
        settled: dict[str, Any] = await inputs.settle(task, self._upload, sandbox=self.endpoint.is_local)
        return settled

    async def _upload(self, data: bytes, mime: str) -> str:
        key = hash((data, mime))
        if key not in self._uploaded:
            self._uploaded[key] = await self.client.upload(inputs.data_uri(data, mime))
        return self._uploaded[key]


class _Progress:
    """A run on its way: folds events, keeps files as they come, and tells ledger and watcher."""

    def __init__(self, run: Run, store: Store, ledger: Ledger, client: Runware, watch: Watch | None) -> None:
        self.run = run
        self._store = store
        self._ledger = ledger
        self._client = client
        self._watch = watch
        self._keeping: dict[str, list[asyncio.Task[None]]] = {}
        self._utilities = {t.task_uuid for t in run.tasks if t.task_type in wire.UTILITIES}

    def tell(self, event: Event) -> None:
        """Take an event of the client. A result is folded in once its files are kept, its task closed after that."""
        match event:
            case Arrived(result):
                uuid = result.task.task_uuid
                keep = asyncio.ensure_future(self._keep(result))
                self._keeping.setdefault(uuid, []).append(keep)
            case Closed(uuid) if self._keeping.get(uuid):
                waiting = list(self._keeping[uuid])
                self._keeping[uuid].append(asyncio.ensure_future(self._close_after(event, waiting)))
            case _:
                self._fold(event)

    async def settled(self) -> None:
        """Wait until all files are kept."""
        while waiting := [t for tasks in self._keeping.values() for t in tasks]:
            self._keeping = {}
            await asyncio.gather(*waiting)

    async def _keep(self, result: Result) -> None:
        kept = await self._store.keep(result, self._fetch)
        self._fold(Arrived(kept))

    async def _close_after(self, event: Closed, waiting: Sequence[asyncio.Task[None]]) -> None:
        await asyncio.gather(*waiting)
        self._fold(event)

    async def _fetch(self, url: str, sink: Callable[[bytes], object]) -> None:
        await self._client.download(url, sink, limit=LARGEST)

    def _fold(self, event: Event) -> None:
        self.run = self.run.after(event)
        self._write_down(event)
        if self._watch:
            self._watch(self.run)

    def _write_down(self, event: Event) -> None:
        match event:
            case Accepted(uuid) if uuid not in self._utilities:
                self._ledger.accept(uuid)
            case Arrived(result) if result.task.task_uuid not in self._utilities:
                self._ledger.keep(result)
            case Refused(uuid, error) if uuid not in self._utilities:
                self._ledger.fail(uuid, error)
            case Closed(uuid):
                self._ledger.close_task(uuid)
            case _:
                pass


def _as_dict(task: Asked) -> dict[str, Any]:
    return task.to_wire() if isinstance(task, Task) else Task.of(task).to_wire() | dict(task)
