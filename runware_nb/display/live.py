"""The live card: a run while it goes on. It is replaced by the static bundle when the run ends.

Drawings are sent at most four or five times a second, and some thirty while words come; the last state always shows.
Words are drawn as they come rather than at even times: most are then seen at once, for as many drawings. A terminal
has a card of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from markupsafe import Markup

from runware_nb import preferences, reprs
from runware_nb.api.runs import Run, Stage
from runware_nb.api.tasks import Task
from runware_nb.display import cards, figures, flows, previews
from runware_nb.display.bundles import plain_run
from runware_nb.display.fronts import in_notebook
from runware_nb.display.links import data_uri
from runware_nb.display.markup import html
from runware_nb.display.prose import prose
from runware_nb.display.quotes import QuoteView
from runware_nb.display.terminal import TerminalCard

INTERVAL: Final = 0.22
"""Seconds between two drawings."""
WORDS: Final = 1 / 30
"""The same on average while words of a text come, which are read as they do."""
_MANY: Final = 2_000
"""Characters from which a text is drawn half as often: the longer it is, the longer a page takes."""
LOOK: Final = 0.004
"""Seconds between two looks for words."""
_TAIL: Final = 6_000
"""Characters of a streamed text that are shown while it comes."""

Publish = Callable[[dict[str, Any], dict[str, Any], bool], None]
"""Sends data and metadata of a bundle to the page; the last says whether an output is there to be replaced."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of the live card: something that is made, awaited or failed."""

    stage: Stage
    caption: str | None = None
    still: str | None = None
    percent: int | None = None
    text: str | None = None
    failure: cards.Tile | None = None
    prose: Markup | None = None
    thought: str | None = None


