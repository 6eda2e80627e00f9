"""Polling: one question for all pending tasks, again and again, until each has answered in full.

`getResponse` is cumulative: each answer repeats what came before, so results are told apart by `results.identity`
and errors by their number. Several are asked in one POST; an API that refuses that is asked one by one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

from runware_nb.api.results import Frame, Result, identity, is_finished
from runware_nb.api.runs import Accepted, Arrived, Closed, Event, Progress, Refused
from runware_nb.api.tasks import Task
from runware_nb.api.transport.rest import Answer
from runware_nb.errors import ApiError, AuthenticationFailed, NotFound, RunwareError, TaskTimeout, Unreachable

QUICKEST: Final = 0.25
SLOWEST: Final = 2.0
SHARE: Final = 0.02
"""Seconds between polls: 2 % of the youngest task's age, within these bounds. A result is seen that late at most."""
GIVE_UP: Final = 60.0
"""Seconds without any answer after which waiting ends. The tasks run on, and can be fetched by their UUIDs."""
GRACE: Final = 3.0
"""Seconds in which the API may not yet know a task that it has just accepted."""
PER_POST: Final = 100
_NOT_NOW: Final = frozenset({408, 429, *range(500, 600)})


@dataclass
class Pending:
    """A task that has been accepted: what has been seen of it so far."""

    task: Task
    sent: float
    seen: dict[str, int] = field(default_factory=dict)
    wrong: int = 0
    calm: int = 0
    """Polls in a row that brought nothing new and reported nothing as still in work."""

    @property
    def is_whole(self) -> bool:
        """Whether all that was asked for has arrived or failed."""
        return len(self.seen) + self.wrong >= self.task.count

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be expected, though fewer came than were asked for."""
        enough = self.wrong > 0 or (self.task.type is not None and self.task.type.count_is_bound and self.seen)
        return bool(enough) and self.calm >= 2  # noqa: PLR2004

    def take(self, items: Sequence[Mapping[str, Any]], problems: Sequence[ApiError], *, sandbox: bool) -> list[Event]:
        """Read what an answer says of this task, and return what is new."""
        events: list[Event] = []
        working = 0
        position = 0
        for item in self._distinct(items):
            if is_finished(item):
                events += self._arrival(item, position, sandbox=sandbox)
                position += 1
            else:
                working += 1
                if isinstance(percent := item.get("progress"), int | float):
                    events.append(Progress(self.task.task_uuid, float(percent)))
        for error in problems[self.wrong :]:
            self.wrong += 1
            events.append(Refused(self.task.task_uuid, error.about(self.task.task_uuid)))
        self.calm = 0 if working or events or not (items or problems) else self.calm + 1
        return events

    def _distinct(self, items: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """Drop what is said twice in one answer, where items have nothing to be told apart by but their place."""
        if sum(is_finished(item) for item in items) <= self.task.count:
            return items
        return [item for n, item in enumerate(items) if item not in items[:n]]

    def _arrival(self, item: Mapping[str, Any], position: int, *, sandbox: bool) -> list[Event]:
        key = identity(item, position)
        if key in self.seen:
            return []
        index = item.get("resultIndex")
        self.seen[key] = index if isinstance(index, int) else len(self.seen)
        latency = monotonic() - self.sent
        return [Arrived(Result.of(self.task, self.seen[key], item, latency=latency, sandbox=sandbox))]


class Desk:
    """Where accepted tasks wait for their results.

    Parameters
    ----------
    post
        Sends an array of tasks and returns the answer.
    tell
        Called with each event.
    timeout
        Seconds a task may take before waiting for it ends.
    """

    def __init__(self, post: Callable[[Sequence[Any]], Any], tell: Callable[[Event], None], timeout: float) -> None:
        self._post = post
        self._tell = tell
        self._timeout = timeout
        self._pending: dict[str, Pending] = {}
        self._changed = asyncio.Event()
        self._closing = False
        self._together = True

    def add(self, task: Task, sent: float | None = None) -> Pending:
        """Wait for an accepted task."""
        pending = self._pending[task.task_uuid] = Pending(task, monotonic() if sent is None else sent)
        self._tell(Accepted(task.task_uuid))
        self._changed.set()
        return pending

    def forget(self, task: Task) -> None:
        """Stop waiting for a task that has answered elsewhere."""
        self._end(task.task_uuid)

    def close(self) -> None:
        """Say that no more tasks will be added: `serve` returns when all have answered."""
        self._closing = True
        self._changed.set()

    async def serve(self) -> None:
        """Poll until all tasks have answered and the desk is closed."""
        last_answer = monotonic()
        while self._pending or not self._closing:
            if not self._pending:
                last_answer = await self._idle()
                continue
            await asyncio.sleep(self._pause())
            try:
                await self._ask()
                last_answer = monotonic()
            except Unreachable as error:
                if monotonic() - last_answer > GIVE_UP:
                    self._end_all(error)
            except AuthenticationFailed as error:
                self._end_all(error)
            self._end_overdue()

    async def _idle(self) -> float:
        self._changed.clear()
        await self._changed.wait()
        return monotonic()

    def _pause(self) -> float:
        youngest = max(p.sent for p in self._pending.values())
        return min(SLOWEST, max(QUICKEST, SHARE * (monotonic() - youngest)))

    async def _ask(self) -> None:
        uuids = list(self._pending)
        size = PER_POST if self._together else 1
        groups = [uuids[i : i + size] for i in range(0, len(uuids), size)]
        for answers in [groups[i : i + 8] for i in range(0, len(groups), 8)]:
            for group, answer in zip(answers, await asyncio.gather(*map(self._question, answers)), strict=True):
                self._read(group, answer)

    async def _question(self, uuids: Sequence[str]) -> Answer:
        answer: Answer = await self._post([{"taskType": "getResponse", "taskUUID": uuid} for uuid in uuids])
        return answer

    def _read(self, uuids: Sequence[str], answer: Answer) -> None:
        frame = Frame.read(answer.payload, answer.status)
        if answer.status in _NOT_NOW and not frame.items:  # said of this question, not of the tasks: it is asked again
            raise Unreachable(str(frame.problems[0]) if frame.problems else f"the API answered HTTP {answer.status}.")
        nameless = [p for p in frame.problems if not p.task_uuids]
        if refused := next((p for p in frame.problems if isinstance(p, AuthenticationFailed)), None):
            raise refused  # of the key: it says nothing of the tasks
        if nameless and not frame.items:  # said of the question: perhaps so many at once are too many
            if len(uuids) == 1:
                raise Unreachable(str(nameless[0]))
            self._together = False
            return
        for uuid in uuids:
            if pending := self._pending.get(uuid):
                self._hear(pending, frame, answer)

    def _hear(self, pending: Pending, frame: Frame, answer: Answer) -> None:
        uuid = pending.task.task_uuid
        items = [i for i in frame.items if i.get("taskUUID") == uuid]
        problems = [p for p in frame.problems if uuid in p.task_uuids]
        if problems and not items and all(isinstance(p, NotFound) for p in problems):
            if monotonic() - pending.sent >= GRACE:  # it was accepted: where it went, its record may tell later
                self._end(uuid, problems[0], doubtful=True)
            return
        for event in pending.take(items, problems, sandbox=answer.sandbox):
            self._tell(event)
        if pending.is_whole or pending.is_over:
            self._end(uuid)

    def _end(self, uuid: str, error: RunwareError | None = None, *, doubtful: bool = False) -> None:
        del self._pending[uuid]
        if error:
            self._tell(Refused(uuid, error.about(uuid), doubtful))
        self._tell(Closed(uuid))

    def _end_all(self, error: RunwareError) -> None:
        for uuid in list(self._pending):
            self._end(uuid, error, doubtful=True)

    def _end_overdue(self) -> None:
        for uuid, pending in list(self._pending.items()):
            if monotonic() - pending.sent > self._timeout:
                late = f"no result after {self._timeout:g} s; the task may still run and be billed: %runware resume."
                self._end(uuid, TaskTimeout(late, code="timeout"), doubtful=True)
