"""Running a cell: plan it, show its card, run it, assign what it made. Both ways of running share everything here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from runware_nb import door, preferences, reprs
from runware_nb.api.runs import Run
from runware_nb.api.tasks import Task
from runware_nb.display.fronts import can_ask
from runware_nb.display.live import LOOK, LiveCard, card_of
from runware_nb.display.quotes import QuoteView
from runware_nb.display.terminal import TerminalCard
from runware_nb.errors import BudgetExceeded, Interrupted, RunwareError
from runware_nb.magics.buttons import CancelButton
from runware_nb.magics.grammar import Command
from runware_nb.progress import Watch
from runware_nb.sessions import Quote, Session

PATIENCE: Final = 1.0
"""Seconds a run goes on before it gets a Cancel button."""


_LONG: Final = frozenset({"video", "3d", "train", "chain"})
"""Kinds that take minutes: a notebook should not wait for them."""


class Work(Protocol):
    """What a cell does: the tasks of a plan, the steps of a chain, or bringing back what is open."""

    @property
    def command(self) -> Command:
        """The cell, parsed."""

    @property
    def axes(self) -> Sequence[Mapping[str, Any]]:
        """For each task, its place on the axes that the cell varies."""

    def check(self, here: Session) -> list[dict[str, Any]]:
        """Return the tasks it begins with, or refuse it if one is wrong. Nothing is sent."""

    def run(self, here: Session, watch: Watch | None, *, agreed: bool) -> Coroutine[Any, Any, Run]:
        """Do it; `agreed` tells that a person has agreed to its price."""

    def frame(self, run: Run) -> Any:
        """Return a run as a DataFrame."""

    def quote(self, here: Session) -> Coroutine[Any, Any, Quote | None]:
        """Tell what it would make, at what price; None if it costs nothing."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Bringing back what was paid for and never seen."""

    command: Command = Command("resume")  # noqa: RUF009  (frozen)
    axes: Sequence[Mapping[str, Any]] = ()

    def check(self, here: Session) -> list[dict[str, Any]]:  # noqa: ARG002
        """Refuse nothing: nothing can be wrong with it."""
        return []

    def run(self, here: Session, watch: Watch | None, *, agreed: bool) -> Coroutine[Any, Any, Run]:  # noqa: ARG002
        """Bring it back."""
        return here.resume(watch=watch)

    def frame(self, run: Run) -> Any:
        """Return a run as a DataFrame."""
        return run.df

    async def quote(self, here: Session) -> Quote | None:  # noqa: ARG002
        """Tell that it costs nothing."""
        return None