class LiveCard:
    """A run, drawn as it goes on.

    Parameters
    ----------
    run
        The run as it is now.
    publish
        How drawings reach the page; by IPython's display if not given.
    interval
        Seconds between two drawings, at least.
    clock
        Tells seconds.
    ticking
        Whether it comes back by itself, on the running loop; else whoever updates it does so often enough.
    """

    def __init__(
        self,
        run: Run,
        *,
        publish: Publish | None = None,
        interval: float = INTERVAL,
        clock: Callable[[], float] = time.monotonic,
        ticking: bool = True,
    ) -> None:
        self._ticking = ticking
        self._note = ""
        self.run = run
        self._publish = publish or _publisher()
        self._interval = interval
        self._clock = clock
        self._drawn_at = float("-inf")
        self._ahead = 0.0  # drawings, at most one, that came before their even time
        self._last: tuple[Run, int] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._shown = self._finished = False

    def announce(self, plan: QuoteView) -> None:
        """Put a plan in the place of the card, until it is drawn, and a line of it above the card."""
        self._note = plan.plan
        self._send(*reprs.mimebundle(plan))

    def suggest(self, words: str) -> None:
        """Add a hint to the line above the card."""
        self._note = f"{self._note} {words}".strip()

    def show(self) -> None:
        """Put the card on the page."""
        self._draw()

    def update(self, run: Run) -> None:
        """Take a newer state. It is drawn at once, or as soon as the last drawing is old enough."""
        has_begun = bool(run.partial) and not self.run.partial  # the first words are waited for
        has_come, self.run = run is not self.run, run
        if self._finished:
            return
        # Words that just came are drawn at once, on account of the next drawing.
        pauses = self._ahead + (0 if has_come and run.is_streaming else 1)
        left = self._drawn_at + self._pause * pauses - self._clock()
        if has_begun or left <= 0:
            self._draw()
        else:
            self._again_in(left)

    def watch(self, run: Run) -> None:
        """Take a newer state; put the card on the page first if it is not there."""
        self.update(run)

    def finish(self, run: Run | None = None) -> None:
        """Replace the card by the static drawing of the run. Later states are ignored."""
        if self._finished:
            return
        self.run = run or self.run
        self._finished = True
        self._cancel()
        self._send(*reprs.mimebundle(self.run))

    def publish(self) -> None:
        """Send the finished drawing again."""
        if self._finished:
            self._send(*reprs.mimebundle(self.run))

    def _draw(self) -> None:
        """Draw if anything changed since, and come back in a second while the run goes on."""
        state = (self.run, int(self.run.elapsed or 0))
        if self._last is None or state[0] is not self._last[0] or state[1] != self._last[1]:
            self._last = state
            now = self._clock()
            self._ahead = min(max(self._ahead + 1 - (now - self._drawn_at) / self._pause, 0.0), 1.0)
            self._drawn_at = now
            self._send(_drawing(self.run, self._note), {})
        self._cancel()
        if self.run.unfinished and self.run.finished is None:
            self._again_in(1.0)

    @property
    def _pause(self) -> float:
        """Seconds between two drawings, on average."""
        if not self.run.is_streaming:
            return self._interval
        return min(self._interval, WORDS * (2 if sum(map(len, self.run.partial.values())) > _MANY else 1))

    def _send(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        self._publish(data, metadata, self._shown)
        self._shown = True

    def _again_in(self, delay: float) -> None:
        """Draw later, where an event loop runs; elsewhere the next state or the end does."""
        if not self._ticking:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self._timer and self._timer.when() <= loop.time() + delay:
            return
        self._cancel()
        self._timer = loop.call_later(delay, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if not self._finished:
            self._draw()

    def _cancel(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


def card_of(run: Run) -> LiveCard | TerminalCard:
    """Return the card of a run for where it goes on: a notebook's page, or a terminal."""
    return LiveCard(run, ticking=False) if in_notebook() else TerminalCard(run)


def _drawing(run: Run, note: str) -> dict[str, Any]:
    """Draw a run. A drawing that fails must not stop the run, which is paid for: then the words are shown."""
    try:
        return {"text/html": live_html(run, note), "text/plain": plain_run(run)}
    except Exception:  # noqa: BLE001
        return {"text/plain": repr(run)}


def live_html(run: Run, note: str = "") -> str:
    """Draw a run as it is now: the plan, what is here, what runs and how far, what waits, what was spent."""
    alike = cards.common(run)
    slots = _slots(run, alike)
    ended = len(run.results) + len(run.problems)
    return html(
        "live",
        run=run,
        note=note,
        flow=flows.flow(run),
        kind=run.kinds,
        alike=alike,
        total=cards.total(run) if run.results else None,
        elapsed=f"{int(run.elapsed or 0)} s",
        badge=cards.BADGE if run.sandbox else None,
        slots=slots[: preferences.value("gallery_limit")],
        more=max(0, len(slots) - preferences.value("gallery_limit")),
        percent=_percent(run, ended),
    )


def _percent(run: Run, ended: int) -> int:
    """Return how far the run is: whole results, and the reported parts of those that run."""
    running = sum(min(max(p, 0), 100) / 100 for u, p in run.progress.items() if run.stages.get(u) == "running")
    return min(100, round(100 * (ended + running) / run.asked)) if run.asked else 100


def _slots(run: Run, alike: dict[str, str]) -> list[Slot]:
    slots = []
    for task in run.tasks:
        caption = None if "prompt" in alike else figures.shortened(task.prompt or "", 90) or None
        mine = [r for r in run.results if r.task.task_uuid == task.task_uuid]
        slots += [Slot("done", caption, _still(r), text=r.text) for r in mine]
        wrong = [e for u, e in run.problems if u == task.task_uuid]
        slots += [Slot("failed", caption, failure=cards.failure(e, task if caption else None)) for e in wrong]
        if run.stages.get(task.task_uuid) in {"queued", "running"}:
            missing = max(1, task.count - len(mine) - len(wrong))
            slots += [_waiting(run, task, caption)] * missing
    return slots


def _waiting(run: Run, task: Task, caption: str | None) -> Slot:
    percent = run.progress.get(task.task_uuid)
    text = run.partial.get(task.task_uuid)
    return Slot(
        run.stages[task.task_uuid],
        caption,
        percent=None if percent is None else round(min(max(percent, 0), 100)),
        text=_tail(text),
        prose=prose(text) if text and len(text) <= _TAIL else None,
        thought=_tail(run.thoughts.get(task.task_uuid)),
    )


def _tail(text: str | None) -> str | None:
    """Return the end of a long text: what is new is there."""
    if not text:
        return None
    return text if len(text) <= _TAIL else f"…{text[-_TAIL:]}"


def _still(result: Any) -> str | None:
    """Return a small still of a result; flagged pictures are not shown while nobody asked for them."""
    if result.medium != "image" or result.path is None or result.wire.get("NSFWContent") is True:
        return None
    picture = previews.preview(result.path, previews.LIVE_EDGE)
    return data_uri(picture.data, picture.mime) if picture else None


def _publisher() -> Publish:
    """Draw on the page of a kernel; where there is none, print the line of a run that has ended."""
    if not in_notebook():
        return lambda *_: None
    identity = f"runware-{uuid4().hex}"

    def publish(data: dict[str, Any], metadata: dict[str, Any], is_update: bool) -> None:
        from IPython.display import display, update_display

        if is_update:
            update_display(data, raw=True, metadata=metadata, display_id=identity)  # type: ignore[no-untyped-call]
        else:
            display(data, raw=True, metadata=metadata, display_id=identity)  # type: ignore[no-untyped-call]

    return publish
