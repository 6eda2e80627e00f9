"""The account: its balance, what each task was billed, and the usage figures made of that. USD, play money."""

from __future__ import annotations

import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

LONGEST_PERIOD: Final = 30
"""Days of usage one request may ask for."""


class Bill(NamedTuple):
    """What one task was billed.

    Parameters
    ----------
    usd
        All its results together.
    runs
        How often it ran; the API runs a UUID once.
    """

    usd: float
    runs: int


@dataclass(frozen=True, slots=True)
class Row:
    """One task in the usage figures."""

    when: datetime
    model: str
    usd: float
    results: int
    failures: int
    seconds: float


@dataclass
class Account:
    """One organisation with one key.

    Parameters
    ----------
    balance
        USD left.
    key
        Its API key, shown masked only.
    now
        Gives the date and time.
    """

    balance: float
    key: str = field(repr=False)
    now: Callable[[], datetime]
    bills: dict[str, Bill] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    opened: datetime = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.opened = self.now()
        self.organization = str(uuid.uuid5(uuid.NAMESPACE_DNS, "sandbox"))

    def charge(self, task_uuid: str, model: str, usd: float, *, results: int, failures: int, seconds: float) -> None:
        """Book one run of a task. Failed results cost nothing and are counted."""
        with self._lock:
            self.balance -= usd
            self.rows.append(Row(self.now(), model, usd, results, failures, seconds))
            if results:
                old = self.bills.get(task_uuid, Bill(0.0, 0))
                self.bills[task_uuid] = Bill(old.usd + usd, old.runs + 1)

    def refund(self, task_uuid: str, usd: float) -> None:
        """Take back what was billed for a result that could not be made."""
        with self._lock:
            self.balance += usd
            bill = self.bills[task_uuid]
            self.bills[task_uuid] = bill._replace(usd=bill.usd - usd)

    def details(self, *, as_object: bool) -> dict[str, Any]:
        """Return the answer of `getDetails`, with the balance as an object or as a number."""
        amount = round(self.balance, 6)
        return {
            "organizationName": "Sandbox",
            "organizationUUID": self.organization,
            "balance": {"amount": amount, "freeBalance": 0, "currency": "USD"} if as_object else amount,
            "team": [
                {"name": "Sandbox", "email": "sandbox@localhost", "roles": ["Owner"], "joinedAt": _stamp(self.opened)}
            ],
            "apiKeys": [self._key_row()],
            "usage": self._totals(),
        }

    def _key_row(self) -> dict[str, Any]:
        last = self.rows[-1].when if self.rows else self.opened
        return {
            "apiKey": self.masked,
            "name": "sandbox",
            "description": "The key of this sandbox",
            "enabled": True,
            "createdAt": _stamp(self.opened),
            "lastUsedAt": _stamp(last),
            "requests": len(self.rows),
        }

    @property
    def masked(self) -> str:
        """The key with its middle taken out."""
        return f"{self.key[:4]}...{self.key[-4:]}"

    def _totals(self) -> dict[str, Any]:
        today = self.now().date()
        since = {
            "total": date.min,
            "today": today,
            "last7Days": today - timedelta(6),
            "last30Days": today - timedelta(29),
        }
        return {name: _total([r for r in self.rows if r.when.date() >= first]) for name, first in since.items()}

    def usage(self, first: date, last: date, models: Sequence[str], by: Sequence[str]) -> dict[str, Any]:
        """Return usage figures of some days, grouped by `date`, `model` and `apiKey`; both days are included."""
        chosen = [r for r in self.rows if first <= r.when.date() <= last and (not models or r.model in models)]
        usage = self._totals()
        names = {"date": "timeseries", "model": "model", "apiKey": "apiKey"}
        for name in by or ("date",):
            groups: dict[str, list[Row]] = defaultdict(list)
            for row in chosen:
                groups[{"date": str(row.when.date()), "model": row.model}.get(name, self.masked)].append(row)
            data = [{name: key, **_figures(rows)} for key, rows in sorted(groups.items())]
            usage[names.get(name, name)] = {"data": data, "meta": {"count": len(data)}}
        return usage


def _total(rows: Sequence[Row]) -> Mapping[str, Any]:
    return {"credits": round(sum(r.usd for r in rows), 6), "requests": len(rows)}


def _figures(rows: Sequence[Row]) -> dict[str, Any]:
    """Sum up some rows; times are milliseconds, percentiles by nearest rank."""
    times = sorted(r.seconds * 1000 for r in rows)

    def rank(share: float) -> float:
        return round(times[min(len(times) - 1, int(share * len(times)))], 1)

    return {
        "count": sum(r.results for r in rows),
        "spend": round(sum(r.usd for r in rows), 6),
        "clientErrors": 0,
        "serverErrors": sum(r.failures for r in rows),
        "avgInferenceTime": round(sum(times) / len(times), 1),
        "p90InferenceTime": rank(0.9),
        "p99InferenceTime": rank(0.99),
    }


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
