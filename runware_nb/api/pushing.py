"""Pushing: tasks sent together over the WebSocket, whose results come without being asked for, each as it is ready.

A courier sees to the tasks of one call. What the socket does not say clearly, REST settles: a task is sent there under
the same UUID, which either runs it or answers `conflictTaskUUID`, the proof that it runs already; then it waits at the
desk, where polls find what was not pushed. So nothing hangs on a frame that never came, and nothing runs twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

from runware_nb.api.polling import Desk, Pending
from runware_nb.api.results import Frame, is_finished
from runware_nb.api.runs import Accepted, Closed, Event
from runware_nb.api.tasks import Task
from runware_nb.api.transport.websocket import Socket
from runware_nb.errors import ApiError, DuplicateTask, TaskTimeout

PER_FRAME: Final = 50
"""Tasks in one frame."""
SILENCE: Final = 20.0
"""Seconds after which a task that nothing was heard of is settled by REST, and one in part is asked after."""
SENDS: Final = 3
"""How often a task is sent over the socket, after drops, before REST settles it."""

Settle = Callable[[Sequence[Task]], Awaitable[None]]


@dataclass(eq=False)
class Letter:
    """A task on its way: what has been heard of it."""

    task: Task
    pending: Pending
    sends: int = 1
    heard: bool = False
    settling: bool = False
    errors: list[ApiError] = field(default_factory=list)
    open: bool = True

    @property
    def is_unheard(self) -> bool:
        """Whether nobody knows if it arrived."""
        return self.open and not self.heard and not self.settling


class Batch:
    """Letters that were sent in one frame, and an end for who waits for them."""

    def __init__(self, letters: Sequence[Letter]) -> None:
        self.letters = letters
        self._left = len(letters)
        self.done = asyncio.Event()

    def count_down(self) -> None:
        """Learn that one of them needs no more waiting."""
        self._left -= 1
        if not self._left:
            self.done.set()


class Courier:
    """Sends tasks over the socket and brings what comes of them.

    Parameters
    ----------
    socket
        The connection.
    desk
        Where tasks wait that were accepted and must be asked after.
    tell
        Called with each event.
    settle
        Sends tasks by REST that may have arrived before; each ends up at the desk, or answered.
    shared
        Whether another process may send the same tasks: a UUID that is taken is then one that runs.
    """

    def __init__(
        self, socket: Socket, desk: Desk, tell: Callable[[Event], None], settle: Settle, *, shared: bool = False
    ) -> None:
        self._socket = socket
        self._desk = desk
        self._tell = tell
        self._settle = settle
        self._shared = shared
        self._letters: dict[str, tuple[Letter, Batch]] = {}
        self._doubtful: list[Letter] = []
        self._works: set[asyncio.Task[None]] = set()

    async def carry(self, tasks: Sequence[Task]) -> None:
        """Send tasks in one frame, and return when each has answered in full, failed, or waits at the desk."""
        sent = monotonic()
        batch = Batch([Letter(task, Pending(task, sent)) for task in tasks])
        for letter in batch.letters:
            self._letters[letter.task.task_uuid] = letter, batch
            self._desk.known[letter.task.task_uuid] = letter.pending
        await self._socket.send(tasks)
        try:
            await asyncio.sleep(0)  # what else is to be sent goes before what is to be told
        finally:
            for letter in batch.letters:
                if letter.open:
                    self._tell(Accepted(letter.task.task_uuid))
        try:
            async with asyncio.timeout(SILENCE):
                await batch.done.wait()
        except TimeoutError:
            self._look_after(batch.letters)
            await batch.done.wait()

    def close(self) -> None:
        """Stop what is under way."""
        for work in self._works:
            work.cancel()

    def hear(self, frame: Frame, *, sandbox: bool) -> None:
        """Take a frame of the socket. What belongs to nobody here is let pass."""
        for item in frame.items:
            uuid = item.get("taskUUID")
            if isinstance(uuid, str) and (found := self._letters.get(uuid)):
                self._take(found[0], item, sandbox=sandbox)
        for problem in frame.problems:
            if not problem.task_uuids:  # said of a frame, nobody knows which
                self._doubt([letter for letter, _ in self._letters.values() if letter.is_unheard])
            for uuid in problem.task_uuids:
                if found := self._letters.get(uuid):
                    self._refused(found[0], problem, sandbox=sandbox)

    def reconnected(self) -> None:
        """Send again what nothing was heard of, and ask after what has come in part."""
        letters = [letter for letter, _ in self._letters.values()]
        unheard = [letter for letter in letters if letter.is_unheard]
        self._doubt([letter for letter in unheard if letter.sends >= SENDS])
        again = [letter for letter in unheard if letter.sends < SENDS]
        for letter in again:
            letter.sends += 1
        for start in range(0, len(again), PER_FRAME):
            part = again[start : start + PER_FRAME]
            self._do(self._socket.send([letter.task for letter in part]))
        for letter in letters:
            if letter.heard:
                self._ask_after(letter)

    def gave_up(self) -> None:
        """Leave all that is open to REST."""
        self._look_after([letter for letter, _ in self._letters.values()])

    def _look_after(self, letters: Iterable[Letter]) -> None:
        unheard = [letter for letter in letters if letter.is_unheard]
        for letter in letters:
            if letter.heard:
                self._ask_after(letter)
        self._doubt(unheard)

    def _take(self, letter: Letter, item: Mapping[str, Any], *, sandbox: bool) -> None:
        letter.heard = True
        finished = is_finished(item)
        if not finished or (letter.task.count > 1 and not isinstance(item.get("resultIndex"), int)):
            self._ask_after(letter)  # an acknowledgement; or one result of several, whose number the polls tell
            if finished:
                self._desk.hurry(letter.task)
            return
        self._show(letter, letter.pending.take([item], letter.errors, sandbox=sandbox))

    def _refused(self, letter: Letter, problem: ApiError, *, sandbox: bool) -> None:
        """Take an error. Only one that can mean nothing else ends a task; REST settles the rest."""
        if isinstance(problem, DuplicateTask):
            if letter.sends > 1 or letter.settling or self._shared:
                letter.heard = True
                self._ask_after(letter)
                return
        elif self._is_vague(problem, letter):
            self._doubt([letter])
            return
        letter.heard = True
        if all(problem.details != known.details for known in letter.errors):
            letter.errors.append(problem)
        self._show(letter, letter.pending.take([], letter.errors, sandbox=sandbox))

    @staticmethod
    def _is_vague(problem: ApiError, letter: Letter) -> bool:
        """Tell an error that may mean "not now", or be of the whole task as of one of its results."""
        if isinstance(problem, TaskTimeout) or (problem.retryable and not letter.heard):
            return True
        return letter.task.count > 1 and not isinstance(problem.details.get("resultIndex"), int)

    def _show(self, letter: Letter, events: Iterable[Event]) -> None:
        for event in events:
            self._tell(event)
        if not letter.pending.is_whole:
            return
        if letter.task.task_uuid in self._desk:
            self._desk.forget(letter.task)
        elif letter.open:
            self._tell(Closed(letter.task.task_uuid))
        self._end(letter)

    def _ask_after(self, letter: Letter) -> None:
        """Have a task that was accepted wait at the desk; what is pushed is taken all the same."""
        if letter.open:
            letter.pending.calm = 0
            self._desk.add(letter.task)
            self._end(letter)

    def _doubt(self, letters: Sequence[Letter]) -> None:
        """Have REST settle what becomes of letters: all that fall into doubt at this moment, together."""
        begin = not self._doubtful
        for letter in letters:
            if letter.open and not letter.settling:
                letter.settling = True
                self._doubtful.append(letter)
        if begin and self._doubtful:
            self._do(self._settled())

    async def _settled(self) -> None:
        await asyncio.sleep(0.01)
        letters, self._doubtful = self._doubtful, []
        groups = [letters[i : i + PER_FRAME] for i in range(0, len(letters), PER_FRAME)]
        await asyncio.gather(*(self._settle([letter.task for letter in group if letter.open]) for group in groups))
        for letter in letters:
            self._end(letter)

    def _end(self, letter: Letter) -> None:
        if letter.open:
            letter.open = False
            self._letters[letter.task.task_uuid][1].count_down()
        if letter.pending.is_whole:
            self._letters.pop(letter.task.task_uuid, None)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._works.add(task)
        task.add_done_callback(self._works.discard)