class Cell:
    """One cell on its way.

    Parameters
    ----------
    work
        What it does.
    names
        The notebook's variables, where its run is assigned.
    """

    def __init__(self, work: Work, names: MutableMapping[str, Any]) -> None:
        self._work = work
        self._command = work.command
        self._names = names
        self._run: Run | None = None
        self._holder: object = None
        self._card: LiveCard | TerminalCard | None = None
        self._quote: QuoteView | None = None
        self._button: CancelButton | None = None
        self._pressed = self._agreed = self._is_shown = False
        self._stop: Callable[[], object] = lambda: None

    @property
    def title(self) -> str:
        """What to call it: its name, its variable, or what it makes."""
        return str(self._command.options.get("name") or self._command.target or self._command.kind)

    @property
    def kind(self) -> str:
        """What it makes."""
        return self._command.kind

    @property
    def run(self) -> Run:
        """The run as it is now."""
        return self._run or Run()

    @property
    def is_background(self) -> bool:
        """Whether it asks to run while other cells run."""
        return bool(self._command.options.get("bg"))

    def check(self) -> str:
        """Return what it asks for: two cells with the same do the same.

        Raises
        ------
        UsageError
            When something is wrong with a task. Nothing was sent.
        """
        tasks = self._work.check(door.session())
        self._run = Run.of([Task.of(t) for t in tasks], self._command.options.get("name"))
        return json.dumps([{k: v for k, v in t.items() if k != "taskUUID"} for t in tasks], default=repr)

    def place(self, *, anew: bool = False) -> None:
        """Put the card into the output of the cell that runs now; a new one where the old one's place is gone."""
        if self._run is not None and not self._command.options.get("quiet"):
            self._card = card_of(self._run) if anew or self._card is None else self._card
            self._card.run = self._run
            self._card.show()
            self._is_shown = True
            self._button = CancelButton(self._press)

    def publish(self) -> None:
        """Draw the finished card again, from the cell that runs now: a headless front end hears only that one."""
        if self._card is not None:
            self._card.publish()

    def press(self) -> None:
        """End it with what has arrived, as its button does. From any thread."""
        self._press()

    def hold(self, holder: object) -> None:
        """Have its variable stand for what will be the run, until it is; then only if it still does."""
        self._assign(holder)
        self._holder = holder

    def _assign(self, value: object) -> None:
        target = self._command.target
        if target and (self._holder is None or self._names.get(target) is self._holder):
            self._names[target] = value

    def work(self, instead: Callable[[Watch], Coroutine[Any, Any, Run]] | None = None) -> Coroutine[Any, Any, Run]:
        """Return the coroutine that runs it, or waits for what does the same already.

        Whatever is wrong with the tasks is raised here, before it starts.
        """
        here = door.session()
        if instead is not None:
            return self._cancellable(instead(self._watch))
        self._work.check(here)
        return self._cancellable(self._work.run(here, self._watch, agreed=self._agreed))

    async def question(self) -> str | None:
        """Make the plan, if there is one to see, and return the words to ask a person with, if the price wants that.

        Raises
        ------
        UsageError
            When something is wrong with a task. Nothing was sent.
        """
        here = door.session()
        asks = here.confirm_above is not None and "max_cost" not in self._command.options
        if len(self._work.check(here)) < 2 and not asks:  # noqa: PLR2004  (one task is its own plan)
            return None
        quote = await self._work.quote(here)
        if quote is None:
            return None
        self._quote = QuoteView(quote, self._work.axes, here.endpoint.sandbox)
        return _question(quote, here.confirm_above) if asks else None

    def agree(self, words: str | None) -> None:
        """Show the plan, and ask. A front end that cannot ask leaves it to the session, which refuses.

        Raises
        ------
        BudgetExceeded
            When the answer is not yes.
        """
        if self._quote is not None and not self._command.options.get("quiet"):
            self._card = card_of(Run())
            self._card.announce(self._quote)
        if words is None or not can_ask():
            return
        if input(words).strip().lower() not in {"y", "yes"}:
            raise BudgetExceeded("not agreed to. Nothing was sent.")
        self._agreed = True

    def meanwhile(self) -> float | None:
        """Redraw the card, on the thread of the cell: there output belongs to it. While words come, soon again."""
        if self._run is None or self._command.options.get("quiet"):
            return None
        if self._card is None:
            self._card = card_of(self._run)
        if not self._is_shown:
            self._is_shown = True
            self._card.run = self._run
            self._card.show()
        self._card.update(self._run)
        if self._button is None and (self._run.elapsed or 0) > PATIENCE:
            self._button = CancelButton(self._press)
            if self._command.kind in _LONG and not self.is_background:
                self._card.suggest("With --bg the next cells run meanwhile.")
        return LOOK if self._run.is_streaming else None

    def done(self, run: Run) -> Any:
        """Show and assign the finished run, and return it for `Out`."""
        if not run.tasks:
            print("Nothing is unfinished.")  # noqa: T201  (told in the cell's output)
            return None
        self._run = run
        self._show()
        if self._holder is None:
            reprs.hush(run)  # it is the output of its cell as well, where its card is
        if preferences.value("autoframe"):
            return run.df
        return run

    def failed(self, error: RunwareError) -> None:
        """Show and assign what there is of a run that failed or was interrupted, before its error is raised."""
        self._run = getattr(error, "run", None) or self._run
        if self._run is not None and self._run.results:
            self._show()
        elif self._card is not None and self._run is not None and self._is_shown:
            self._card.finish(self._run.end())
        self._take_button_away()

    def interrupted(self) -> Interrupted:
        """Show and assign what had arrived when the user stopped waiting, and return the error to raise."""
        run = (self._run or Run()).end()
        error = Interrupted(_told(run), task_uuids=[t.task_uuid for t in run.unfinished])
        error.run = run  # type: ignore[attr-defined]
        self.failed(error)
        return error

    async def _cancellable(self, work: Coroutine[Any, Any, Run]) -> Run:
        """Run it so that the button ends it with what has arrived, as a cell that went well."""
        loop, inner = asyncio.get_running_loop(), asyncio.ensure_future(work)
        self._stop = lambda: loop.call_soon_threadsafe(inner.cancel)  # the loop's own thread must do it
        try:
            return await inner
        except asyncio.CancelledError:
            if not self._pressed:
                raise
            return (self._run or Run()).end()

    def _press(self) -> None:
        """Hear the button: on another thread than the loop's, it may be."""
        self._pressed = True
        self._stop()

    def _take_button_away(self) -> None:
        if self._button:
            self._button.remove()
            self._button = None

    def _watch(self, run: Run) -> None:
        self._run = run

    def _show(self) -> None:
        assert self._run is not None
        command = self._command
        self._assign(self._run)
        if frame := command.options.get("frame"):
            self._names[frame] = self._work.frame(self._run)
        self._take_button_away()
        if not command.options.get("quiet"):
            self._card = self._card or card_of(self._run)
            self._card.finish(self._run)


def _question(quote: Quote, above: float | None) -> str | None:
    if above is None or quote.usd <= above:
        return None
    more = f", and {quote.unpriced} of unknown price" if quote.unpriced else ""
    return f"{quote.make} result{'s' * (quote.make > 1)} for about ${quote.usd:.4f}{more}. Send? [y/N] "


def _told(run: Run) -> str:
    have = f"{len(run.results)} of {run.asked} results are here"
    if not (waiting := len(run.unfinished)):
        return f"stopped; {have}."
    tasks = f"{waiting} task{'s' * (waiting > 1)}"
    return f"stopped waiting; {have}. {tasks} may run on and be billed: %runware resume brings the rest."
