"""Comparing: what each axis of a sweep does to cost, time, ratings and what can be measured. Never called quality.

Means come with their 95 % interval (Student's t) and how many results they are of. The effect of an axis is the share
of a figure's variance that lies between its values (eta squared): 0 if it changes nothing, 1 if it decides all.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import combinations
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any, Final

from runware_nb.api.results import Result
from runware_nb.api.runs import Run
from runware_nb.compare import measures
from runware_nb.compare.contests import item
from runware_nb.errors import UsageError
from runware_nb.reprs import Drawn

if TYPE_CHECKING:
    import pandas as pd

_ALIKE: Final = 3
"""Bits of 64 in which the difference hashes of pictures that look the same may differ."""
_SMALL: Final = (12.7062, 4.3027, 3.1824, 2.7764, 2.5706)
"""97.5th percentiles of Student's t for 1 to 5 degrees of freedom."""
_NORMAL: Final = 1.959964
_NOTHING: Final = 1e-18
"""Variance, of that of the mean's size, that is rounding."""
_DEALS: Final = 500


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure of the results at one value of an axis.

    Parameters
    ----------
    axis, value, figure
        Which.
    count
        Results it is of.
    mean
        Their mean.
    deviation
        Their standard deviation; None of one.
    low, high
        95 % interval of the mean; None of one.
    """

    axis: str
    value: str
    figure: str
    count: int
    mean: float
    deviation: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What an axis does to a figure: its share of the variance, 0 to 1, and where the mean is least and most.

    `chance` is the share that values dealt out at random reach in 95 of 100 deals: an effect below it is none.
    """

    axis: str
    figure: str
    share: float
    chance: float
    least: str
    least_mean: float
    most: str
    most_mean: float


@dataclass(frozen=True, slots=True)
class Alikeness:
    """Of the pairs that differ on one axis alone, how many look, or read, the same."""

    axis: str
    pairs: int
    alike: int


@dataclass(frozen=True, slots=True)
class Seen:
    """One result: where it is on the axes, and what was measured."""

    point: Mapping[str, str]
    figures: Mapping[str, float]
    looks: int | str | None = None


@dataclass(frozen=True, repr=False)
class Comparison(Drawn):
    """What a sweep shows.

    Parameters
    ----------
    axes
        Name to values.
    seen
        The results.
    spreads, effects, alike
        What follows of them.
    failures
        Cause to how many tasks it ended.
    failed
        Axis and value to failed and asked tasks.
    """

    axes: Mapping[str, tuple[str, ...]]
    seen: tuple[Seen, ...]
    spreads: tuple[Spread, ...]
    effects: tuple[Effect, ...]
    alike: tuple[Alikeness, ...]
    failures: Mapping[str, int]
    failed: Mapping[tuple[str, str], tuple[int, int]]

    def __repr__(self) -> str:
        return f"<Comparison of {len(self.seen)} results along {', '.join(self.axes) or 'no axis'}>"

    @property
    def df(self) -> pd.DataFrame:
        """Each figure at each value of each axis as a pandas DataFrame: count, mean, deviation, low, high."""
        import pandas as pd

        table = pd.DataFrame([asdict(s) for s in self.spreads], columns=[f.name for f in fields(Spread)])
        numbers = dict.fromkeys(("mean", "deviation", "low", "high"), "Float64")
        return table.astype({**dict.fromkeys(("axis", "value", "figure"), "string"), "count": "Int64", **numbers})

    @property
    def figures(self) -> list[str]:
        """The figures that there are."""
        return [name for name in measures.FIGURES if any(name in s.figures for s in self.seen)]


def compare(
    run: Run,
    *,
    axes: Mapping[str, Mapping[str, Any]] | None = None,
    stars: Callable[[Result], int | None] = lambda _: None,
    reference: Path | None = None,
) -> Comparison:
    """Compare the results of a run along its axes.

    Parameters
    ----------
    run
        A run of a sweep.
    axes
        Task UUID to its place, in place of the run's own.
    stars
        Gives the stars of a result.
    reference
        A picture that those of the run are measured against.

    Raises
    ------
    UsageError
        When nothing varies, or the reference cannot be read.
    """
    points = {uuid: {n: item(v) for n, v in place.items()} for uuid, place in (axes or run.axes or _own(run)).items()}
    values = _values(points.values())
    if not values:
        raise UsageError("there is nothing to compare: all tasks are the same, or there is one.")
    seen = tuple(_seen(r, points.get(r.task.task_uuid, {}), stars, reference) for r in run.results)
    spreads = tuple(_spreads(seen, values))
    failed = {
        (axis, value): _failed(run, [u for u, p in points.items() if p.get(axis) == value])
        for axis, several in values.items()
        for value in several
    }
    causes = Counter(getattr(error, "code", None) or type(error).__name__ for _, error in run.problems)
    effects = tuple(e for axis in values for figure in measures.FIGURES if (e := _effect(seen, axis, figure)))
    return Comparison(values, seen, spreads, effects, tuple(_alikeness(seen, values)), dict(causes), failed)


