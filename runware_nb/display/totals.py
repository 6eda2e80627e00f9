"""Totals: what was spent, as figures, charts and a table that reads without them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from runware_nb import reprs
from runware_nb.compare.costs import Costs, Reckoning, Sum
from runware_nb.display import cards, charts
from runware_nb.display.figures import money, printable, seconds, shortened
from runware_nb.display.markup import html
from runware_nb.display.tables import Listing, Table, listing_bundle

_DAYS: Final = 60
"""Days in the chart: the last ones."""
_MODELS: Final = 12
_GROUPS: Final = 200


def rows(costs: Costs) -> tuple[tuple[str, str, str], ...]:
    """Return name, figure and meaning of each sum."""
    w = costs.whole
    told = [
        ("spent", money(w.spent), "prices the API told"),
        ("unknown", str(w.unknown), "results whose price it did not tell; they are in no sum"),
        ("in flight", money(w.in_flight), f"likely price of {w.flights} task{'s' * (w.flights != 1)} under way"),
        ("in doubt", str(w.doubtful), "tasks that may have run: %runware resume brings them back"),
        ("failed", str(w.failed), "tasks that made nothing, or less; the doubtful ones among them may be billed"),
        ("saved", _known(w.saved), "prices of what was shown again from the cache"),
        ("sandbox", money(w.sandbox), "play money; it is in no other sum"),
        ("results", f"{w.results:,}", _each(w)),
    ]
    return tuple(told)


def _each(whole: Sum) -> str:
    parts = [] if whole.per_result is None else [f"{money(whole.per_result)} a result"]
    if whole.per_kept is not None:
        parts.append(f"{money(whole.per_kept)} a kept one ({whole.kept} have 4 stars or more, or the tag keep)")
    return "; ".join(parts) or "made"


@reprs.mimebundle.register
def costs_bundle(costs: Costs) -> reprs.type_of_bundle:
    """Draw costs."""
    figures, groups = rows(costs), _groups(costs)
    plain = [f"{name:10} {figure:>12}   {meaning}" for name, figure, meaning in figures]
    if groups:
        plain += ["", listing_bundle(Listing(groups))[0]["text/plain"]]
    page = html(
        "costs",
        figures=Table(figures),
        meter=_meter(costs),
        days=_days(costs),
        models=_models(costs),
        more=max(0, len(costs.models) - _MODELS),
        dots=_dots(costs),
        groups=groups,
        by=", ".join(costs.by),
        money="sandbox" if costs.is_play else "spent",
        badge=cards.BADGE if costs.is_play else None,
    )
    return {"text/plain": printable("\n".join(plain)), "text/html": page}, {}


@reprs.mimebundle.register
def reckoning_bundle(reckoning: Reckoning) -> reprs.type_of_bundle:
    """Draw the ledger against the account."""
    sums = [*reckoning.days, ("all", reckoning.ledger, reckoning.account)]
    days = [
        (day, money(mine), *(("not asked", "") if told is None else (money(told), _signed(told - mine))))
        for day, mine, told in sums
    ]
    table = Table(tuple(days), ("day", "ledger", "account", "difference"))
    play = ["Play money: the sandbox bills it."] if reckoning.sandbox else []
    notes = [*play, *reckoning.notes]
    plain = "\n".join([listing_bundle(Listing(table))[0]["text/plain"], *notes])
    return {"text/plain": plain, "text/html": html("reckoning", table=table, notes=notes)}, {}


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    name: str
    results: str
    spent: str
    bar: str
    each: str
    p50: str
    p95: str


def _models(costs: Costs) -> list[_Line]:
    most = max((s.money for s in costs.models), default=0.0) or 1.0
    return [
        _Line(
            number,
            shortened(s.of[0] or "none", 80),
            f"{s.results:,}",
            money(s.money),
            charts.bar(s.money / most),
            _known(s.per_result),
            _time(s.p50),
            _time(s.p95),
        )
        for number, s in enumerate(costs.models[:_MODELS], 1)
    ]


def _days(costs: Costs) -> dict[str, str] | None:
    """Draw the last days up to the last that cost something, those without anything among them."""
    spent = {s.of[0]: s.money for s in costs.days if s.of[0] and s.money}
    if len(spent) < 2:  # noqa: PLR2004 - a lone bar tells nothing
        return None
    last = date.fromisoformat(max(spent))
    first = max(date.fromisoformat(min(spent)), last - timedelta(days=_DAYS - 1))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    values = [spent.get(day.isoformat(), 0.0) for day in days]
    most = max(values)
    dearest = days[values.index(most)]
    alt = f"Spent a day from {first} to {last}: most on {dearest}, {money(most)}"
    few = [0.0] * max(0, 7 - len(values))  # so that few bars are no blocks
    return {
        "src": charts.columns([*values, *few]), "alt": alt, "first": str(first),
        "last": str(last) if last != first else "", "most": f"{money(most)} on {dearest}",
    }  # fmt: skip


def _dots(costs: Costs) -> dict[str, str] | None:
    shown = [(s.per_result, s.p50, s.p95) for s in costs.models[:_MODELS]]
    if sum(each is not None and half is not None for each, half, _ in shown) < 2:  # noqa: PLR2004 - as does a lone dot
        return None
    far = max(each or 0.0 for each, *_ in shown) or 1.0
    high = max(most or 0.0 for *_, most in shown) or 1.0
    points = [((each or 0.0) / far, (half or 0.0) / high, (most or 0.0) / high) for each, half, most in shown]
    alt = "Cost of a result against seconds, a numbered dot each row of the table of models"
    return {"src": charts.scatter(points), "alt": alt, "far": money(far), "high": seconds(high)}


def _meter(costs: Costs) -> dict[str, str] | None:
    if costs.budget is None:
        return None
    used, limit = costs.budget
    share = used / limit if limit else 1.0
    return {"src": charts.meter(share), "words": f"{money(used)} of {money(limit)} are used, or may yet be"}


def _groups(costs: Costs) -> Table | None:
    if not costs.by:
        return None
    columns = (
        *costs.by,
        "results",
        "spent",
        "saved",
        "in flight",
        "sandbox",
        "unknown",
        "failed",
        "a result",
        "p50",
        "p95",
    )
    told = [
        (
            *(shortened(value or "none", 80) for value in s.of),
            f"{s.results:,}", money(s.spent), _known(s.saved), money(s.in_flight), money(s.sandbox), str(s.unknown),
            str(s.failed), _known(s.per_result), _time(s.p50), _time(s.p95),
        )
        for s in costs.groups[:_GROUPS]
    ]  # fmt: skip
    return Table(tuple(told), columns, max(0, len(costs.groups) - _GROUPS))


def _known(usd: float | None) -> str:
    return "–" if usd is None else money(usd)  # noqa: RUF001


def _time(value: float | None) -> str:
    return "–" if value is None else seconds(value)  # noqa: RUF001


def _signed(usd: float) -> str:
    rounded = round(usd, 6)
    return f"{'+' if rounded > 0 else '-' if rounded < 0 else ''}{money(abs(rounded))}"
