"""Layouts: a run of a sweep as a table, its last axis across and the others down.

A run that varies one thing is a row of tiles, and needs none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from runware_nb.api.results import Asset, Result
from runware_nb.api.runs import Run
from runware_nb.display import cards, figures, previews
from runware_nb.display.cards import Card, Tile
from runware_nb.display.players import Budget

LARGEST: Final = 100
"""Results of a run that are laid out; beyond, the run is told as tiles."""
_LEAST: Final = 2
_LABEL: Final = 120


@dataclass(slots=True)
class Place:
    """What is at one place of the table."""

    cards: list[Card] = field(default_factory=list)
    failures: list[Tile] = field(default_factory=list)
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """A table: the names of its axes, the labels across, and for each row its label and places."""

    down: str
    across: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Place, ...]], ...]


def layout(run: Run, budget: Budget) -> Layout | None:
    """Lay a run out; None for one that varies less than two things, or too much for a page."""
    axes = varied(run)
    if run.steps or len(axes) < _LEAST or run.asked > LARGEST:
        return None
    *down, across = axes
    places: dict[tuple[str, str], Place] = {}
    labels = {uuid: _labels(told, down, across) for uuid, told in run.axes.items()}
    for key in labels.values():
        places.setdefault(key, Place())
    alike = frozenset({*cards.common(run), "prompt", *axes})
    for result in run.results:
        card = cards.card(result, budget=budget, edge=previews.TILE_EDGE, is_tile=True, alike=alike)
        places[labels[result.task.task_uuid]].cards.append(replace(card, badge=None))  # the heading has it
    for uuid, error in run.problems:
        places[labels[uuid]].failures.append(cards.failure(error))
    for task in run.unfinished:
        places[labels[task.task_uuid]].waiting += 1
    columns = tuple(dict.fromkeys(column for _, column in places))
    rows = tuple(dict.fromkeys(row for row, _ in places))
    table = tuple((row, tuple(places.get((row, column), Place()) for column in columns)) for row in rows)
    return Layout(" · ".join(down), across, columns, table)


def varied(run: Run) -> list[str]:
    """Return the axes on which a run has more than one value, in order."""
    values: dict[str, set[str]] = {}
    for told in run.axes.values():
        for name, value in told.items():
            values.setdefault(name, set()).add(label(value))
    return [name for name, seen in values.items() if len(seen) > 1]


def label(value: Any) -> str:
    """Write a value on an axis in a few words: text and numbers as they are, media by the name of their file."""
    if isinstance(value, Run) and len(value) == 1:
        value = value[0]
    if isinstance(value, Result | Asset) and value.path:
        return value.path.name
    return figures.shortened(str(getattr(value, "name", None) or value), _LABEL)


def place(run: Run, uuid: str) -> str:
    """Tell where a task is on the axes that the run varies: `noir · 1`."""
    told = run.axes.get(uuid, {})
    return " · ".join(label(told[name]) for name in varied(run) if name in told)


def _labels(told: Mapping[str, Any], down: list[str], across: str) -> tuple[str, str]:
    return " · ".join(label(told.get(name, "")) for name in down), label(told.get(across, ""))
