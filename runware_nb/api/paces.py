"""Paces: when to ask after a task, by how long such tasks usually take. Seconds, from sending on.

Few questions before the first such task was ever done, many while most get done, ever fewer after the last. What is not
known is guessed by task type, and learnt from each result.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final

from runware_nb.api.tasks import Task

QUICKEST: Final = 0.2
QUICKEST_OF_FEW: Final = 0.1
"""When few are waited for, a question is small, and all the user waits for is the end."""
SLOWEST: Final = 2.0
SHARE: Final = 0.012
"""Between two questions while the task may be done, of the usual time: so its end is seen half of that late."""
LATE: Final = 0.03
"""Between two questions after the latest time known, of the age. From 3 to 20 minutes that makes 63 questions."""
LONGEST: Final = 10.0
REMEMBERED: Final = 50
_EARLY, _OVER = 0.97, 1.1


@dataclass(frozen=True, slots=True)
class Pace:
    """How long tasks of a kind take: the soonest, the usual and the latest."""

    soonest: float = 0.0
    usual: float = 4.0
    latest: float = 10.0

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Pace:
        """Learn from tasks that are done, at least one."""
        known = list(seconds)
        return cls(_EARLY * min(known), median(known), _OVER * max(known))

    def wait(self, age: float, quickest: float = QUICKEST) -> float:
        """Return the seconds until a task of an age is to be asked after, `quickest` or more."""
        step = min(SLOWEST, max(quickest, SHARE * self.usual))
        if age > self.latest:
            return min(LONGEST, max(step, LATE * age))
        # One question at half of the soonest time, should all have become quicker.
        if self.soonest / 2 - age > step:
            return self.soonest / 2 - age
        return max(step, self.soonest - age)


LONG: Final[Mapping[str, Pace]] = {
    "videoInference": Pace(8.0, 60.0, 120.0),
    "3dInference": Pace(8.0, 60.0, 120.0),
    "training": Pace(60.0, 600.0, 1200.0),
}
"""Of tasks nobody has seen done yet, where they take longer than a picture."""


class Paces:
    """What is known of each model."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str | None], deque[float]] = {}

    def learn(self, task_type: str, model: str | None, seconds: float | None) -> None:
        """Learn from a task that is done."""
        if seconds is not None and seconds > 0:
            self._known.setdefault((task_type, model), deque(maxlen=REMEMBERED)).append(seconds)

    def of(self, task: Task) -> Pace:
        """Return the pace of a task."""
        known = self._known.get((task.task_type, task.model))
        return Pace.of(known) if known else LONG.get(task.task_type, Pace())
