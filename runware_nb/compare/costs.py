"""Costs: what was spent, saved, is under way or unknown, by whatever tells rows apart; and what the account says of it.

Money is counted in whole millionths of a USD, so sums are exact. Play money is in a sum of its own and in no other.
What nobody knows the price of is counted, and in no sum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from runware_nb.api import wire
from runware_nb.compare.opinions import Opinion
from runware_nb.errors import UnknownName
from runware_nb.memory.ledger import MILLION
from runware_nb.memory.queries import Heap
from runware_nb.reprs import Drawn

if TYPE_CHECKING:
    import pandas as pd

BY: Final = ("model", "kind", "day", "notebook", "cell", "tag")
"""What costs of the ledger can be told apart by."""
NONE: Final = ""
"""The value of what has none: no tag, an unknown notebook."""
_GOOD: Final = 4
"""Stars from which a result was kept."""
KEEP: Final = "keep"
"""The tag that says the same."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to add up, or several that are alike. Costs are millionths of a USD, of all together.

    Parameters
    ----------
    place
        What tells it apart: name to value. A tuple is several values, and counts under each.
    status
        `done`, `failed` or `unfinished`.
    cost
        Its price; None if unknown.
    sandbox
        Whether that is play money.
    doubtful
        Whether a failure may have been billed.
    latencies
        Seconds from sending to arrival, of what was made just then.
    estimate
        Likely price of what is under way.
    saved
        What the cache saved by it.
    kept
        Whether somebody wants to keep it: 4 stars or more, or the tag `keep`.
    made
        Whether it was made, and not shown again from the cache.
    count
        How many there are.
    """

    place: Mapping[str, Any]
    status: str = "done"
    cost: int | None = None
    sandbox: bool = False
    doubtful: bool = False
    latencies: Sequence[float] = ()
    estimate: int | None = None
    saved: int = 0
    kept: bool = False
    made: bool = True
    count: int = 1


@dataclass(frozen=True, slots=True)
class Sum:
    """What a group comes to. Money is USD.

    Parameters
    ----------
    of
        What the group is: a value for each name it was told apart by.
    spent
        Prices that the API told.
    sandbox
        Play money; in no other sum.
    saved
        Prices of what was shown again from the cache; None where the ledger does not tell it apart so.
    in_flight, flights
        Likely price of the tasks under way, and how many there are.
    results
        How many were made.
    unknown
        How many of them have no known price.
    failed, doubtful
        Tasks that failed, and those among them that may be billed all the same.
    kept
        Results that somebody wants to keep.
    p50, p95
        Seconds from sending to arrival that half, and 95 of 100, of the results took at most; None without any.
    """

    of: tuple[str, ...]
    spent: float
    sandbox: float
    saved: float | None
    in_flight: float
    flights: int
    results: int
    unknown: int
    failed: int
    doubtful: int
    kept: int
    p50: float | None
    p95: float | None

    @property
    def money(self) -> float:
        """What was spent; where there is nothing but play money, that."""
        return self.spent or self.sandbox

    @property
    def per_result(self) -> float | None:
        """USD of one result whose price is known; None without any."""
        return self.money / (self.results - self.unknown) if self.results > self.unknown else None

    @property
    def per_kept(self) -> float | None:
        """USD that one kept result cost, with all that was made to find it; None if none was marked as kept."""
        return self.money / self.kept if self.kept else None


COLUMNS: Final = (
    "spent", "sandbox", "saved", "in_flight", "flights", "results", "unknown", "failed", "doubtful", "kept",
    "per_result", "per_kept", "p50", "p95",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class Costs(Drawn):
    """Sums, whole and in groups, dearest first; days in their order.

    Parameters
    ----------
    by
        What the groups are told apart by; empty for the whole alone.
    whole
        All together.
    groups
        By `by`.
    days, models
        By day and by model, for the charts.
    budget
        USD used and USD allowed, where there is a budget.
    """

    by: tuple[str, ...]
    whole: Sum
    groups: tuple[Sum, ...] = ()
    days: tuple[Sum, ...] = ()
    models: tuple[Sum, ...] = ()
    budget: tuple[float, float] | None = None

    def __repr__(self) -> str:
        w = self.whole
        return f"<Costs: ${w.spent:.4f} spent, ${w.sandbox:.4f} play money, {w.results} results>"

    @property
    def is_play(self) -> bool:
        """Whether there is play money alone."""
        return not self.whole.spent and self.whole.sandbox > 0

    @property
    def df(self) -> pd.DataFrame:
        """The groups as a pandas DataFrame, a row each; without groups, the whole. Money is USD, times are seconds."""
        import pandas as pd

        rows = [dict(zip(self.by, g.of, strict=True)) | {c: getattr(g, c) for c in COLUMNS} for g in self._told]
        counts = ("flights", "results", "unknown", "failed", "doubtful", "kept")
        dtypes = {c: "Int64" if c in counts else "Float64" for c in COLUMNS} | dict.fromkeys(self.by, "string")
        return pd.DataFrame(rows, columns=[*self.by, *COLUMNS]).astype(dtypes)

    @property
    def _told(self) -> tuple[Sum, ...]:
        return self.groups if self.by else (self.whole,)


def costs(items: Iterable[Item], by: Sequence[str] = (), budget: tuple[float, float] | None = None) -> Costs:
    """Add up.

    Parameters
    ----------
    items
        What there is.
    by
        Names in their places to tell groups apart by.
    budget
        USD used and USD allowed.
    """
    several = list(items)
    return Costs(
        tuple(by),
        _sum((), several),
        grouped(several, by) if by else (),
        grouped(several, ("day",)),
        grouped(several, ("model",)),
        budget,
    )


def grouped(items: Iterable[Item], by: Sequence[str]) -> tuple[Sum, ...]:
    """Return the sums of groups: by day in order, else the dearest first."""
    groups: dict[tuple[str, ...], list[Item]] = defaultdict(list)
    savings_told = True
    for item in items:
        if not item.made and any(name not in item.place for name in by):
            savings_told = False  # the ledger does not know what the cache saved by that
            continue
        for name in _names(item, by):
            groups[name].append(item)
    sums = [_sum(name, several, savings_told=savings_told) for name, several in groups.items()]
    if "day" in by:
        place = list(by).index("day")
        return tuple(sorted(sums, key=lambda s: (s.of[place], -s.money, s.of)))
    return tuple(sorted(sums, key=lambda s: (-s.money, -s.results, s.of)))


def _names(item: Item, by: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the groups an item belongs to: several where a value is a tuple, such as its tags."""
    names: list[tuple[str, ...]] = [()]
    for part in by:
        told = item.place.get(part)
        values = (told or (NONE,)) if isinstance(told, tuple) else (NONE if told is None else str(told),)
        names = [(*name, str(value)) for name in names for value in values]
    return names


