"""Caps: what a run may cost at most. Held before sending, by estimates, and during the run, by real prices.

An unknown price counts as too much under a cap, unless the user says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from runware_nb.api.tasks import Task
from runware_nb.errors import BudgetExceeded, UsageError

ANY: Final = "none"
"""What a user writes in place of a cap to allow what has no known price."""


@dataclass(slots=True)
class Cap:
    """The cap of one run.

    Parameters
    ----------
    limit
        USD; None for no cap.
    unpriced
        Whether tasks of unknown price may be sent under a cap or a budget.
    prices
        Likely USD of each task to be sent, by UUID.
    """

    limit: float | None
    unpriced: bool
    prices: Mapping[str, float | None]
    _sent: float = field(default=0.0, init=False)

    @classmethod
    def of(cls, asked: float | Literal["none"] | None, prices: Mapping[str, float | None]) -> Cap:
        """Read what a user asked for: USD, `"none"`, or nothing.

        Raises
        ------
        UsageError
            For a negative number or another word.
        """
        if isinstance(asked, str) and asked != ANY:
            raise UsageError(f"max_cost is {asked!r}, but must be USD or 'none'.")
        limit = None if asked is None or isinstance(asked, str) else float(asked)
        if limit is not None and not limit >= 0:
            raise UsageError(f"max_cost is {asked}, but must be at least 0.")
        return cls(limit, asked == ANY, prices)

    @property
    def estimate(self) -> float:
        """Likely USD of all that is to be sent and has a known price."""
        return sum(price or 0 for price in self.prices.values())

    def hold(self, tasks: Sequence[Task], *, budget: bool) -> None:
        """Refuse a run that would break the cap, before anything is sent.

        Parameters
        ----------
        tasks
            What is to be sent.
        budget
            Whether a budget holds besides: then too, what has no known price is refused.

        Raises
        ------
        BudgetExceeded
            With the estimate, the cap and the way out.
        """
        unknown = sorted({t.model or t.task_type for t in tasks if self.prices.get(t.task_uuid) is None})
        if unknown and not self.unpriced and (self.limit is not None or budget):
            raise BudgetExceeded(
                f"the price of {', '.join(unknown)} is unknown, so it might break the cap:"
                " --max-cost none sends it all the same. Nothing was sent."
            )
        if self.limit is not None and self.estimate > self.limit + 1e-9:
            raise BudgetExceeded(
                f"this would cost about ${self.estimate:.4f}, but at most ${self.limit:.4f} may be spent."
                " Ask for less, or raise --max-cost. Nothing was sent."
            )

    def admit(self, tasks: Sequence[Task], spent: float) -> BudgetExceeded | None:
        """Look again before each POST: refuse what real prices no longer leave room for.

        Parameters
        ----------
        tasks
            What is about to be sent.
        spent
            USD that the run's results cost so far.
        """
        if self.limit is None:
            return None
        price = sum(self.prices.get(t.task_uuid) or 0 for t in tasks)
        if max(spent, self._sent) + price > self.limit + 1e-9:
            return BudgetExceeded(
                f"${spent:.4f} is spent, and ${price:.4f} more would break the cap of ${self.limit:.4f}: not sent.",
                task_uuids=[t.task_uuid for t in tasks],
            )
        self._sent += price
        return None
