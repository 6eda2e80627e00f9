"""The same verbs for scripts, functions and other places where nothing can be awaited.

`from runware_nb import blocking as rw`, then `rw.image("a red fox")`. Each call runs on one background loop and
waits; Ctrl+C stops the waiting. Parameters, results and errors are those of the async verbs in `runware_nb.door`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runware_nb import door, hindsight
from runware_nb.api.runs import Run
from runware_nb.api.tasks import Task
from runware_nb.compare.costs import Reckoning
from runware_nb.loops import wait_for

session = door.session
history = hindsight.history
costs = hindsight.costs
ranks = hindsight.ranks
effects = hindsight.effects
export = hindsight.export
report = hindsight.report


def run(tasks: Mapping[str, Any] | Task | Sequence[Mapping[str, Any] | Task], **options: Any) -> Run:
    """Send wire tasks and wait: see `door.run`."""
    return wait_for(door.run(tasks, **options))


def resume() -> Run:
    """Bring back what was paid for and never seen, and wait: see `door.resume`."""
    return wait_for(door.resume())


def account(days: int = 30) -> Reckoning:
    """Set the ledger against the account, and wait: see `hindsight.account`."""
    return wait_for(hindsight.account(days))


def map(table: Any, prompt: str, **options: Any) -> Any:  # noqa: A001  (the name of the async one)
    """Make something of each row of a table, and wait: see `door.map`."""
    return wait_for(door.map(table, prompt, **options))


def load(path: str | Path) -> Run:
    """Return a run that was saved, and wait: see `hindsight.load`."""
    return wait_for(hindsight.load(path))


def ask(kind: str, words: Any = None, **parameters: Any) -> Run:
    """Make something of a kind and wait: see `door.ask`."""
    return wait_for(door.ask(kind, words, **parameters))


def image(prompt: Any, **parameters: Any) -> Run:
    """Make images and wait: see `door.image`."""
    return wait_for(door.image(prompt, **parameters))


def video(prompt: Any, **parameters: Any) -> Run:
    """Make videos and wait: see `door.video`."""
    return wait_for(door.video(prompt, **parameters))


def audio(prompt: Any, **parameters: Any) -> Run:
    """Make sound and wait: see `door.audio`."""
    return wait_for(door.audio(prompt, **parameters))


def mesh(prompt: Any = None, **parameters: Any) -> Run:
    """Make a 3D mesh and wait: see `door.mesh`."""
    return wait_for(door.mesh(prompt, **parameters))


def text(prompt: Any, **parameters: Any) -> Run:
    """Have a language model answer, and wait: see `door.text`."""
    return wait_for(door.text(prompt, **parameters))
