"""Gridding: a cell with `--grid`, whose run is a live comparison grid where a person sits at the front end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

from runware_nb import preferences, workbench
from runware_nb.api.runs import Run
from runware_nb.api.tasks import Task
from runware_nb.display.fronts import can_ask
from runware_nb.grids import Grid
from runware_nb.magics.grammar import Command
from runware_nb.magics.plans import Plan
from runware_nb.progress import Watch
from runware_nb.sessions import Quote, Session


class Gridded:
    """A plan that is run as a grid. The grid is its card, so the cell draws none."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.command: Command = replace(plan.command, options={**plan.command.options, "quiet": True})
        self.axes: Sequence[Mapping[str, Any]] = plan.axes

    def check(self, here: Session) -> list[dict[str, Any]]:
        """Return its tasks, or refuse it if one is wrong. Nothing is sent."""
        return self._plan.check(here)

    def frame(self, run: Run) -> Any:
        """Return a run as a DataFrame."""
        return self._plan.frame(run)

    def quote(self, here: Session) -> Coroutine[Any, Any, Quote]:
        """Tell what it would make, at what price."""
        return self._plan.quote(here)

    async def run(self, here: Session, watch: Watch | None, *, agreed: bool) -> Run:
        """Show it, and fill it."""
        options = self.command.options
        tasks = [Task.of(task) for task in self._plan.check(here)]
        grid = Grid.of(Run.of(tasks, options.get("name"), self.axes), here)
        workbench.show(grid)
        max_cost = options.get("max_cost", preferences.value("max_cost"))
        grid.run(max_cost=max_cost, cache=self._plan.mode, agreed=agreed)
        try:
            return await grid
        except asyncio.CancelledError:
            grid.stop()
            raise
        finally:
            if watch:
                watch(grid.results)


def wanted(plan: Plan) -> bool:
    """Tell whether a plan is to be a live grid: it is asked for, its axes span it, and somebody is there to see it."""
    options = plan.command.options
    if not options.get("grid") or options.get("quiet") or options.get("bg") or not can_ask():
        return False
    return bool(plan.axes) and len(plan.tasks) == _spanned(plan.axes)


def _spanned(axes: Sequence[Mapping[str, Any]]) -> int:
    """Return how many points there would be if every value of an axis went with every value of the others."""
    size = 1
    for name in axes[0]:
        values: list[Any] = []
        for told in axes:
            if told[name] not in values:
                values.append(told[name])
        size *= len(values)
    return size
