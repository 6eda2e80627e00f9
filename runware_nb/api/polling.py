"""Polling: one question for all tasks that may be done by now, until each has answered in full.

Each task is asked after at its own pace (`paces`); those whose time is near share the question, also with the other
desks of the client.

`getResponse` is cumulative: each answer repeats what came before, so results are told apart by `results.identity`
and errors by their number. Several are asked in one POST; an API that refuses that is asked one by one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

from runware_nb.api.paces import QUICKEST, QUICKEST_OF_FEW, Pace, Paces
from runware_nb.api.results import Frame, Result, identity, is_finished
from runware_nb.api.runs import Accepted, Arrived, Closed, Event, Progress, Refused
from runware_nb.api.tasks import Task
from runware_nb.api.transport.rest import Answer
from runware_nb.errors import ApiError, AuthenticationFailed, NotFound, RunwareError, TaskTimeout, Unreachable

GIVE_UP: Final = 60.0
"""Seconds of failing questions after which waiting ends. The tasks run on, and can be fetched by their UUIDs."""
GRACE: Final = 3.0
"""Seconds in which the API may not yet know a task that it has just accepted."""
PER_POST: Final = 250
"""Tasks in one question, at first; half as many each time that is refused."""
FEW: Final = 100
"""Tasks up to which a desk asks more often."""
_NEAR: Final = 0.5
"""How much of its wait a task may be asked after too early, to share a question."""
_NOT_NOW: Final = frozenset({408, 429, *range(500, 600)})
_UNKNOWN: Final = Pace()


@dataclass
class Pending:
    """A task that has been accepted: what has been seen of it so far."""

    task: Task
    sent: float
    seen: dict[str, int] = field(default_factory=dict)
    wrong: int = 0
    calm: int = 0
    """Polls in a row that brought nothing new and reported nothing as still in work."""
    pace: Pace = _UNKNOWN
    due: float = float("-inf")
    near: float = float("-inf")
    """From when on it may join a question after others."""
    until: float = float("inf")
    """When waiting for it ends."""

    def plan(self, now: float, quickest: float = QUICKEST) -> None:
        """Fix the next question, counted from now."""
        wait = self.pace.wait(now - self.sent, quickest)
        self.due = min(now + wait, self.until)
        self.near = self.due - _NEAR * wait

    @property
    def is_whole(self) -> bool:
        """Whether all that was asked for has arrived or failed."""
        return len(self.seen) + self.wrong >= self.task.count

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be expected, though fewer came than were asked for."""
        if self.calm < 2:  # noqa: PLR2004
            return False
        return self.wrong > 0 or bool(self.task.type is not None and self.task.type.count_is_bound and self.seen)

    def take(self, items: Sequence[Mapping[str, Any]], problems: Sequence[ApiError], *, sandbox: bool) -> list[Event]:
        """Read what an answer says of this task, and return what is new."""
        if not problems and len(items) == 1 and items[0].get("status") == "processing" and "progress" not in items[0]:
            self.calm = 0  # as most answers say, most of the time
            return []
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
        if len(items) <= self.task.count or sum(map(is_finished, items)) <= self.task.count:
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
    paces
        What is known of how long tasks take.
    others
        The desks that share questions, this one among them while it serves.
    """

    def __init__(
        self,
        post: Callable[[Sequence[Any]], Any],
        tell: Callable[[Event], None],
        timeout: float,
        *,
        paces: Paces | None = None,
        others: set[Desk] | None = None,
    ) -> None:
        self._paces = Paces() if paces is None else paces
        self._others = set() if others is None else others
        self._post = post
        self._tell = tell
        self._timeout = timeout
        self._pending: dict[str, Pending] = {}
        self.known: dict[str, Pending] = {}
        """What has been seen, elsewhere, of tasks that may yet be added."""
        self._changed = asyncio.Event()
        self._closing = False
        self._size = PER_POST

    def add(self, task: Task, sent: float | None = None) -> Pending:
        """Wait for an accepted task."""
        pending = self.known.get(task.task_uuid) or Pending(task, monotonic() if sent is None else sent)
        if not pending.is_whole and task.task_uuid not in self._pending:
            pending.pace, pending.until = self._paces.of(task), pending.sent + self._timeout
            pending.plan(monotonic())
            self._pending[task.task_uuid] = pending
            self._tell(Accepted(task.task_uuid))
            self._changed.set()
        return pending

    def hurry(self, task: Task) -> None:
        """Ask after a task at once."""
        if pending := self._pending.get(task.task_uuid):
            pending.due = pending.near = float("-inf")
            self._changed.set()

    def forget(self, task: Task) -> None:
        """Stop waiting for a task that has answered elsewhere."""
        if task.task_uuid in self._pending:
            self._end(task.task_uuid)

    def __contains__(self, task_uuid: str) -> bool:
        return task_uuid in self._pending

    def close(self) -> None:
        """Say that no more tasks will be added: `serve` returns when all have answered."""
        self._closing = True
        self._changed.set()

    async def serve(self) -> None:
        """Poll until all tasks have answered and the desk is closed."""
        self._others.add(self)
        try:
            await self._serve()
        finally:
            self._others.discard(self)

    async def _serve(self) -> None:
        failing = float("inf")
        while self._pending or not self._closing:
            if not self._pending:
                await self._idle()
                continue
            if (wait := min(p.due for p in self._pending.values()) - monotonic()) > 0:
                await self._sleep(wait)
                self._end_overdue()
                continue
            try:
                await self._ask()
                failing = float("inf")
            except Unreachable as error:
                failing = min(failing, monotonic())
                if monotonic() - failing > GIVE_UP:
                    self._end_all(error)
            except AuthenticationFailed as error:
                self._end_all(error)
            self._end_overdue()

    async def _idle(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def _sleep(self, seconds: float) -> None:
        """Wait, or until something is added. What is added within a moment is planned together."""
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)

    def near(self, now: float) -> list[str]:
        """Return the tasks that are due, or nearly so, and plan the question after this."""
        quickest = QUICKEST if len(self._pending) > FEW else QUICKEST_OF_FEW
        found = [(uuid, p) for uuid, p in self._pending.items() if now >= p.near]
        for _, pending in found:
            pending.plan(now, quickest)
        return [uuid for uuid, _ in found]

    async def _ask(self) -> None:
        now = monotonic()
        asked = [(desk, uuid) for desk in {self, *self._others} for uuid in desk.near(now)]
        groups = [asked[i : i + self._size] for i in range(0, len(asked), self._size)]
        for several in [groups[i : i + 8] for i in range(0, len(groups), 8)]:
            questions = [self._question([uuid for _, uuid in group]) for group in several]
            for group, answer in zip(several, await asyncio.gather(*questions), strict=True):
                frame = Frame.read(answer.payload, answer.status)
                if self._is_clear(frame, answer.status, len(group)):
                    told = by_uuid(frame)
                    for desk, uuid in group:
                        desk.read(uuid, told, sandbox=answer.sandbox)

    async def _question(self, uuids: Sequence[str]) -> Answer:
        answer: Answer = await self._post([{"taskType": "getResponse", "taskUUID": uuid} for uuid in uuids])
        return answer

    def _is_clear(self, frame: Frame, status: int, asked: int) -> bool:
        """Tell an answer about tasks from one about the question, which is asked again, perhaps in smaller parts."""
        if status in _NOT_NOW and not frame.items:  # said of this question, not of the tasks: it is asked again
            raise Unreachable(str(frame.problems[0]) if frame.problems else f"the API answered HTTP {status}.")
        nameless = [p for p in frame.problems if not p.task_uuids]
        if refused := next((p for p in frame.problems if isinstance(p, AuthenticationFailed)), None):
            raise refused  # of the key: it says nothing of the tasks
        if nameless and not frame.items:  # said of the question: perhaps so many at once are too many
            if asked == 1:
                raise Unreachable(str(nameless[0]))
            self._size = max(1, min(self._size, asked) // 2)
            return False
        return True

    def read(self, uuid: str, told: Told, *, sandbox: bool) -> None:
        """Read what an answer says of a task, which may be done with by now."""
        pending = self._pending.get(uuid)
        if pending is None:
            return
        items, problems = told.get(uuid, ((), ()))
        if problems and not items and all(isinstance(p, NotFound) for p in problems):
            if monotonic() - pending.sent >= GRACE:  # it was accepted: where it went, its record may tell later
                self._end(uuid, problems[0], doubtful=True)
            return
        events = pending.take(items, problems, sandbox=sandbox)
        if not events and not pending.calm:  # in work, as most are most of the time
            return
        for event in events:
            if isinstance(event, Arrived):
                self._paces.learn(pending.task.task_type, pending.task.model, event.result.latency)
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
        now = monotonic()
        for uuid in [uuid for uuid, pending in self._pending.items() if pending.until <= now]:
            late = f"no result after {self._timeout:g} s; the task may still run and be billed: %runware resume."
            self._end(uuid, TaskTimeout(late, code="timeout"), doubtful=True)


Told = Mapping[str, tuple[list[Mapping[str, Any]], list[ApiError]]]


def by_uuid(frame: Frame) -> Told:
    """Sort what an answer tells by the tasks it tells of."""
    told: dict[str, tuple[list[Mapping[str, Any]], list[ApiError]]] = {}
    for item in frame.items:
        if isinstance(uuid := item.get("taskUUID"), str):
            told.setdefault(uuid, ([], []))[0].append(item)
    for problem in frame.problems:
        for uuid in problem.task_uuids:
            told.setdefault(uuid, ([], []))[1].append(problem)
    return told
