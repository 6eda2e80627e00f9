"""Plan: what a cell would send. Made of its `Command` and the notebook's variables, before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runware_nb import preferences
from runware_nb.api.runs import Run
from runware_nb.catalog import Catalog, asking
from runware_nb.compare.sweeps import listed
from runware_nb.errors import UsageError
from runware_nb.magics import grammar, saved, templates
from runware_nb.magics.grammar import Command
from runware_nb.magics.points import Point, points
from runware_nb.progress import Watch
from runware_nb.sessions import Quote, Session
from runware_nb.settings import cache_mode


@dataclass(frozen=True, slots=True)
class Plan:
    """The tasks of a cell.

    Parameters
    ----------
    command
        The cell.
    tasks
        Dicts of the wire whose media are still objects.
    axes
        For each task, its place on the axes that the cell varies.
    table
        The DataFrame that it makes a task a row of, if it does.
    """

    command: Command
    tasks: tuple[dict[str, Any], ...]
    axes: tuple[Mapping[str, Any], ...] = ()
    table: Any = None

    @property
    def mode(self) -> str:
        """How to use the cache."""
        return cache_mode(self.command.options.get("cache", preferences.value("cache")))

    def check(self, here: Session) -> list[dict[str, Any]]:
        """Return its tasks, or refuse it if one is wrong. Nothing is sent."""
        return here.check(self.tasks)

    def run(self, here: Session, watch: Watch | None, *, agreed: bool) -> Coroutine[Any, Any, Run]:
        """Send it, and keep what it makes."""
        options = self.command.options
        return here.run(
            self.tasks,
            name=options.get("name"),
            watch=watch,
            timeout=options.get("timeout"),
            mode=self.mode,
            max_cost=options.get("max_cost", preferences.value("max_cost")),
            agreed=agreed,
            axes=self.axes,
        )

    def frame(self, run: Run) -> Any:
        """Return a run as a DataFrame: beside the rows it was made of, if it was."""
        if not hasattr(self.table, "iterrows"):
            return run.df
        from runware_nb.compare.frames import beside

        return beside(self.table, run)

    async def quote(self, here: Session) -> Quote:
        """Tell what it would make, at what price."""
        return await here.quote(self.tasks, self.mode)


def plan(command: Command, names: Mapping[str, Any], catalog: Catalog) -> Plan:
    """Fill a command in and write its tasks.

    Raises
    ------
    UsageError
        For an unknown variable or model, a missing prompt, a list where one value belongs.
    """
    if command.kind == "task":
        return Plan(command, tuple(_raw_tasks(command, names)))
    command, text = saved.merged(command)
    writer = _Writer(command, names, _given(command), text, catalog)
    varied = points(command, names)
    table = templates.fill(command.block.get("for_each"), names)
    return Plan(command, tuple(map(writer.task, varied)), tuple(point.axes for point in varied), table)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the task of each point of a cell.

    Parameters
    ----------
    given
        Parameters of line 1.
    text
        Text of the template that the cell begins with, in which `{{ body }}` is its prompt.
    """

    command: Command
    names: Mapping[str, Any]
    given: Mapping[str, Any]
    text: str | None
    catalog: Catalog

    def task(self, point: Point) -> dict[str, Any]:
        """Fill in and write one task."""
        names = {**self.names, **point.variables}
        block = {k: v for k, v in self.command.block.items() if k not in grammar.RESERVED}
        fixed = {**(block if self.command.is_literal else templates.fill(block, names)), **self.given}
        if twice := next((name for name in point.parameters if name in fixed), None):
            raise UsageError(f"{twice} is given as a parameter and as an axis of the sweep: keep one.")
        parameters = {**fixed, **point.parameters}
        _refuse_lists(self.command.kind, fixed, parameters, self.catalog)
        preferred = preferences.with_defaults(self.command.kind, parameters)
        return asking.ask(self.command.kind, self._words(point, names), preferred, self.catalog)

    def _words(self, point: Point, names: Mapping[str, Any]) -> Any:
        if path := self.command.options.get("file"):
            if point.prompt:
                kind = self.command.kind
                raise UsageError(f"{kind} works on --file: leave the body empty, or name the file in the block.")
            return Path(path)
        words: Any = point.prompt
        if words is not None and not self.command.is_literal:
            words = templates.fill(words, names)
        return words if self.text is None else templates.fill(self.text, {**names, saved.BODY: words or ""})


def _given(command: Command) -> dict[str, Any]:
    """Return the parameters of line 1."""
    given = {o.name: command.options[o.name] for o in grammar.OPTIONS if o.parameter and o.name in command.options}
    if twice := next((name for name in given if name in command.block), None):
        raise UsageError(f"{twice} is given on the first line and in the block: keep one.")
    return given


def _raw_tasks(command: Command, names: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Read tasks as the API's docs write them: one object or an array, JSON or YAML."""
    text = "\n".join(command.prompts)
    try:
        tasks = json.loads(text)
    except ValueError:
        tasks = grammar.load_yaml(text)
    several = tasks if isinstance(tasks, list) else [tasks]
    if not several or not all(isinstance(task, dict) for task in several):
        raise UsageError('task wants one task or an array of them: {"taskType": "imageInference", …}.')
    return [task if command.raw else templates.fill(task, names) for task in several]


def _refuse_lists(kind: str, fixed: Mapping[str, Any], parameters: Mapping[str, Any], catalog: Catalog) -> None:
    """Refuse a list where the model takes one value: it would multiply the bill unseen."""
    if name := next((n for n in listed(kind, parameters, catalog) if n in fixed), None):
        raise UsageError(f"{name} is a list, but takes one value. To make one each: sweep: {{{name}: […]}}.")
