"""Prices: what a task should cost, from the rates and examples of the catalogue. USD.

Compute-billed models vary from run to run; a figure here is a likely price, never a promise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from runware_nb.api.tasks import Task

Pick = Callable[[Sequence[Mapping[str, Any]], Mapping[str, Any]], float]
_EXTRA: Final = re.compile(r"surcharge|add-on|lora|accelerator|with audio", re.IGNORECASE)
_PER_RESULT: Final = frozenset({"image", "output", "run"})
_CHARS_PER_TOKEN: Final = 4
_ANSWER_TOKENS: Final = 200
"""Tokens a text answer is taken to have when `settings.maxTokens` does not say."""


def bounds(task: Task, prices: Sequence[Mapping[str, Any]]) -> tuple[float, float] | None:
    """Return the lowest and highest price in USD that the catalogue knows for such a task; None when it knows none."""
    low, high = _price(task, prices, _lowest), _price(task, prices, _highest)
    return None if low is None or high is None else (low, high)


def estimate(task: Task, prices: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the likely price of a task in USD, all its results together; None when nothing is known.

    Of several rows the one whose configuration shares most words and numbers with the task is taken.
    """
    return _price(task, prices, _nearest)


def _price(task: Task, prices: Sequence[Mapping[str, Any]], pick: Pick) -> float | None:
    """Price a task by the rows of its unit, of which `pick` takes one."""
    asked = task.to_wire()
    by_unit: dict[str, list[Mapping[str, Any]]] = {}
    for row in prices:
        by_unit.setdefault(row["unit"], []).append(row)
    duration = asked.get("duration")
    words = task.prompt or ""
    if per_second := by_unit.get("durationSecond"):
        seconds = float(duration) if isinstance(duration, int | float) else _default_seconds(task)
        return pick(per_second, asked) * seconds * task.count
    if per_character := by_unit.get("character"):
        return pick(per_character, asked) * len(words) * task.count
    if per_byte := by_unit.get("utf8Byte"):
        return pick(per_byte, asked) * len(words.encode()) * task.count
    if "inputToken" in by_unit and "outputToken" in by_unit:
        settings = asked.get("settings") if isinstance(asked.get("settings"), Mapping) else {}
        limit = settings.get("maxTokens") if isinstance(settings, Mapping) else None
        answer = min(limit, _ANSWER_TOKENS) if isinstance(limit, int) else _ANSWER_TOKENS
        read = by_unit["inputToken"][0]["usd"] * max(1, len(words) // _CHARS_PER_TOKEN)
        return float(read + by_unit["outputToken"][0]["usd"] * answer) * task.count
    whole = [row for unit in _PER_RESULT for row in by_unit.get(unit, ())]
    return pick(whole, asked) * task.count if whole else None


def _lowest(rows: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> float:  # noqa: ARG001
    return float(min([row["usd"] for row in rows if not _EXTRA.search(row["configuration"])] or [rows[0]["usd"]]))


def _highest(rows: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> float:  # noqa: ARG001
    return float(max(row["usd"] for row in rows))


def _nearest(rows: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> float:
    """Price of the row most like what is asked; the dearest among equals, so that a cap errs on the safe side."""
    width, height = asked.get("width"), asked.get("height")
    facts = (
        {f"{width}x{height}", f"{min(width, height)}p"} if isinstance(width, int) and isinstance(height, int) else set()
    )
    facts |= {str(asked.get("resolution") or "").lower(), f"{asked.get('steps')} steps"}
    facts |= {str(v).lower() for v in (asked.get("settings") or {}).values() if isinstance(v, str)}

    def likeness(row: Mapping[str, Any]) -> tuple[int, float]:
        told = set(re.findall(r"\d+ steps|[\w.]+", row["configuration"].lower()))
        rare = bool(_EXTRA.search(row["configuration"]))
        return (len(facts & told) * 2 - rare * 3, row["usd"])

    return float(max(rows, key=likeness)["usd"])


def _default_seconds(task: Task) -> float:
    return 5.0 if task.task_type == "videoInference" else 60.0
