"""Prices: what a task should cost, from the rates and examples of the catalogue and from what was paid before. USD.

Compute-billed models vary from run to run; a figure here is a likely price, never a promise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import median
from typing import Any, Final

from runware_nb.api import wire
from runware_nb.api.tasks import Task

_EXTRA: Final = re.compile(r"surcharge|add-on|lora|accelerator|with audio", re.IGNORECASE)
_WORD: Final = re.compile(r"\d+ steps|[\w.]+")
_PER_RESULT: Final = frozenset({"image", "output", "run"})
_CHARS_PER_TOKEN: Final = 4
_ANSWER_TOKENS: Final = 200
"""Tokens a text answer is taken to have when `settings.maxTokens` does not say."""


_BY_WORDS: Final = frozenset({"character", "utf8Byte", "inputToken"})
"""Units that go by the words of a task: what others cost, of other words, tells less than the rate."""
_ENOUGH: Final = 3
"""Results of one's own that tell between which bounds a price lies."""
_SIZED: Final = ("width", "height", "resolution", "duration", "fps", "steps", "upscaleFactor", "targetMegapixels")
_EXTRAS: Final = ("lora", "controlNet", "ipAdapters", "refiner", "hiresFix", "acceleratorOptions", "acceleration")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A price in USD, all results of a task together, and how it is known.

    Parameters
    ----------
    low, likely, high
        The lowest, the likely and the highest; None where nobody knows.
    basis
        How it is known, in a few words: `"list rates"`, `"price examples"`, `"your last 5 such results"`, `"dry run"`,
        `"free"`, or `"unknown"`.
    """

    low: float | None
    likely: float | None
    high: float | None
    basis: str

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The lowest and the highest."""
        return None if self.low is None or self.high is None else (self.low, self.high)


FREE: Final = Estimate(0.0, 0.0, 0.0, "free")
UNKNOWN: Final = Estimate(None, None, None, "unknown")


@dataclass(frozen=True, slots=True)
class Paid:
    """What one result did cost.

    Parameters
    ----------
    size
        What of its task decides the price: see `sized`.
    usd
        Its price.
    """

    size: str
    usd: float

    @classmethod
    def of(cls, request: Mapping[str, Any], usd: float) -> Paid:
        """Read it of a request and a price."""
        return cls(sized(request), usd)


def sized(request: Mapping[str, Any]) -> str:
    """Return what decides the price of a result, besides the model and the words, as text to compare."""
    settings = request.get("settings")
    inputs = request.get("inputs")
    told = {
        **{name: request[name] for name in _SIZED if name in request},
        **{name: True for name in _EXTRAS if request.get(name)},
        "quality": settings.get("quality") if isinstance(settings, Mapping) else None,
        "providerSettings": request.get("providerSettings"),
        "inputs": sorted(name for name in inputs if inputs[name]) if isinstance(inputs, Mapping) else None,
    }
    return json.dumps({k: v for k, v in told.items() if v is not None}, sort_keys=True, default=str)


def priced(task: Task, prices: Sequence[Mapping[str, Any]], paid: Sequence[Paid] = ()) -> Estimate:
    """Return the price of a task, and how it is known.

    Parameters
    ----------
    task
        The task.
    prices
        What the catalogue knows of its model.
    paid
        What results of its model did cost. Where one has the same size, duration, steps and extras, the median of
        those is likely, since it is what this very thing costs; but not where the rate goes by the words.
    """
    tariff = Tariff.of(task, prices)
    span, likely = tariff.bounds, tariff.likely
    goes_by_words = likely is not None and any(row["unit"] in _BY_WORDS for row in prices)
    size = sized(tariff.asked) if paid and not goes_by_words else None
    own = [one.usd for one in paid if one.size == size]
    if own:
        several = f"last {len(own)} such results" if len(own) > 1 else "one such result"
        count = task.count
        # Until there are three of them, what others paid may be as true.
        low, high = span if span and len(own) < _ENOUGH else (min(own) * count, max(own) * count)
        likely = median(own) * count
        return Estimate(min(low, likely), likely, max(high, likely), f"your {several}")
    if span is None or likely is None:
        return UNKNOWN
    return Estimate(span[0], likely, span[1], "list rates" if _goes_by_rate(prices) else "price examples")