def _sum(of: tuple[str, ...], items: Sequence[Item], *, savings_told: bool = True) -> Sum:
    made = [i for i in items if i.status == "done" and i.made]
    flying = [i for i in items if i.status == "unfinished" and not i.sandbox]
    failed = [i for i in items if i.status == "failed"]
    p50, p95 = quantiles([i.latencies for i in made])
    return Sum(
        of,
        spent=sum(i.cost or 0 for i in made if not i.sandbox) / MILLION,
        sandbox=sum(i.cost or 0 for i in made if i.sandbox) / MILLION,
        saved=sum(i.saved for i in items if not i.sandbox) / MILLION if savings_told else None,
        in_flight=sum(i.estimate or 0 for i in flying) / MILLION,
        flights=sum(i.count for i in flying),
        results=sum(i.count for i in made),
        unknown=sum(i.count for i in made if i.cost is None),
        failed=sum(i.count for i in failed),
        doubtful=sum(i.count for i in failed if i.doubtful),
        kept=sum(i.count for i in items if i.kept),
        p50=p50,
        p95=p95,
    )


def quantiles(seconds: Iterable[Sequence[float]]) -> tuple[float | None, float | None]:
    """Return the median and the 95th percentile, between neighbours by their distance; None without values."""
    told = [several for several in seconds if len(several)]
    if not told:
        return None, None
    import numpy as np

    half, most = np.quantile(np.concatenate(told), [0.5, 0.95])
    return float(half), float(most)


def of_ledger(heaps: Iterable[Heap], given: Mapping[str, Opinion]) -> list[Item]:
    """Return what the ledger has added up as items, with the opinions under their keys."""
    return [
        Item(
            {
                "model": heap.model, "kind": _kind(heap.task_type), "day": heap.day, "notebook": heap.notebook,
                "cell": heap.cell, "tag": given[heap.key].tags if heap.key in given else (),
            },
            heap.status, heap.cost, heap.sandbox, heap.doubtful, _seconds(heap.latencies), heap.estimate,
            kept=heap.status == "done" and heap.key in given and is_kept(given[heap.key]),
            count=heap.rows,
        )
        for heap in heaps
    ]  # fmt: skip


def _seconds(told: str | None) -> Sequence[float]:
    """Read numbers joined by commas, of which there may be a million."""
    if not told:
        return ()
    import numpy as np

    return cast("Sequence[float]", np.fromstring(told, sep=","))


def of_savings(rows: Iterable[tuple[str, str, str, str, bool, int, int]]) -> list[Item]:
    """Return what the cache saved as items."""
    return [
        Item(
            {"day": day, "model": model or None, "kind": _kind(task_type), "notebook": notebook or None},
            sandbox=bool(sandbox),
            saved=saved,
            made=False,
        )
        for day, model, task_type, notebook, sandbox, _, saved in rows
    ]


def of_frame(table: pd.DataFrame) -> list[Item]:
    """Return rows of a frame as items. Any of its columns tells them apart."""
    filled = table.astype("object").where(table.notna(), None)
    return [_of_row(row) for row in filled.to_dict("records")]