def _own(run: Run) -> dict[str, dict[str, Any]]:
    """Return as axes what tasks of a run without axes differ in, of model, prompt and seed."""
    told = {t.task_uuid: {"model": t.model, "prompt": t.prompt, "seed": t.to_wire().get("seed")} for t in run.tasks}
    varied = [n for n in ("model", "prompt", "seed") if len({str(place[n]) for place in told.values()}) > 1]
    return {uuid: {n: place[n] for n in varied} for uuid, place in told.items()}


def _values(points: Iterable[Mapping[str, str]]) -> dict[str, tuple[str, ...]]:
    """Return the axes that vary, and their values in the order in which they come."""
    values: dict[str, dict[str, None]] = defaultdict(dict)
    for point in points:
        for name, value in point.items():
            values[name][value] = None
    return {name: tuple(several) for name, several in values.items() if len(several) > 1}


def _seen(
    result: Result, point: Mapping[str, str], stars: Callable[[Result], int | None], reference: Path | None
) -> Seen:
    figures = measures.measured(result, reference)
    if given := stars(result):
        figures["stars"] = float(given)
    return Seen(point, figures, _looks(result))


def _looks(result: Result) -> int | str | None:
    if result.medium == "image" and result.path is not None and result.path.is_file():
        picture = measures.grey(result.path)
        return None if picture is None else measures.looks(picture)
    if result.text is not None:
        return " ".join(result.text.split())
    return result.path.name if result.path is not None else None  # files are named by their content


def _same(one: int | str | None, other: int | str | None) -> bool:
    if isinstance(one, int) and isinstance(other, int):
        return (one ^ other).bit_count() <= _ALIKE
    return one is not None and one == other


def _spreads(seen: Sequence[Seen], values: Mapping[str, Sequence[str]]) -> Iterable[Spread]:
    for axis, several in values.items():
        for value in several:
            here = [s for s in seen if s.point.get(axis) == value]
            for figure in measures.FIGURES:
                if told := [s.figures[figure] for s in here if figure in s.figures]:
                    yield _spread(axis, value, figure, told)


def _spread(axis: str, value: str, figure: str, told: Sequence[float]) -> Spread:
    mean, count = fmean(told), len(told)
    if count == 1:
        return Spread(axis, value, figure, 1, mean, None, None, None)
    deviation = stdev(told)
    half = student(count - 1) * deviation / math.sqrt(count)
    return Spread(axis, value, figure, count, mean, deviation, mean - half, mean + half)


def student(freedom: int) -> float:
    """Return the 97.5th percentile of Student's t (Cornish-Fisher from 6 degrees of freedom, within 1e-3)."""
    if freedom <= len(_SMALL):
        return _SMALL[freedom - 1]
    z, n = _NORMAL, freedom
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )


def _effect(seen: Sequence[Seen], axis: str, figure: str) -> Effect | None:
    groups: dict[str, list[float]] = defaultdict(list)
    for s in seen:
        if axis in s.point and figure in s.figures:
            groups[s.point[axis]].append(s.figures[figure])
    every = [v for told in groups.values() for v in told]
    if len(groups) < 2 or len(every) <= len(groups):  # noqa: PLR2004 - one result a value tells nothing of the rest
        return None
    middle = fmean(every)
    whole = sum((v - middle) ** 2 for v in every)
    between = sum(len(told) * (fmean(told) - middle) ** 2 for told in groups.values())
    means = {value: fmean(told) for value, told in groups.items()}
    least, most = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    share = min(1.0, between / whole) if whole > _NOTHING * max(1.0, middle**2) else 0.0
    return Effect(
        axis,
        figure,
        share,
        _by_chance(list(groups.values()), middle, whole) if share else 1.0,
        least,
        means[least],
        most,
        means[most],
    )


def _by_chance(groups: Sequence[Sequence[float]], middle: float, whole: float) -> float:
    """Deal the values out at random, and return the share of the variance that is between groups in 95 of 100 deals."""
    import numpy as np

    values = np.array([value for told in groups for value in told]) - middle
    dealt = np.random.default_rng(0).permuted(np.tile(values, (_DEALS, 1)), axis=1)
    starts = np.cumsum([0, *(len(told) for told in groups[:-1])])
    sums = np.add.reduceat(dealt, starts, axis=1)
    between = (sums**2 / np.array([len(told) for told in groups])).sum(axis=1)
    return float(np.quantile(between / whole, 0.95))


def _alikeness(seen: Sequence[Seen], values: Mapping[str, Sequence[str]]) -> Iterable[Alikeness]:
    for axis in values:
        groups: dict[tuple[tuple[str, str], ...], list[Seen]] = defaultdict(list)
        for s in seen:
            if s.looks is not None:
                groups[tuple(sorted((n, v) for n, v in s.point.items() if n != axis))].append(s)
        pairs = [
            (a, b)
            for group in groups.values()
            for a, b in combinations(group, 2)
            if a.point.get(axis) != b.point.get(axis)
        ]
        if pairs:
            yield Alikeness(axis, len(pairs), sum(_same(a.looks, b.looks) for a, b in pairs))


def _failed(run: Run, uuids: Iterable[str]) -> tuple[int, int]:
    mine = set(uuids)
    return len({uuid for uuid, _ in run.problems} & mine), len(mine)
