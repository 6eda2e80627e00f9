"""Rows: a task for each row of a table, ten thousand of them as well as ten.

All rows are checked and priced before the first is sent. Then they go in waves, a few at once, so that what is in
memory does not grow with the table; what a wave made is kept as columns. Run again, rows whose results are here cost
nothing, and what was sent before and never seen is brought back first.

Who sends a wave is a `Crew`: this process, or those of `clusters`. How many are under way and what they may cost is
decided here alone, so both caps hold however many there are to send.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from runware_nb.api.runs import Run
from runware_nb.api.tasks import Task
from runware_nb.caps import Cap
from runware_nb.compare import records
from runware_nb.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    InsufficientCredits,
    RunwareError,
    Unreachable,
    UsageError,
)
from runware_nb.sessions import MaxCost, Session

if TYPE_CHECKING:
    import pandas as pd

WAVE: Final = 100
"""Rows sent together."""
WAVES: Final = 8
"""Waves under way at once: at most 800 rows wait for results."""
_INTERVAL: Final = 0.2
"""Seconds between two tallies."""
_HOPELESS: Final = (AuthenticationFailed, InsufficientCredits, Unreachable)
"""After these no further wave is sent."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a table is.

    Parameters
    ----------
    rows, done, failed
        Rows in all, those that have all they asked for, and those that came to nothing.
    usd, estimate
        USD spent so far, and likely in all. In the sandbox, play money.
    seconds, left
        Since the start, and likely to go; None while nobody can tell.
    problem
        The last thing that went wrong.
    """

    rows: int
    done: int = 0
    failed: int = 0
    usd: float = 0.0
    estimate: float = 0.0
    seconds: float = 0.0
    left: float | None = None
    sandbox: bool = False
    problem: RunwareError | None = None


@dataclass(frozen=True, slots=True)
class Wave:
    """What came of rows that were sent together.

    Parameters
    ----------
    made
        As of `records.made`.
    done, failed, usd
        As of a tally.
    sandbox
        Whether the sandbox answered.
    problem
        The last thing that went wrong.
    hopeless
        Whether sending more makes no sense after it.
    """

    made: pd.DataFrame
    done: int = 0
    failed: int = 0
    usd: float = 0.0
    sandbox: bool = False
    problem: RunwareError | None = None
    hopeless: bool = False


Told = Callable[[int, float], object]
"""Takes how many tasks of a wave are done, and USD they cost so far."""
Crew = Callable[[Sequence[int], Sequence[Task], MaxCost, Told], Awaitable[Wave]]
"""Sends the rows of these numbers as these tasks, at that cost at most, and tells how far they are."""


async def sent(
    session: Session, numbers: Sequence[int], tasks: Sequence[Task], tell: Told, *, max_cost: MaxCost, **options: Any
) -> Wave:
    """Send a wave by a session: what every crew does. Options are those of `Session.run`."""

    def watch(run: Run) -> None:
        tell(sum(stage == "done" for stage in run.stages.values()), _usd(run))

    try:
        run = await session.run(tasks, watch=watch, max_cost=max_cost, agreed=True, remember=False, **options)
        stop = None
    except RunwareError as error:
        hopeless = isinstance(error, (BudgetExceeded, *_HOPELESS))
        stop = error if hopeless else None
        found: Run | None = getattr(error, "run", None)
        if found is None:
            return Wave(records.failed(numbers, error), failed=len(numbers), problem=error, hopeless=hopeless)
        run = found
    stages = list(run.stages.values())
    return Wave(
        records.made(run, {t.task_uuid: n for t, n in zip(tasks, numbers, strict=True)}),
        done=stages.count("done"),
        failed=stages.count("failed"),
        usd=_usd(run),
        sandbox=run.sandbox,
        problem=stop or (run.problems[-1][1] if run.problems else None),
        hopeless=stop is not None,
    )


class Rows:
    """The rows of a table, and what is made of them.

    Parameters
    ----------
    rows
        Column to value, a mapping a row.
    ask
        Makes the task of a row, as a dict of the wire.
    session
        Who sends.
    mode, max_cost
        As of `Session.run`; the cap is on the whole.
    watch
        Called with the tally after each wave, and as results arrive.
    crew
        Who sends; the session itself, if not given.
    """

    def __init__(
        self,
        rows: Sequence[Mapping[str, Any]],
        ask: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        session: Session,
        *,
        mode: str = "use",
        max_cost: MaxCost = None,
        name: str | None = None,
        watch: Callable[[Tally], object] = lambda _: None,
        crew: Crew | None = None,
    ) -> None:
        self._rows = rows
        self._ask = ask
        self._session = session
        self._mode = mode
        self._max_cost = max_cost
        self._name = name
        self._watch = watch
        self._crew: Crew = crew or self._ourselves
        self.tally = Tally(len(rows))
        self._todo: deque[int] = deque()
        self._twins: list[int] = []
        self._keys: set[str] = set()
        self._held: dict[asyncio.Task[None], float] = {}
        self._flying: dict[int, tuple[int, float]] = {}
        self._made: list[Any] = []
        self._fresh = 0
        self._began = self._told_at = monotonic()
        self._stopped: RunwareError | None = None

    async def run(self) -> Any:
        """Send what is not here, and return a DataFrame: a row an output or failure, under `row` the row's number.

        Raises
        ------
        UsageError
            When the task of a row is wrong: then none was sent. It names the row.
        BudgetExceeded
            When it would, or might, cost too much: likewise.
        """
        await self._check()
        if self._keys and self._mode == "use":
            await self._session.resume(among=self._keys)
        try:
            await self._send(self._todo)
            await self._send(deque(self._twins))
        finally:
            for wave in self._held:
                wave.cancel()
        self._told()
        return records.whole(self._made)

    async def _check(self) -> None:
        """Check and price all rows. Rows that are equal to an earlier one come after it, when its results are here."""
        unknown: set[str] = set()
        for start in range(0, len(self._rows), WAVE):
            numbers = range(start, min(start + WAVE, len(self._rows)))
            lines = await self._quoted(numbers)
            for number, line in zip(numbers, lines, strict=True):
                key = self._session.key(line.task)
                if key in self._keys and self._mode in {"use", "only"}:
                    self._twins.append(number)
                    continue
                self._keys.add(key)
                self._todo.append(number)
                if line.make and line.usd is None:
                    unknown.add(line.task.model or line.task.task_type)
                self.tally = replace(self.tally, estimate=self.tally.estimate + (line.usd or 0 if line.make else 0))
                self._fresh += line.make > 0
        prices: dict[str, float | None] = {"": self.tally.estimate, **dict.fromkeys(unknown)}
        cap = Cap.of(self._max_cost, prices)
        cap.hold(
            [Task(task_type="", task_uuid=name, model=name) for name in unknown], budget=bool(self._session.budget)
        )
        above = self._session.confirm_above
        if self._max_cost is None and above is not None and self.tally.estimate > above:
            raise BudgetExceeded(
                f"this would cost about ${self.tally.estimate:.4f}, and above ${above:.2f} it wants to be agreed to:"
                " give max_cost=. Nothing was sent."
            )

    async def _quoted(self, numbers: Sequence[int]) -> Sequence[Any]:
        try:
            return (await self._session.quote([self._task(n) for n in numbers], self._mode)).lines
        except UsageError:
            for number in numbers:  # which one it is
                try:
                    self._session.check([self._task(number)])
                except UsageError as error:
                    raise UsageError(f"row {number}: {error}") from None
            raise

    def _task(self, number: int) -> Mapping[str, Any]:
        return self._ask(self._rows[number])

    async def _send(self, todo: deque[int]) -> None:
        """Send wave after wave, until nothing is left to be sent or sending makes no more sense."""
        while (todo and self._stopped is None) or self._held:
            while todo and self._stopped is None and len(self._held) < WAVES:
                numbers = [todo.popleft() for _ in range(min(WAVE, len(todo)))]
                self._launch(numbers)
            await asyncio.wait(self._held, return_when=asyncio.FIRST_COMPLETED)
            for wave in [wave for wave in self._held if wave.done()]:
                del self._held[wave]
                wave.result()
        if todo and self._stopped is not None:
            self._fail(todo, self._stopped)

    def _launch(self, numbers: Sequence[int]) -> None:
        tasks = [Task.of(self._task(number)) for number in numbers]
        price = sum(self._session.estimate(task) or 0 for task in tasks)
        cap = self._max_cost
        if isinstance(cap, int | float):
            cap = max(0.0, cap - self.tally.usd - sum(self._held.values()))
        wave = asyncio.ensure_future(self._wave(numbers, tasks, cap))
        self._held[wave] = price

    async def _ourselves(self, numbers: Sequence[int], tasks: Sequence[Task], max_cost: MaxCost, tell: Told) -> Wave:
        return await sent(self._session, numbers, tasks, tell, max_cost=max_cost, mode=self._mode, name=self._name)

    async def _wave(self, numbers: Sequence[int], tasks: Sequence[Task], max_cost: MaxCost) -> None:
        """Have a wave sent, and keep what comes of it as columns."""

        def tell(done: int, usd: float) -> None:
            self._flying[numbers[0]] = done, usd
            if monotonic() - self._told_at > _INTERVAL:
                self._told()

        try:
            wave = await self._crew(numbers, tasks, max_cost, tell)
        finally:
            self._flying.pop(numbers[0], None)
        self._made.append(wave.made)
        if wave.hopeless:
            self._stopped = wave.problem
        self.tally = replace(
            self.tally,
            done=self.tally.done + wave.done,
            failed=self.tally.failed + wave.failed,
            usd=self.tally.usd + wave.usd,
            sandbox=self.tally.sandbox or wave.sandbox,
            problem=wave.problem or self.tally.problem,
        )

    def _fail(self, numbers: Iterable[int], error: RunwareError) -> None:
        several = list(numbers)
        self._made.append(records.failed(several, error))
        self.tally = replace(self.tally, failed=self.tally.failed + len(several), problem=error)

    def _told(self) -> None:
        """Tell the tally, with what has arrived of the waves under way."""
        flying = self._flying.values()
        done = self.tally.done + sum(done for done, _ in flying)
        self._told_at = monotonic()
        seconds = self._told_at - self._began
        ended = done + self.tally.failed
        left = (len(self._rows) - ended) * seconds / ended if ended else None
        usd = self.tally.usd + sum(usd for _, usd in flying)
        self._watch(replace(self.tally, done=done, usd=usd, seconds=seconds, left=left))


def _usd(run: Run) -> float:
    """Return USD that the results of a run cost, or pretend to, as far as prices are told."""
    return sum(result.cost or 0 for result in run.results)
