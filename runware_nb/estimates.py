"""Estimates: what a task should cost, from the catalogue's prices and from what such tasks cost before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from runware_nb.api import wire
from runware_nb.api.tasks import Task
from runware_nb.catalog import Catalog, prices
from runware_nb.catalog.prices import Estimate, Paid
from runware_nb.memory.ledger import Ledger

MOST: Final = 200
"""Results of a model whose real price is looked at, the newest first."""


class Estimates:
    """Estimates of one session.

    Parameters
    ----------
    catalog
        Gives the catalogue in force.
    ledger
        What tasks cost before.
    api
        The API they went to: a sandbox's prices say nothing of another's.
    """

    def __init__(self, catalog: Callable[[], Catalog], ledger: Ledger, api: str) -> None:
        self._catalog = catalog
        self._ledger = ledger
        self._api = api
        self._paid: dict[tuple[str, str | None], Sequence[Paid]] = {}

    async def learn(self, tasks: Sequence[Task]) -> None:
        """Look up what tasks of the same models cost before. About a millisecond a model."""
        for kind in {(task.task_type, task.model) for task in tasks if task.task_type in wire.BY_NAME}:
            rows = await self._ledger.costs(self._api, *kind, MOST)
            self._paid[kind] = [Paid.of(request, usd) for request, usd in rows]

    def of(self, task: Task) -> Estimate:
        """Return the price of a checked task, all its results together, by what is known now."""
        if task.task_type not in wire.BY_NAME:
            return prices.FREE
        model = self._catalog().get(task.model)
        rows = model.prices if model else ()
        return prices.priced(task, rows, self._paid.get((task.task_type, task.model), ()))