def dry(estimate: Estimate, usd: float | None) -> Estimate:
    """Return an estimate with the price that a dry run gave in its place, if it gave one."""
    return estimate if usd is None else replace(estimate, low=usd, likely=usd, high=usd, basis="dry run")


def _goes_by_rate(prices: Sequence[Mapping[str, Any]]) -> bool:
    return any(row["unit"] in {"durationSecond", *_BY_WORDS} for row in prices)


def bounds(task: Task, prices: Sequence[Mapping[str, Any]]) -> tuple[float, float] | None:
    """Return the lowest and highest price in USD that the catalogue knows for such a task; None when it knows none."""
    return Tariff.of(task, prices).bounds


def estimate(task: Task, prices: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the likely price of a task in USD, all its results together; None when nothing is known.

    Of several rows the one whose configuration shares most words and numbers with the task is taken.
    """
    return Tariff.of(task, prices).likely


@dataclass(frozen=True, slots=True)
class Tariff:
    """What the catalogue knows of the price of a task.

    Parameters
    ----------
    asked
        The task on the wire.
    rows
        Prices of the unit that its model is billed by, of which one holds.
    times
        How many such units it takes.
    """

    asked: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    times: float

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The lowest and the highest price in USD; None when none is known."""
        if not self.rows:
            return None
        dearest = max(float(row["usd"]) for row in self.rows)
        usual = [float(row["usd"]) for row in self.rows if not _reading(row["configuration"])[1]]
        return min(usual or [float(self.rows[0]["usd"])]) * self.times, dearest * self.times

    @property
    def likely(self) -> float | None:
        """The price in USD of the row most like the task; None when none is known."""
        return _nearest(self.rows, self.asked) * self.times if self.rows else None

    @classmethod
    def of(cls, task: Task, prices: Sequence[Mapping[str, Any]]) -> Tariff:
        """Find the rows of the unit that counts, and how many units a task takes."""
        asked = task.to_wire()
        by_unit: dict[str, list[Mapping[str, Any]]] = {}
        for row in prices:
            by_unit.setdefault(row["unit"], []).append(row)
        duration = asked.get("duration")
        words = wire.prompt_of(asked) or ""
        if per_second := by_unit.get("durationSecond"):
            seconds = float(duration) if isinstance(duration, int | float) else _default_seconds(task)
            return cls(asked, per_second, seconds * task.count)
        if per_character := by_unit.get("character"):
            return cls(asked, per_character, len(words) * task.count)
        if per_byte := by_unit.get("utf8Byte"):
            return cls(asked, per_byte, len(words.encode()) * task.count)
        if "inputToken" in by_unit and "outputToken" in by_unit:
            settings = asked.get("settings") if isinstance(asked.get("settings"), Mapping) else {}
            limit = settings.get("maxTokens") if isinstance(settings, Mapping) else None
            answer = min(limit, _ANSWER_TOKENS) if isinstance(limit, int) else _ANSWER_TOKENS
            read = by_unit["inputToken"][0]["usd"] * max(1, len(words) // _CHARS_PER_TOKEN)
            both = read + by_unit["outputToken"][0]["usd"] * answer
            return cls(asked, [{"usd": both, "configuration": ""}], task.count)
        return cls(asked, [row for unit in _PER_RESULT for row in by_unit.get(unit, ())], task.count)


@lru_cache(4096)
def _reading(configuration: str) -> tuple[frozenset[str], bool]:
    """Read a row's configuration: its words and numbers, and whether it tells of something extra."""
    return frozenset(_WORD.findall(configuration.lower())), bool(_EXTRA.search(configuration))


def _nearest(rows: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> float:
    """Price of the row most like what is asked; the dearest among equals, so that a cap errs on the safe side."""
    width, height = asked.get("width"), asked.get("height")
    facts = (
        {f"{width}x{height}", f"{min(width, height)}p"} if isinstance(width, int) and isinstance(height, int) else set()
    )
    facts |= {str(asked.get("resolution") or "").lower(), f"{asked.get('steps')} steps"}
    facts |= {str(v).lower() for v in (asked.get("settings") or {}).values() if isinstance(v, str)}

    def likeness(row: Mapping[str, Any]) -> tuple[int, float]:
        told, rare = _reading(row["configuration"])
        return (len(facts & told) * 2 - rare * 3, row["usd"])

    return float(max(rows, key=likeness)["usd"])


def _default_seconds(task: Task) -> float:
    return 5.0 if task.task_type == "videoInference" else 60.0
