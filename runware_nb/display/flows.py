"""Flows: the steps of a chain as a graph, level by level; each step stands right of those it works on."""

from __future__ import annotations

from dataclasses import dataclass

from runware_nb.api.runs import Run, Stage
from runware_nb.display import cards


@dataclass(frozen=True, slots=True)
class Node:
    """A step: its name, what it makes, how far it is, its price and time, and all of that in words."""

    name: str
    kind: str
    stage: Stage
    facts: str
    told: str


def flow(run: Run) -> list[list[Node]]:
    """Return the steps of a chain by level; nothing for other runs."""
    levels: dict[str, int] = {}
    for name, needs in run.steps.items():
        levels[name] = 1 + max((levels[n] for n in needs), default=-1)
    several: list[list[Node]] = [[] for _ in range(max(levels.values(), default=-1) + 1)]
    for name, level in levels.items():
        several[level].append(_node(run, name))
    return several


def _node(run: Run, name: str) -> Node:
    uuids = [uuid for uuid, told in run.axes.items() if told.get("step") == name]
    part = run.where(step=name) if uuids else Run()
    stages = set(part.stages.values()) or {"queued"}
    order: tuple[Stage, ...] = ("failed", "running", "queued", "done")
    stage = next(s for s in order if s in stages)
    facts = cards.total(part).words if part.results else ""
    needs = run.steps[name]
    told = f"{name}: {stage}" + (f", works on {', '.join(needs)}" if needs else "")
    return Node(name, part.kinds, stage, facts, told)
