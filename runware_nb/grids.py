"""Grid: one thing asked many ways, run at once and compared side by side.

A grid keeps its cells on a `Board` and fills them from the background loop, so that other cells of the notebook run
meanwhile. Only that loop touches its state: whoever asks for something, a widget or a cell, is put in its queue.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal, Self, get_args

from runware_nb import desks, places, preferences, reprs
from runware_nb.api.results import Result
from runware_nb.api.runs import Run, Stage
from runware_nb.api.tasks import Task
from runware_nb.compare.boards import Board, Cell, Pivot, State
from runware_nb.compare.contests import Contest
from runware_nb.compare.exporting import jsonl
from runware_nb.compare.opinions import Opinion, Opinions, Winner
from runware_nb.display import exports
from runware_nb.display.fronts import can_ask, in_notebook
from runware_nb.display.looks import looks_of
from runware_nb.display.sheets import Snapshot
from runware_nb.errors import BudgetExceeded, RunwareError, UnknownName, UsageError
from runware_nb.loops import background, interruptible, wait_for
from runware_nb.sessions import MaxCost, Quote, Session

BATCH: Final = 50
"""Cells that are sent together: as many as go into one POST."""
WAVES: Final = 4
"""Batches under way at once. Pausing lets them end, so it takes effect after at most so many."""
Going = Literal["idle", "running", "paused", "stopped", "done"]
_STAGES: Final[Mapping[State, Stage]] = {"running": "running", "done": "done", "failed": "failed"}
_STATES: Final[Mapping[Stage, State]] = {"queued": "queued", "running": "running", "done": "done", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class Change:
    """What changed: some cells, by id, or all that is told of the grid."""

    cells: frozenset[int] = frozenset()
    whole: bool = False


class Grid:
    """A comparison grid: see `runware_nb.grid`, which makes one.

    Parameters
    ----------
    axes
        Name to values.
    make
        Gives the task of a point of the axes, checked, or refuses it.
    session
        What runs it.
    name
        What to call it.

    Attributes
    ----------
    board
        Its cells.
    opinions
        Stars, notes, tags and votes.
    state
        `idle`, `running`, `paused`, `stopped` or `done`; `done` once all that was asked for has ended.
    told
        A line for the user about the whole, such as why it stopped.
    quote
        What running it would make, at what price; None until it is known.
    """

    def __init__(
        self,
        axes: Mapping[str, Sequence[Any]],
        make: Callable[[Mapping[str, Any]], Task],
        session: Session,
        name: str | None = None,
    ) -> None:
        self._session = session
        self.name = name
        self.opinions = Opinions(session.folder)
        self.board = Board(axes, make, lambda cell: self.opinion(cell).stars or None)
        self.state: Going = "idle"
        self.told = ""
        self.quote: Quote | None = None
        self.max_cost: MaxCost = None
        self._mode = "use"
        self._agreed = False
        self._keys: dict[int, str] = {}
        self._todo: deque[Cell] = deque()
        self._waves: dict[asyncio.Task[None], float] = {}
        self._began: float | None = None
        self._place = places.NOWHERE
        self._took = 0.0
        self._made = datetime.now(UTC)
        self._started: datetime | None = None
        self._finished: datetime | None = None
        self._filling: concurrent.futures.Future[None] | None = None
        self._watchers: list[Callable[[Change], object]] = []
        self._looking: set[asyncio.Task[int | None]] = set()
        self._awake = asyncio.Event()

    @classmethod
    def of(cls, run: Run, session: Session) -> Self:
        """Return a run of a sweep as a grid, with what it has made. Nothing is sent.

        Raises
        ------
        UsageError
            When the run varies nothing, or its axes were taken side by side.
        """
        axes: dict[str, list[Any]] = {}
        for told in run.axes.values():
            for name, value in told.items():
                if value not in axes.setdefault(name, []):
                    axes[name].append(value)
        tasks = {_place(axes, run.axes.get(t.task_uuid, {})): t for t in run.tasks}
        if not axes or len(tasks) != math.prod(len(values) for values in axes.values()):
            raise UsageError("this run is no grid: its axes must go with each other in all combinations.")
        grid = cls(axes, lambda point: tasks[_place(axes, point)], session, run.name)
        if run.results or run.problems:
            grid._do(lambda: grid._take(run, grid.board.cells, ended=True))
            grid.state = "idle" if grid.board.count("failed") + grid.board.count("stopped") else "done"
            grid._started, grid._finished = run.started, run.finished
        return grid

    def __repr__(self) -> str:
        return f"<Grid {' × '.join(map(str, self.shape))}: {self.board.count('done')} of {len(self.board)} done>"  # noqa: RUF001

    def __len__(self) -> int:
        return len(self.board)

    def __await__(self) -> Generator[Any, None, Run]:
        return self._ended().__await__()

    def _ipython_display_(self) -> None:
        import_module("runware_nb.workbench").show(self)

    def _repr_html_(self) -> str:
        """Serve front ends that ask for HTML alone, such as marimo."""
        return str(reprs.mimebundle(self.snapshot())[0]["text/html"])

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each axis has."""
        return tuple(len(values) for values in self.board.axes.values())

    @property
    def axes(self) -> dict[str, list[Any]]:
        """Name to values."""
        return {name: list(values) for name, values in self.board.axes.items()}

    @property
    def sandbox(self) -> bool:
        """Whether the sandbox serves: then money is play money."""
        return self._session.endpoint.sandbox or any(r.sandbox for cell in self.board.cells for r in cell.results)

    @property
    def elapsed(self) -> float:
        """Seconds it has run."""
        return self._took + (time.monotonic() - self._began if self._began is not None else 0.0)

    @property
    def left(self) -> float | None:
        """Seconds that are likely left, by the pace so far; None while there is none."""
        ended = self.board.count("done") + self.board.count("failed") - self._cached
        going = self.board.count("queued") + self.board.count("running")
        return self.elapsed / ended * going if ended > 0 and going and self.state == "running" else None

    @property
    def _cached(self) -> int:
        return sum(cell.state == "done" and all(r.cached for r in cell.results) for cell in self.board.cells)

    def estimate(self) -> Quote:
        """Return what running it would make, what is here already, and at what price. Sends nothing."""
        return wait_for(self._quoted())

    def run(self, *, max_cost: MaxCost = None, cache: str | None = None, agreed: bool = False) -> Self:
        """Run the cells that are not done, and return at once: it fills as results come. `await grid` waits.

        Tasks that an earlier kernel had sent and never saw are brought back first, for nothing.

        Parameters
        ----------
        max_cost
            USD that all of it may cost at most; `"none"` to send what has no known price in spite of a budget.
        cache
            As in `runware_nb.run`.
        agreed
            Whether a person has agreed to the price. A `max_cost` is an agreement too.
        """
        self._agreed = agreed
        self.max_cost = preferences.value("max_cost") if max_cost is None else max_cost
        self._mode = cache or self._mode
        return self._go(self.board.cells)

    def resume(self) -> Self:
        """Run what is missing, after a stop or in a new kernel. What was sent is brought back, not sent again."""
        return self._go(self.board.cells)

    def pause(self) -> Self:
        """Send nothing more for now. What is under way, at most 200 cells, ends."""
        self._do(self._pause)
        return self

    def stop(self) -> Self:
        """End it with what has arrived. Tasks under way run on and are billed: `resume` brings their results."""
        self._do(self._stop)
        return self

    def retry(self, ids: Iterable[int] | None = None) -> Self:
        """Run again what failed: these cells, or all that did."""
        chosen = self.board.cells if ids is None else [self.board.cells[i] for i in ids if 0 <= i < len(self.board)]
        return self._go([cell for cell in chosen if cell.state == "failed"])

    def extend(self, **values: Sequence[Any] | Any) -> Self:
        """Add values to axes: `grid.extend(seed=[3, 4])`. `run` then runs only what is new.

        Raises
        ------
        UsageError
            For an axis that is not there, a task that is wrong, or too many cells. Then nothing is changed.
        """
        for axis, more in values.items():
            several = more if isinstance(more, list | tuple | range) else [more]
            self._do(partial(self.board.extend, axis, several))
        if self.state in {"done", "stopped"}:
            self.state = "idle"
        self.quote = None
        self._tell(whole=True)
        return self

    def snapshot(self, pivot: Pivot | None = None) -> Snapshot:
        """Return it as it is now, to be drawn or written: laid out as a pivot says, else as it begins."""
        pivot = pivot or self.board.start()
        return Snapshot(self.board, pivot, self.opinion, self.name, self.sandbox, self.elapsed, self.told)

    def freeze(self) -> None:
        """Make what shows it static, so that the saved notebook reads without a kernel. Shown again, it is live."""
        desks.freeze(self)

    def to_html(self, path: str | Path) -> Path:
        """Write it as a page that opens with no network, and return where it is. `runware_nb.load` makes its run again.

        Any two of its axes can be made rows and columns there, and each value of the others has a table of its own.

        Parameters
        ----------
        path
            `grid.html` for one file with small pictures; a folder for `index.html` and, beside it, all media.

        Raises
        ------
        UsageError
            When it cannot be written.
        """
        return exports.to_html(self.snapshot(), Path(path).expanduser(), jsonl(self.results))

    def to_png(self, path: str | Path) -> Path:
        """Write the page on screen as a contact sheet, 384 px a cell, and return where it is.

        Raises
        ------
        UsageError
            When it has no picture, or cannot be written.
        """
        return exports.to_png(self.snapshot(), Path(path).expanduser())

    def save(self, path: str | Path) -> Path:
        """Write its results and files into one ZIP, which `runware_nb.load` brings back: see `Session.save`."""
        target = Path(path).expanduser()
        wait_for(self._session.save(self.results, target))
        return target

    def judge(self, question: str, **options: Any) -> Any:
        """Have a model judge its results in pairs, once it is awaited: see `runware_nb.judge`."""
        return import_module("runware_nb.door").judge(self, question, **options)

    def peek(self) -> None:
        """Look in the background for what is here already, and what the rest would cost."""
        asyncio.run_coroutine_threadsafe(self._peek(), background())

    def watch(self, watcher: Callable[[Change], object]) -> Callable[[], None]:
        """Tell of each change, on the background loop. Returns what ends that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def opinion(self, cell: Cell) -> Opinion:
        """Return what is thought of what a cell made."""
        return self.opinions.of(self.key(cell))

    def key(self, cell: Cell) -> str:
        """Return the key of a cell's task in the cache, under which opinions lie."""
        if cell.id not in self._keys:
            self._keys[cell.id] = self._session.key(cell.task)
        return self._keys[cell.id]

    def rate(
        self, cell: int, *, stars: int | None = None, note: str | None = None, tags: Collection[str] | None = None
    ) -> None:
        """Give a cell, by its id, stars (1 to 5, 0 for none), a note, tags. They are there again when the grid is.

        Raises
        ------
        UsageError
            For more than 5 stars, or a place that cannot be written to.
        """
        key = self.key(self.board.cells[cell])
        try:
            self.opinions.rate(key, stars=stars, note=note, tags=None if tags is None else tuple(tags))
        except OSError as error:
            raise UsageError(f"opinions cannot be written to {self._session.folder}: {error.strerror}.") from None
        self._tell([cell])

    def vote(self, left: int, right: int, winner: Winner, *, ms: int = 0) -> None:
        """Say which of two cells, by their ids, is better: `"left"`, `"right"`, `"tie"`, or `"bad"` if neither is good.

        Parameters
        ----------
        left, right
            They must differ on one axis alone, whose values the vote is on.
        winner
            What was said.
        ms
            Milliseconds it took to say.

        Raises
        ------
        UsageError
            For cells that cannot be voted on, or a place that cannot be written to.
        """
        a, b = self.board.cells[left], self.board.cells[right]
        places = self.board.place(a), self.board.place(b)
        apart = [axis for axis in self.board.axes if places[0][axis] != places[1][axis]]
        if len(apart) != 1:
            raise UsageError(f"cells {left} and {right} differ on {len(apart)} axes, and a vote is on one.")
        if winner not in get_args(Winner):
            raise UnknownName("winner", str(winner)[:20], get_args(Winner))
        try:
            self.opinions.vote(Contest(self.board, apart[0], self.key).vote(a, b, winner, ms=ms, voter="me"))
        except OSError as error:
            raise UsageError(f"votes cannot be written to {self._session.folder}: {error.strerror}.") from None

    @property
    def results(self) -> Run:
        """All that its cells made so far, as one run: its results, frame, axes and parts are those of any run."""
        cells = self.board.cells
        run = Run.of([cell.task for cell in cells], self.name, [self.board.place(cell) for cell in cells])
        return replace(
            run,
            results=tuple(r for cell in cells for r in cell.results),
            problems=tuple((cell.task.task_uuid, cell.error) for cell in cells if cell.error and not cell.results),
            stages={cell.task.task_uuid: _STAGES.get(cell.state, "queued") for cell in cells},
            started=self._started or self._made,
            finished=self._finished if self.state in {"done", "stopped"} else None,
            notebook=self._place.notebook,
            cell=self._place.cell,
        )

    @property
    def df(self) -> Any:
        """A pandas DataFrame: as `Run.df`, with `stars`, `note` and `tags`."""
        table = self.results.df
        given = {cell.task.task_uuid: self.opinion(cell) for cell in self.board.cells}
        thought = [given.get(uuid, Opinion()) for uuid in table["task_uuid"]]
        told = table.assign(
            stars=[o.stars or None for o in thought],
            note=[o.note or None for o in thought],
            tags=[", ".join(o.tags) or None for o in thought],
        )
        return told.astype({"stars": "Int64", "note": "string", "tags": "string"})

    async def _ended(self) -> Run:
        if self._filling is not None:
            await interruptible(_waited(self._filling))
        return self.results

    # What follows happens on the background loop.

    def _go(self, cells: Sequence[Cell]) -> Self:
        """Run cells that are not done or under way. Where nobody could use the time meanwhile, wait for their end."""
        self._place = places.here()
        self._do(lambda: self._begin(cells))
        if self._filling is not None and in_notebook() and not can_ask():
            wait_for(_waited(self._filling))
        return self

    def _begin(self, cells: Sequence[Cell]) -> None:
        chosen = [c for c in cells if c.state in {"idle", "failed", "stopped"}]
        for cell in chosen:
            if cell.state == "failed":
                self.board.again(cell)
            cell.state = "queued"
        self._todo.extend(chosen)
        self.told = ""
        self.state = "running"
        self._began = time.monotonic() if self._began is None else self._began
        self._started, self._finished = self._started or datetime.now(UTC), None
        self._tell([c.id for c in chosen], whole=True)
        self._awake.set()
        if self._filling is None or self._filling.done():
            self._filling = asyncio.run_coroutine_threadsafe(self._fill(), background())

    def _pause(self) -> None:
        if self.state == "running":
            self.state = "paused"
            self._tell(whole=True)

    def _stop(self) -> None:
        for cell in self._todo:
            cell.state = "idle"
        self._todo.clear()
        for wave in self._waves:
            wave.cancel()
        if self.state in {"running", "paused"}:
            self.state = "stopped"
        self._awake.set()
        self._tell(whole=True)

    def _do(self, work: Callable[[], object]) -> None:
        """Have something that takes no time done on the background loop, and wait until it is."""
        loop = background()
        if asyncio._get_running_loop() is loop:  # noqa: SLF001  (get_running_loop raises where none runs)
            work()
        else:
            asyncio.run_coroutine_threadsafe(_called(work), loop).result()

    async def _fill(self) -> None:
        """Send batch after batch, at most four at once, until nothing is left to be sent."""
        try:
            await self._refuse_unagreed()
            await self._recover()
            while True:
                self._awake.clear()
                while self._todo and self.state == "running" and len(self._waves) < WAVES:
                    self._launch()
                if not self._waves and not (self._todo and self.state == "paused"):
                    break
                await self._awake.wait()
        finally:
            self._took, self._began, self._finished = self.elapsed, None, datetime.now(UTC)
            self.state = "done" if self.state == "running" else self.state
            self._tell(whole=True)

    async def _refuse_unagreed(self) -> None:
        """Hold the price of the whole against what must be agreed to: each batch by itself may lie below."""
        above = self._session.confirm_above
        if above is None or self._agreed or self.max_cost is not None:
            return
        quote = await self._quoted()
        if quote.usd > above:
            self.told = (
                f"this would cost about ${quote.usd:.4f}, and above ${above:.2f} it wants to be agreed to: give"
                " max_cost=. Nothing was sent."
            )
            self._stop()

    async def _recover(self) -> None:
        """Bring back what was sent for these cells before and never seen, so that it is not paid for twice."""
        try:
            await self._session.resume(among={self.key(cell) for cell in self._todo})
        except RunwareError as error:
            self.told = str(error)
            self._stop()

    def _launch(self) -> None:
        batch = [self._todo.popleft() for _ in range(min(BATCH, len(self._todo)))]
        held = sum(self._session.estimate(cell.task) or 0 for cell in batch)
        wave = asyncio.ensure_future(self._wave(batch, self._rest()))
        self._waves[wave] = held
        wave.add_done_callback(self._landed)

    def _landed(self, wave: asyncio.Task[None]) -> None:
        del self._waves[wave]
        self._awake.set()

    def _rest(self) -> MaxCost:
        """Return what of the cap a further batch may cost."""
        if not isinstance(self.max_cost, int | float):
            return self.max_cost
        return max(0.0, self.max_cost - self.board.spent - sum(self._waves.values()))

    async def _wave(self, cells: Sequence[Cell], max_cost: MaxCost) -> None:
        """Run one batch, and take what comes of it into its cells."""
        tasks, places = [cell.task for cell in cells], [self.board.place(cell) for cell in cells]

        def watch(run: Run) -> None:
            self._take(run, cells)

        try:
            work = self._session.run(
                tasks, name=self.name, watch=watch, mode=self._mode, max_cost=max_cost, agreed=True, axes=places
            )
            self._take(await work, cells, ended=True)
        except BudgetExceeded as error:
            self._hold_back(cells, error)
        except RunwareError as error:
            run = getattr(error, "run", None) or Run.of(tasks)
            self._take(run, cells, ended=True, error=error)
        except asyncio.CancelledError:
            for cell in cells:
                cell.state = {"queued": "idle", "running": "stopped"}.get(cell.state, cell.state)  # type: ignore[assignment]
            self._tell([cell.id for cell in cells], whole=True)

    def _hold_back(self, cells: Sequence[Cell], error: BudgetExceeded) -> None:
        """Try a refused batch again once the others have told what they really cost; end if none is under way."""
        if len(self._waves) > 1:
            self._todo.extendleft(reversed(cells))
            return
        for cell in cells:
            cell.state = "idle"
        self.told = str(error)
        self._stop()

    def _take(self, run: Run, cells: Sequence[Cell], *, ended: bool = False, error: RunwareError | None = None) -> None:
        """Take the state of a run into its cells, and tell which changed."""
        results: dict[str, list[Result]] = {}
        for result in run.results:
            results.setdefault(result.task.task_uuid, []).append(result)
        problems = dict(run.problems)
        changed = []
        for cell in cells:
            uuid = cell.task.task_uuid
            made, wrong = tuple(results.get(uuid, ())), problems.get(uuid)
            state: State = _STATES[run.stages.get(uuid, "queued")]
            if ended and state in {"queued", "running"}:
                state, wrong = ("failed", error) if error else ("stopped", wrong)
            if isinstance(wrong, BudgetExceeded):
                state, self.told, wrong = "idle", str(wrong), None
            was = (cell.state, cell.results, cell.percent)
            fresh = made[len(cell.results) :]
            cell.state, cell.results, cell.error, cell.percent = state, made, wrong, run.progress.get(uuid)
            if was != (cell.state, cell.results, cell.percent):
                changed.append(cell.id)
            if fresh and cell.looks is None:
                self._look_at(cell)
        if changed:
            self._tell(changed)

    def _look_at(self, cell: Cell) -> None:
        """Find in a thread how a picture looks, so that cells that look the same are told."""
        assert cell.result is not None
        looking = asyncio.ensure_future(asyncio.to_thread(looks_of, cell.result))
        self._looking.add(looking)

        def seen(work: asyncio.Task[int | None]) -> None:
            self._looking.discard(work)
            if not work.cancelled() and (looks := work.result()) is not None:
                cell.looks = looks
                self._tell([cell.id])

        looking.add_done_callback(seen)

    async def _quoted(self) -> Quote:
        tasks = [cell.task for cell in self.board.cells]
        # They were checked when they were made, and are once more before they are sent.
        self.quote = quote = await self._session.quote(tasks, self._mode, validate=False)
        return quote

    async def _peek(self) -> None:
        """Show what is here already, and what the rest would cost."""
        try:
            quote = await self._quoted()
        except RunwareError as error:
            self.told = str(error)
            self._tell(whole=True)
            return
        here = []
        for cell, line in zip(self.board.cells, quote.lines, strict=False):
            cell.likely = line.usd
            if cell.state == "idle" and line.here and not line.make:
                cell.state, cell.results = "done", line.here
                self._look_at(cell)
                here.append(cell.id)
        self._tell(here, whole=True)

    def _tell(self, cells: Iterable[int] = (), *, whole: bool = False) -> None:
        change = Change(frozenset(cells), whole)
        for watcher in list(self._watchers):
            with contextlib.suppress(Exception):  # what cannot be drawn must not stop what is paid for
                watcher(change)


def _place(axes: Mapping[str, Sequence[Any]], point: Mapping[str, Any]) -> tuple[int, ...]:
    """Return where a point lies on each axis; -1 where it does not say."""
    return tuple(list(values).index(point[name]) if name in point else -1 for name, values in axes.items())


async def _called(work: Callable[[], object]) -> None:
    work()


async def _waited(future: concurrent.futures.Future[None]) -> None:
    await asyncio.shield(asyncio.wrap_future(future))