def _of_row(row: Mapping[Any, Any]) -> Item:
    sandbox, tags = bool(row.get("sandbox")), tuple(filter(None, str(row.get("tags") or "").split(", ")))
    usd = row.get("sandbox_usd" if sandbox else "cost_usd")
    cached = bool(row.get("cached"))
    created = row.get("created")
    opinion = Opinion(int(row.get("stars") or 0), tags=tags)
    return Item(
        {**{str(k): v for k, v in row.items()}, "tag": tags, "day": str(created)[:10] if created else None},
        str(row.get("status")),
        None if usd is None else round(float(usd) * MILLION),
        sandbox,
        row.get("status") == "failed" and usd is None,
        () if cached or row.get("latency_s") is None else (float(row["latency_s"]),),
        saved=round(float(row.get("saved_usd") or 0) * MILLION),
        kept=is_kept(opinion),
        made=not cached,
    )


def is_kept(opinion: Opinion) -> bool:
    """Tell whether somebody wants to keep a result: 4 stars or more, or the tag `keep`."""
    return opinion.stars >= _GOOD or KEEP in opinion.tags


def checked(by: str | Sequence[str]) -> tuple[str, ...]:
    """Return names of what to tell costs of the ledger apart by: a list, or one text with commas.

    Raises
    ------
    UnknownName
        For a name that is none.
    """
    names = tuple(part.strip() for part in by.split(",") if part.strip()) if isinstance(by, str) else tuple(by)
    for name in names:
        if name not in BY:
            raise UnknownName("way to tell costs apart", name[:40], BY, f"By: {', '.join(BY)}.")
    return tuple(dict.fromkeys(names))


def _kind(task_type: str) -> str | None:
    return wire.BY_NAME[task_type].kind if task_type in wire.BY_NAME else task_type or None


@dataclass(frozen=True, repr=False)
class Reckoning(Drawn):
    """What the ledger of this machine says against what the account says, a day each, in USD.

    Parameters
    ----------
    days
        Day, USD by the ledger, USD by the account; None where the account was not asked.
    sandbox
        Whether it is play money.
    unknown
        Results of the ledger without a known price, in these days.
    doubtful
        Tasks of the ledger that failed and may be billed.
    asked
        Whether the account was asked: not where `RUNWARE_CACHE` is `only`.
    """

    days: tuple[tuple[str, float, float | None], ...]
    sandbox: bool = False
    unknown: int = 0
    doubtful: int = 0
    asked: bool = True
    notes: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(self._notes()))

    def __repr__(self) -> str:
        account = "not asked" if self.account is None else f"${self.account:.4f}"
        return f"<Reckoning: ledger ${self.ledger:.4f}, account {account}>"

    @property
    def ledger(self) -> float:
        """USD by the ledger."""
        return sum(mine for _, mine, _ in self.days)

    @property
    def account(self) -> float | None:
        """USD by the account; None if it was not asked."""
        return sum(told or 0 for _, _, told in self.days) if self.asked else None

    @property
    def difference(self) -> float | None:
        """USD that the account has more than the ledger; None if it was not asked."""
        return None if self.account is None else self.account - self.ledger

    def _notes(self) -> Iterable[str]:
        """Say what can be the reason for the difference."""
        if self.difference is None:
            yield "The account was not asked: RUNWARE_CACHE is only."
            return
        if abs(self.difference) < 0.5 / MILLION * max(1, len(self.days)):
            yield "Ledger and account agree."
            return
        if self.difference > 0:
            yield "The account has more: it counts all keys, machines and apps of the organisation, and uploads."
            if self.unknown:
                yield f"{self.unknown} results of the ledger have no known price: they are in no sum of it."
            if self.doubtful:
                yield f"{self.doubtful} tasks of the ledger failed without an answer: they may be billed."
        else:
            yield "The ledger has more: it holds other keys and addresses as well, and the account's figures come late."
        yield "A day is UTC in the ledger; a task is billed when it ran, and noted when its result arrived."


def reckoned(own: Iterable[Sum], told: Iterable[Mapping[str, Any]] | None, *, sandbox: bool) -> Reckoning:
    """Set the days of the ledger against those of the account (`getUsageActivity` by date; None: not asked)."""
    sums = list(own)
    mine = {s.of[0]: s.sandbox if sandbox else s.spent for s in sums}
    theirs: dict[str, float] = defaultdict(float)
    for row in told or ():
        spend = row.get("spend")
        if isinstance(spend, int | float) and not isinstance(spend, bool):
            theirs[str(row.get("date"))[:10]] += float(spend)
    days = sorted({*mine, *theirs})
    return Reckoning(
        tuple((day, mine.get(day, 0.0), None if told is None else theirs.get(day, 0.0)) for day in days),
        sandbox,
        sum(s.unknown for s in sums),
        sum(s.doubtful for s in sums),
        told is not None,
    )
