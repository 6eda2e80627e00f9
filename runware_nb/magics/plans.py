"""Plan: what a cell would send. Made of its `Command` and the notebook's variables, before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runware_nb.api import inputs
from runware_nb.catalog import Catalog, asking
from runware_nb.errors import UsageError
from runware_nb.magics import grammar, templates
from runware_nb.magics.grammar import Command


@dataclass(frozen=True, slots=True)
class Plan:
    """The tasks of a cell, as dicts of the wire whose media are still objects."""

    command: Command
    tasks: tuple[dict[str, Any], ...]


def plan(command: Command, names: Mapping[str, Any], catalog: Catalog) -> Plan:
    """Fill a command in and write its tasks.

    Raises
    ------
    UsageError
        For an unknown variable or model, a missing prompt, a list where one value belongs.
    """
    if command.kind == "task":
        return Plan(command, tuple(_raw_tasks(command, names)))
    block = dict(command.block if command.raw else templates.fill(command.block, names))
    given = {o.name: command.options[o.name] for o in grammar.OPTIONS if o.parameter and o.name in command.options}
    if twice := [name for name in given if name in block]:
        raise UsageError(f"{twice[0]} is given on the first line and in the block: keep one.")
    parameters = {**block, **given}
    _refuse_lists(command.kind, parameters, catalog)
    words = [w if command.raw else templates.fill(w, names) for w in command.prompts]
    if path := command.options.get("file"):
        _refuse_unused(command.kind, words)
        words = [Path(path)]
    return Plan(command, tuple(asking.ask(command.kind, w, parameters, catalog) for w in words or [None]))


def _refuse_unused(kind: str, words: list[Any]) -> None:
    if words:
        raise UsageError(f"{kind} gets --file as what to work on: leave the body empty, or name the file in the block.")


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


def _refuse_lists(kind: str, parameters: Mapping[str, Any], catalog: Catalog) -> None:
    """Refuse a list where the model takes one value: it would multiply the bill unseen."""
    from runware_nb.compare.sweeps import Sweep

    sweep = Sweep.of(kind, None, {k: v for k, v in parameters.items() if not inputs.is_media(v)}, catalog)
    if name := next(iter(sweep.axes), None):
        raise UsageError(
            f"{name} is a list, but takes one value. To vary it, use await rw.ask({kind!r}, …, {name}=[…])."
        )
