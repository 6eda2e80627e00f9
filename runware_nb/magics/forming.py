"""Forming: a cell with `--form`, opened as a form.

What it would send is what the cell would: it is written anew with each change, and read by the same grammar.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import yaml

from runware_nb import door, playgrounds, spelling
from runware_nb.api import wire
from runware_nb.api.tasks import Task
from runware_nb.catalog import asking
from runware_nb.errors import RunwareError, UsageError
from runware_nb.magics import grammar, plans, templates
from runware_nb.magics.grammar import Command

_OWN: Final = frozenset({"form", "dry_run", "raw", "quiet", "bg", "help"})
"""Options that say how this cell is run, not what it makes."""
_BREAK: Final = "\n===\n"
_NOTHING: Final = object()


def playground(command: Command, names: Mapping[str, Any]) -> playgrounds.Playground:
    """Open a cell as a form.

    Raises
    ------
    UsageError
        For cells that are no single kind of task, or whose first task cannot be told.
    """
    if command.kind not in wire.BY_KIND:
        raise UsageError(f"--form opens a cell of one kind, such as image, and not a {command.kind}.")
    bare = replace(command, options={k: v for k, v in command.options.items() if k != "form"})
    writer = Writer(bare, names)
    return playgrounds.Playground(door.session, task=writer.begin, writer=writer)


class Writer:
    """Writes the cell that a form was opened from: what was changed in the form is changed in it, and no more.

    Parameters
    ----------
    command
        The cell, parsed.
    names
        The notebook's variables.

    Attributes
    ----------
    begin
        The task that the form begins with: that of the cell with its `{{ }}` as they stand, where it can be told.
    title, varied, sweep
        As of `playgrounds.Writer`.
    """

    def __init__(self, command: Command, names: Mapping[str, Any]) -> None:
        self._command = command
        self._names = names
        self._row = wire.BY_KIND[command.kind]
        self.title = f"%%runware {command.kind}{f' {command.target} <<' if command.target else ''}"
        sweep = command.block.get("sweep")
        self.sweep = _yaml(sweep) if sweep is not None else ""
        self.begin = self._begin()
        self._unsaid = self._goes_without_saying()

    @property
    def varied(self) -> Mapping[str, Sequence[str]]:
        """Wire path and values of each parameter that the sweep varies, as far as it can be told now."""
        try:
            return dict(self._varied())
        except RunwareError:
            return {}

    def plan(self, task: Mapping[str, Any]) -> playgrounds.Plan:
        """Return the tasks of the cell as it is now."""
        line, _, body = self.cell(task).partition("\n")
        command = grammar.parse(line.removeprefix("%%runware "), body)
        made = plans.plan(command, self._names, door.session().catalog)
        return playgrounds.Plan(made.tasks, made.axes)

    def cell(self, task: Mapping[str, Any]) -> str:
        """Return the cell as it is now."""
        words, given = self._spelt(task)
        axes = self._axes()
        kept = {k: v for k, v in given.items() if k not in axes and self._is_said(k, v)}
        others = {k: v for k, v in self._command.block.items() if k in grammar.RESERVED and k != "sweep"}
        literal = {"vars": False} if self._command.raw else {}
        sweep = {"sweep": axes} if axes else {}
        target = f" {self._command.target} <<" if self._command.target else ""
        head = f"%%runware {self._command.kind}{target}"
        return spelling.written(head, {**kept, **sweep, **others, **literal}, words or "", self._options())

    def _begin(self) -> dict[str, Any]:
        catalog = door.session().catalog
        given = self._given()
        try:
            words: Any = _BREAK.join(self._command.prompts) or None
            if path := self._command.options.get("file"):
                words = Path(path)
            return asking.ask(self._command.kind, words, given, catalog)
        except RunwareError:
            made = plans.plan(self._command, self._names, catalog)
            return dict(made.tasks[0])

    def _given(self) -> dict[str, Any]:
        """Return the parameters of the cell, of its first line and of its block, as they stand."""
        options = self._command.options
        first = {o.name: options[o.name] for o in grammar.OPTIONS if o.parameter and o.name in options}
        return {**{k: v for k, v in self._command.block.items() if k not in grammar.RESERVED}, **first}

    def _spelt(self, task: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
        catalog = door.session().catalog
        words, given = spelling.parameters(spelling.bare(task), self._row, catalog)
        if path := self._command.options.get("file"):
            given = {k: v for k, v in given.items() if v != Path(path)}
        return words, given

    def _is_said(self, name: str, value: Any) -> bool:
        """Tell whether a parameter belongs into the cell: it was said there, or is not what goes without saying."""
        return bool(self._unsaid.get(name, _NOTHING) != value)

    def _goes_without_saying(self) -> dict[str, Any]:
        """Return what a cell of this kind and model has if it says nothing else."""
        options = self._command.options
        model = {"model": self._given()["model"]} if "model" in self._given() else {}
        words: Any = Path(options["file"]) if "file" in options else _BREAK.join(self._command.prompts) or None
        try:
            plain = asking.ask(self._command.kind, words, model, door.session().catalog)
        except RunwareError:
            return {}
        unsaid = self._spelt(plain)[1]
        said = {"size" if k in {"width", "height"} else k for k in self._given()}
        return {k: v for k, v in unsaid.items() if k not in said}

    def _axes(self) -> dict[str, Any]:
        if not self.sweep.strip():
            return {}
        axes = grammar.load_yaml(self.sweep)
        if not isinstance(axes, dict):
            raise UsageError("the sweep wants names with a list each, such as seed: [1, 2].")
        return axes

    def _varied(self) -> Iterator[tuple[str, list[str]]]:
        """Give the wire path and the values of each axis that is a parameter."""
        axes = templates.fill(self._axes(), self._names)
        mentioned = templates.mentioned([*self._command.prompts, self._given()])
        for name, values in axes.items():
            if name in mentioned or name == "prompt" or not isinstance(values, list | tuple | range):
                continue
            told = [str(value) for value in values]
            try:
                task = asking.changed(Task.of(self.begin), {name: values[0]}, door.session().catalog)
            except (RunwareError, IndexError):
                continue
            for path in _differing(self.begin, task):
                yield path, told

    def _options(self) -> str:
        return "".join(_option(n, v) for n, v in self._command.options.items() if n not in _OWN)


def _option(name: str, value: Any) -> str:
    """Write an option of line 1 that is run control."""
    option = grammar.option(f"--{name.replace('_', '-')}")
    if option is None or option.parameter:
        return ""
    flag = option.flags[0]
    if option.takes is None:
        return f" {flag}" if value else ""
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    is_plain = bool(text) and not set(text) & set(" \"'")
    return f" {flag} {text if is_plain else json.dumps(text, ensure_ascii=False)}"


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=None, width=1_000_000).strip()


def _differing(one: Mapping[str, Any], other: Mapping[str, Any], path: str = "") -> list[str]:
    """Return the dotted paths at which two tasks differ."""
    found = []
    for name in {**one, **other}:
        here = f"{path}.{name}".lstrip(".")
        a, b = one.get(name), other.get(name)
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            found += _differing(a, b, here)
        elif a != b and name != "taskUUID":
            found.append(here)
    return found
