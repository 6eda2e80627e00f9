"""Session: the way of a task through the house. It composes client, catalogue, store and ledger, and that is all.

check -> part into what is here and what is to be made -> hold the caps -> upload inputs -> write down -> send ->
fold events into a `Run` -> keep files -> close the rows.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, Self
from weakref import WeakKeyDictionary, WeakSet

from runware_nb import places, recovery
from runware_nb.api import inputs, wire
from runware_nb.api.client import TIMEOUT, Runware
from runware_nb.api.results import Result
from runware_nb.api.runs import Arrived, Closed, Event, Run
from runware_nb.api.tasks import Task
from runware_nb.caps import Cap
from runware_nb.catalog import Catalog, asking, bundled, community, fetching, prices
from runware_nb.catalog.community import Community
from runware_nb.compare import costs
from runware_nb.compare.history import History, narrowed
from runware_nb.errors import BudgetExceeded, CacheMiss, RunwareError, UsageError
from runware_nb.estimates import Estimates
from runware_nb.loops import start
from runware_nb.memory import cache, manifest, parcels, queries
from runware_nb.memory.cache import Share
from runware_nb.memory.inventory import Kept, kept
from runware_nb.memory.ledger import Intent, Ledger, Open, Totals
from runware_nb.memory.mirror import Mirror
from runware_nb.memory.queries import Part
from runware_nb.memory.store import Store
from runware_nb.progress import Progress, Watch
from runware_nb.reprs import Drawn
from runware_nb.settings import OUTPUTS, Endpoint, cache_mode, home

_LARGEST_PICTURE: Final = 8 << 20

Asked = Mapping[str, Any] | Task
_LONGEST_PERIOD: Final = 30
"""Days that the account tells of at once."""
MaxCost = float | Literal["none"] | None


@dataclass(frozen=True, slots=True)
class Line:
    """What a run would do for one task.

    Parameters
    ----------
    task
        The task, checked.
    make
        Results that would be made.
    here
        Results that are here already.
    usd
        Likely price of what would be made; None if unknown.
    bounds
        Lowest and highest price known for such a task; None if unknown.
    basis
        How the price is known: see `catalog.prices.Estimate`.
    """

    task: Task
    make: int
    here: tuple[Result, ...]
    usd: float | None
    bounds: tuple[float, float] | None
    basis: str = "unknown"


@dataclass(frozen=True, slots=True, repr=False)
class Quote(Drawn):
    """What a run would send, a line a task. Sums are over what has a known price.

    Parameters
    ----------
    lines
        The tasks.
    sandbox
        Whether the prices are play money.
    """

    lines: tuple[Line, ...]

    sandbox: bool = False

    def __repr__(self) -> str:
        unknown = f", {self.unpriced} of unknown price" if self.unpriced else ""
        return f"<Quote: {self.make} to make, {self.here} here, about ${self.usd:.4f}{unknown}>"

    @property
    def make(self) -> int:
        """How many results would be made."""
        return sum(line.make for line in self.lines)

    @property
    def here(self) -> int:
        """How many results are here already."""
        return sum(len(line.here) for line in self.lines)

    @property
    def usd(self) -> float:
        """Likely price in USD."""
        return sum(line.usd or 0 for line in self.lines)

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest price in USD."""
        known = [line.bounds for line in self.lines if line.bounds]
        return sum(low for low, _ in known), sum(high for _, high in known)

    @property
    def low(self) -> float:
        """Lowest price in USD."""
        return self.bounds[0]

    @property
    def likely(self) -> float:
        """Likely price in USD: the same as `usd`."""
        return self.usd

    @property
    def high(self) -> float:
        """Highest price in USD."""
        return self.bounds[1]

    @property
    def basis(self) -> str:
        """How the prices are known, of all tasks to be sent."""
        return ", ".join(dict.fromkeys(line.basis for line in self.lines if line.make)) or "nothing to be made"

    @property
    def unpriced(self) -> int:
        """Tasks to be sent whose price is unknown."""
        return sum(line.make > 0 and line.usd is None for line in self.lines)


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
        The models known; if not given, the catalogue in force, or for the built-in sandbox the one it has itself.
    timeout
        Seconds a task may take before waiting for it ends.
    transport
        How tasks are sent: see `Runware`.
    budget
        USD that may be spent in all, by estimates before and real prices after; None for no limit.
    budget_name
        Kernels and scripts that give the same name share one budget; else it is this session's own.
    confirm_above
        USD above which a run must be agreed to; None to never ask.
    tell
        Takes one line for the user.
    prepare
        Called in a thread with each result whose files are here, before it is told of; so that drawing it is quick.
    owner
        The process that tasks belong to in the ledger, if it is another than this: a kernel whose rows workers send.
    mirror
        Address that kept files are copied to as well: see `memory.mirror`.
    """

    def __init__(
        self,
        place: Endpoint,
        *,
        folder: Path | None = None,
        ledger: Path | None = None,
        catalog: Catalog | None = None,
        timeout: float = TIMEOUT,
        transport: str = "auto",
        budget: float | None = None,
        budget_name: str | None = None,
        confirm_above: float | None = None,
        tell: Callable[[str], object] = lambda _: None,
        prepare: Callable[[Result], object] | None = None,
        owner: str | None = None,
        mirror: str | None = None,
    ) -> None:
        self._prepare = prepare
        self._owner = owner
        self.confirm_above = confirm_above
        self.endpoint = place
        self._own_budget = f"session {os.urandom(8).hex()}"
        self.limit(budget, budget_name)
        self.runs: list[Run] = []
        self.timeout = timeout
        self.validate = True
        self._catalog = bundled() if catalog is None and place.sandbox else catalog
        self.transport = transport
        self._tell = tell
        self._store = Store(Path(OUTPUTS) if folder is None else folder)
        self._mirror = Mirror(mirror, tell) if mirror else None
        self._ledger = Ledger(home() / "ledger.sqlite" if ledger is None else ledger, tell)
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Runware] = WeakKeyDictionary()
        self._taught: WeakSet[Runware] = WeakSet()
        self._uploaded: dict[str, str] = {}
        self._estimates = Estimates(lambda: self.catalog, self._ledger, place.name)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def limit(self, usd: float | None, name: str | None = None) -> None:
        """Set the budget from now on: USD in all, or None; a name shares it with all who give that name."""
        self.budget = None if usd is None else (name or self._own_budget, usd)

    async def close(self) -> None:
        """Close the connections, and the ledger. Those of other loops are closed there, which is not waited for."""
        here = asyncio.get_running_loop()
        while self._clients:
            loop, client = self._clients.popitem()
            if loop is here:
                await client.close()
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(client.close(), loop)
        if self._mirror:
            self._mirror.close()
        self._ledger.close()

    @property
    def catalog(self) -> Catalog:
        """The models known."""
        return self._catalog or fetching.current()

    @property
    def client(self) -> Runware:
        """The client of the running event loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = Runware.at(
                self.endpoint, timeout=self.timeout, transport=self.transport, note=self._tell
            )
        self._clients[loop].transport = self.transport
        return self._clients[loop]

    @property
    def folder(self) -> Path:
        """Where media are kept."""
        return self._store.folder.absolute()

    @property
    def mirror(self) -> str | None:
        """Address that kept files are copied to as well."""
        return self._mirror.url if self._mirror else None

    @property
    def ledger(self) -> Path:
        """The ledger file."""
        return self._ledger.path.absolute()

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

    def check(self, tasks: Sequence[Asked], *, validate: bool | None = None) -> list[dict[str, Any]]:
        """Return tasks as they would be sent, or refuse the first that is wrong. Nothing is sent.

        Parameters
        ----------
        validate
            Whether their models' schemas are held to; the session's `validate` if not given. Without, the API judges.

        Raises
        ------
        UsageError
            With all that is wrong with a task, in one line.
        """
        strict = self.validate if validate is None else validate
        catalog = self.catalog
        return [self._with_cost(asking.check(_as_dict(task), catalog, strict=strict)) for task in tasks]

    async def run(
        self,
        tasks: Sequence[Asked],
        *,
        name: str | None = None,
        watch: Watch | None = None,
        timeout: float | None = None,
        mode: str = "use",
        max_cost: MaxCost = None,
        agreed: bool = False,
        axes: Sequence[Mapping[str, Any]] = (),
        validate: bool | None = None,
        remember: bool = True,
        shared: bool = False,
    ) -> Run:
        """Send tasks, keep what they make, and return the run. What is here already is shown at no cost.

        Parameters
        ----------
        tasks
            Dicts as the API's docs show them, whose media may be files, pictures or earlier results;
            or instances of `Task`.
        name
            What the user calls the run.
        watch
            Called with the run after each thing that happens.
        timeout
            Seconds a task may take before waiting for it ends; the session's if not given.
        mode
            How to use the cache: one of `settings.CACHE_MODES`.
        max_cost
            USD this run may cost at most; `"none"` to send what has no known price in spite of a budget.
        agreed
            Whether a person has agreed to the price. A `max_cost` is an agreement too.
        axes
            For each task, what it is on the axes of a sweep: name to value.
        validate
            As in `check`.
        remember
            Whether the run joins `runs`, and is made ready to be drawn. Thousands would fill the memory.
        shared
            Whether another process may have sent these very tasks, and be gone, or may send them too. What it sent is
            brought back by its UUID, and nothing is sent under another: so nothing runs twice.

        Raises
        ------
        UsageError
            When a task is wrong: then none was sent.
        CacheMiss
            In the mode `only`, when something is not here.
        BudgetExceeded
            When it would, or might, cost too much.
        ApiError, Unreachable
            When nothing was made. The run is its attribute `run`.
        asyncio.CancelledError
            When waiting was cancelled. What had arrived is in `runs`; the tasks run on, and are in the ledger.
        """
        checked = self.check(tasks, validate=validate)
        if shared:
            await self._adopt([str(task["taskUUID"]) for task in checked])
        shares = await self._parted(checked, mode, again=shared)
        sent = [share.sent for share in shares if share.sent]
        await self._estimates.learn(sent)
        cap = Cap.of(max_cost, {t.task_uuid: self.estimate(t) for t in sent})
        self._refuse_misses(mode, sent, cap)
        cap.hold([t for t in sent if t.task_type in wire.BY_NAME], budget=self.budget is not None)
        self._refuse_unagreed(cap, agreed=agreed or max_cost is not None)
        self.freshen(sent)
        self.client.ready()
        await self._learn()
        ready = await self.client.prepared([Task.of(await self._settled(t.to_wire())) for t in sent])
        keys = {s.asked.task_uuid: s.fingerprint for s in shares}
        place = places.here()
        run = Run.of([share.asked for share in shares], name, axes)
        run = replace(run, notebook=place.notebook, cell=place.cell)
        await self._ledger.intend(
            [Intent(t, keys[t.task_uuid], cap.prices[t.task_uuid]) for t in ready if t.task_type not in wire.UTILITIES],
            base_url=self.endpoint.name,
            folder=self._store.folder.absolute(),
            budget=self.budget,
            name=name,
            place=place,
            axes=run.axes,
            owner=self._owner,
        )
        progress = Progress(
            run,
            shares,
            store=self._store,
            ledger=self._ledger,
            client=self.client,
            watch=watch,
            prepare=self._prepare if remember else None,
            mirror=self._mirror,
        )
        try:
            await progress.begin()
            await self.client.perform(
                ready,
                progress.tell,
                timeout=timeout or self.timeout,
                admit=lambda several: cap.admit(several, progress.spent),
                shared=shared,
            )
            await progress.settled()
        finally:
            run = progress.run.end()
            if remember:
                self.runs.append(run)
        return await self._ended(run, watch)

    async def _learn(self) -> None:
        """Tell a new client how long tasks took before, so that it knows when to ask after them."""
        client = self.client
        if client not in self._taught:
            self._taught.add(client)
            for told in await self._ledger.latencies(self.endpoint.name):
                client.paces.learn(*told)

    def key(self, task: Task) -> str:
        """Return the key of a checked task in the cache, as 64 hex digits: equal tasks have equal keys."""
        return cache.fingerprint(task.to_wire(), self.endpoint.name)

    async def resume(self, *, watch: Watch | None = None, among: Collection[str] | None = None) -> Run:
        """Bring back what was paid for and never seen: after an interrupt, a dead kernel, a lost network, a full disk.

        Costs nothing: results are fetched by their UUIDs, never made again.

        Parameters
        ----------
        watch
            Called with the run after each thing that happens.
        among
            Keys of tasks (`key`): only those are brought back. All, if not given.

        Returns
        -------
        Run
            The tasks that were open and what came of them; and results whose files are whole again.
        """
        api = self.endpoint.name
        opened = [o for o in await self._ledger.open_tasks(api) if among is None or o.fingerprint in among]
        if among is not None and not opened:
            return Run()
        files = [] if among is not None else await recovery.refetch(api, self.client, self._ledger)
        return await self._brought_back(opened, files, watch)

    async def _adopt(self, uuids: Sequence[str]) -> None:
        """Bring back what another process sent under these UUIDs and has not seen the end of."""
        opened = await self._ledger.open_tasks(self.endpoint.name, named=uuids)
        if opened:
            await self._brought_back(opened, [], None, remember=False)

    async def _brought_back(
        self, opened: Sequence[Open], files: Sequence[Result], watch: Watch | None, *, remember: bool = True
    ) -> Run:
        tasks = {t.task_uuid: t for t in [*(r.task for r in files), *(o.task for o in opened)]}
        progress = Progress(
            Run.of(list(tasks.values()), "resumed"),
            [],
            store=self._store,
            ledger=self._ledger,
            client=self.client,
            watch=watch,
            prepare=self._prepare if remember else None,
            mirror=self._mirror,
        )
        for result in files:
            progress.show(Arrived(result))
        try:
            await recovery.collect(opened, self.client, progress, self._ledger)
        finally:
            run = progress.run.end()
            if remember:
                self.runs.append(run)
        await self._ledger.settled()
        return run

    async def quote(
        self, tasks: Sequence[Asked], mode: str = "use", *, dry_run: bool = False, validate: bool | None = None
    ) -> Quote:
        """Tell what a run would send and its likely price. Sends nothing; raises what `run` would of wrong tasks.

        Parameters
        ----------
        tasks, mode, validate
            As in `run`.
        dry_run
            Whether the API itself is asked for the price. Then tasks go to it marked as a dry run, and their media
            are uploaded, which is free; it runs and bills none.
        """
        shares = await self._parted(self.check(tasks, validate=validate), mode)
        sent = [share.sent for share in shares if share.sent]
        await self._estimates.learn(sent)
        self.freshen(sent)
        asked = [t for t in sent if t.task_type in wire.BY_NAME] if dry_run else []
        told = await self.client.dry_run([Task.of(await self._settled(t.to_wire())) for t in asked]) if asked else {}
        return Quote(tuple(self._line(share, told) for share in shares), self.endpoint.sandbox)

    def _line(self, share: Share, told: Mapping[str, float]) -> Line:
        """Tell of one task. A twin of another makes nothing, and a utility costs nothing."""
        sent = share.sent
        if sent is None:
            return Line(share.asked, 0, share.hits, 0.0, (0.0, 0.0), "here already")
        known = prices.dry(self._estimates.of(sent), told.get(sent.task_uuid))
        return Line(share.asked, sent.count, share.hits, known.likely, known.bounds, known.basis)

    async def search(self, words: str = "", **asked: Any) -> Community:
        """Ask the API for models, its community's among them: see `Models.search`. Free."""
        request = community.request(words, asked)
        (found, *_) = await self.client.run(request)
        return community.read(found.wire, " ".join(part for part in (words, asked.get("category") or "") if part))

    async def picture(self, url: str) -> bytes | None:
        """Fetch a picture that the content service named, in at most 3 seconds; None where that cannot be."""
        if not fetching.living().services.serves(self.endpoint):
            return None
        held = bytearray()
        try:
            async with asyncio.timeout(fetching.BOUND):
                await self.client.download(url, held.extend, limit=_LARGEST_PICTURE)
        except (RunwareError, TimeoutError):
            return None
        return bytes(held)

    def freshen(self, tasks: Sequence[Task] = ()) -> None:
        """Have the catalogue, and what is known of these tasks' models, asked for anew, in the background."""
        if self._catalog is None:
            fetching.freshen(self.endpoint, (t.model for t in tasks if t.model), start)

    def past(self, **conditions: Any) -> History:
        """Return the ledger, or the part of it that the conditions leave: see `runware_nb.history`."""
        return History(self._ledger, **narrowed(Part(), None, conditions))

    async def reckon(self, days: int) -> costs.Reckoning:
        """Set the ledger's sums of the last days against the account's: see `runware_nb.account`."""
        if not 1 <= days <= _LONGEST_PERIOD:
            raise UsageError(f"the account tells of 1 to {_LONGEST_PERIOD} days at once, not {days}.")
        last = datetime.now(UTC).date()
        first = last - timedelta(days=days - 1)
        asked = {
            "taskType": "accountManagement", "operation": "getUsageActivity", "startDate": first.isoformat(),
            "endDate": last.isoformat(), "groupBy": ["date"],
        }  # fmt: skip
        rows = None if cache_mode("use") == "only" else _daily(await self.client.run(asked))
        items = costs.of_ledger(await self._ledger.read(queries.heaps(Part(since=first, until=last))), {})
        own = [s for s in costs.grouped(items, ("day",)) if s.of[0] >= first.isoformat()]
        return costs.reckoned(own, rows, sandbox=self.endpoint.is_local)

    async def recall(self, beginning: str) -> Run:
        """Return what the tasks made whose UUID begins so, from the ledger and the folder. Costs nothing.

        Raises
        ------
        UsageError
            When no task of the ledger that made something begins so.
        """
        tasks: dict[str, Task] = {}
        results: list[Result] = []
        for request, item, number, files, sandbox, latency in await self._ledger.recall(beginning):
            task = Task.of(json.loads(request))
            task = tasks.setdefault(task.task_uuid, task)
            kept = cache.restored(task, number, json.loads(item), json.loads(files), sandbox=sandbox, latency=latency)
            results.append(replace(kept, cached=True))
        if not results:
            raise UsageError(f"the ledger knows no results of a task {beginning[:40]!r}: see %runware history.")
        run = Run.of(list(tasks.values()))
        events: list[Event] = [*map(Arrived, results), *map(Closed, tasks)]
        for event in events:
            run = run.after(event)
        return run.end()

    async def save(self, run: Run, target: Path) -> int:
        """Write a run and its files into a new ZIP, for another notebook or person, and return how many files it holds.

        Raises
        ------
        UsageError
            When the file is there already, or cannot be written.
        """
        try:
            return await asyncio.to_thread(parcels.pack, run, target, self.key, self.endpoint.name)
        except FileExistsError:
            raise UsageError(f"{target} is there already: choose another name.") from None
        except OSError as error:
            raise UsageError(f"{target} cannot be written: {error.strerror}.") from None

    async def load(self, source: Path) -> Run:
        """Return a run that was saved, as it was, with its files in this session's folder. It costs nothing.

        Raises
        ------
        UsageError
            When it is no such file, or a damaged one.
        """
        run, entries = await parcels.unpack(source, self._store)
        await self._ledger.restore(entries, self._store.folder)
        await asyncio.to_thread(manifest.append, self._store.folder, *entries)
        # It tells what it did cost; of this session that is nothing.
        self.runs.append(replace(run, results=tuple(replace(r, cached=True) for r in run.results)))
        return run

    async def rebuild(self) -> int:
        """Write down again what the manifest of the folder tells of and the ledger lacks, and return how many."""
        return await self._ledger.rebuild(self._store.folder)

    async def inventory(self) -> tuple[list[Kept], list[dict[str, Any]]]:
        """Return the kept files of this session's folder, and what the ledger knows of them."""
        folder = self._store.folder
        return await asyncio.to_thread(kept, folder), await self._ledger.kept_in(folder)

    async def totals(self) -> Totals:
        """Add up the ledger: spent, unknown, in flight, in doubt, saved, sandbox."""
        return await self._ledger.totals()

    async def _ended(self, run: Run, watch: Watch | None) -> Run:
        if watch:
            watch(run)
        await self._ledger.settled()
        if run.problems and not run.results:
            error = run.problems[0][1]
            error.run = run  # type: ignore[attr-defined]
            raise error
        return run

    async def _parted(self, checked: Sequence[dict[str, Any]], mode: str, *, again: bool = False) -> list[Share]:
        """Part tasks by the cache. Their media are still objects here, since the key holds their content."""
        tasks = [Task.of(task) for task in checked]
        keys = await asyncio.to_thread(lambda: [cache.fingerprint(t, self.endpoint.name) for t in checked])
        paired = list(zip(tasks, keys, strict=True))
        return await cache.part(paired, mode, self._ledger, self._store.folder, again=again)

    def _refuse_unagreed(self, cap: Cap, *, agreed: bool) -> None:
        if self.confirm_above is None or agreed or cap.estimate <= self.confirm_above:
            return
        raise BudgetExceeded(
            f"this would cost about ${cap.estimate:.4f}, and above ${self.confirm_above:.2f} it wants to be agreed to:"
            " give --max-cost (max_cost=). Nothing was sent."
        )

    def _refuse_misses(self, mode: str, sent: Sequence[Task], cap: Cap) -> None:
        missing = [t for t in sent if t.task_type in wire.BY_NAME]
        if mode != "only" or not missing:
            return
        known = all(cap.prices[t.task_uuid] is not None for t in missing)
        price = f"about ${cap.estimate:.4f}" if known else "an unknown price"
        count = sum(t.count for t in missing)
        raise CacheMiss(
            f"{count} result{'s' * (count > 1)} would have to be made, at {price}, but the cache mode is 'only'."
            " Nothing was sent. Run it once with --cache use."
        )

    def _with_cost(self, task: dict[str, Any]) -> dict[str, Any]:
        """Ask for the price with every task that may."""
        model = self.catalog.get(task.get("model"))
        known = task.get("taskType") in wire.BY_NAME
        if "includeCost" in task or not known or (model and not model.takes("includeCost")):
            return task
        return {**task, "includeCost": True}

    def estimate(self, task: Task) -> float | None:
        """Return the likely price of a checked task in USD; None if unknown."""
        return self._estimates.of(task).likely

    async def _settled(self, task: dict[str, Any]) -> dict[str, Any]:
        settled: dict[str, Any] = await inputs.settle(task, self._upload, sandbox=self.endpoint.is_local)
        return settled

    async def _upload(self, data: bytes, mime: str) -> str:
        key = hashlib.sha256(data).hexdigest()
        if key not in self._uploaded:
            self._uploaded[key] = await self.client.upload(inputs.data_uri(data, mime))
        return self._uploaded[key]


def _daily(told: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Take the rows of days out of what the account says of its usage."""
    usage = told[0].get("usage") or {}
    return (usage.get("timeseries") or {}).get("data") or []


def _as_dict(task: Asked) -> dict[str, Any]:
    return task.to_wire() if isinstance(task, Task) else Task.of(task).to_wire() | dict(task)
