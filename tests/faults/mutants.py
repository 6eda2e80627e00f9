"""Mutants: the product, broken on purpose in one place each. A new one is a function and its row in `MUTANTS`."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import functools
import itertools
import sqlite3
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from runware_nb import errors, recovery
from runware_nb.api import client, polling, pushing, results, streaming
from runware_nb.api.runs import Closed
from runware_nb.api.tasks import Task
from runware_nb.api.transport import downloads, rest, websocket
from runware_nb.memory import cache, ledger, store
from runware_nb.memory.ledger import Ledger
from runware_nb.progress import Progress
from runware_nb.sandbox import FAULTS, Fault

from . import checks
from .rigs import LASTING, Case

Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Mutant:
    """One break.

    Parameters
    ----------
    spoil
        Makes it.
    check
        Finds nothing wrong with the product as it is.
    found
        What the check must find with the break, as a regular expression.
    """

    spoil: checks.Spoil
    check: checks.Check
    found: str


def _wired(task: Any) -> Any:
    return task.to_wire() if isinstance(task, Task) else task


def _fresh_uuid(patch: Patch) -> None:
    """Send a task again under another UUID."""
    real, seen = rest.Rest.post, set()

    async def post(self: Any, tasks: Any, **options: Any) -> Any:
        sent = []
        for task in map(_wired, tasks):
            again = "taskUUID" in task and task["taskUUID"] in seen and task["taskType"] != "getResponse"
            sent.append({**task, "taskUUID": str(uuid.uuid4())} if again else task)
            seen.add(task.get("taskUUID"))
        return await real(self, sent, **options)

    patch.setattr(rest.Rest, "post", post)


def _other_body(patch: Patch) -> None:
    """Send something else under the same UUID."""
    real, seen = rest.Rest.post, set()

    async def post(self: Any, tasks: Any, **options: Any) -> Any:
        wires = [_wired(task) for task in tasks]
        sent = [{**t, "positivePrompt": "y"} if t["taskUUID"] in seen and "width" in t else t for t in wires]
        seen.update(t["taskUUID"] for t in wires)
        return await real(self, sent, **options)

    patch.setattr(rest.Rest, "post", post)


def _conflict_is_failure(patch: Patch) -> None:
    patch.setattr(client, "_is_accepted_before", lambda *_, **__: False)


def _written_after(patch: Patch) -> None:
    """Write the intent down once the task is accepted."""
    real, accept, later = Ledger.intend, Ledger.accept, []

    async def intend(self: Any, *given: Any, **options: Any) -> None:
        later.append(functools.partial(real, self, *given, **options))

    def accepted(self: Any, task_uuid: str) -> None:
        while later:
            accepted.running = asyncio.ensure_future(later.pop()())
        accept(self, task_uuid)

    patch.setattr(Ledger, "intend", intend)
    patch.setattr(Ledger, "accept", accepted)


def _sent_before_the_disk(patch: Patch) -> None:
    """Send without waiting until the intent is on the disk, which takes its time."""
    real = ledger.Ledger._ask

    async def ask(self: Any, work: Any) -> Any:
        if work.__name__ != "write":
            return await real(self, work)

        def slow(connection: sqlite3.Connection) -> Any:
            time.sleep(0.5)
            return work(connection)

        return self._worker.do(slow)

    patch.setattr(ledger.Ledger, "_ask", ask)


def _nothing_checked(patch: Patch) -> None:
    patch.setattr(store, "inspect", lambda *_: None)
    patch.setattr(store, "_true_medium", lambda asset, _: asset.medium)


def _truncated_is_whole(patch: Patch) -> None:
    real = downloads.Downloads.fetch

    async def fetch(self: Any, *given: Any, **options: Any) -> None:
        with contextlib.suppress(errors.Unreachable):
            await real(self, *given, **options)

    patch.setattr(downloads.Downloads, "fetch", fetch)
    patch.setattr(store, "inspect", lambda *_: None)


def _all_is_new(patch: Patch) -> None:
    """Take each result of each answer for another."""
    numbers = itertools.count()

    def arrival(self: Any, item: Any, position: int, *, sandbox: bool) -> list[Any]:
        self.seen[f"{next(numbers)}"] = position
        return [polling.Arrived(results.Result.of(self.task, len(self.seen) - 1, item, sandbox=sandbox))]

    patch.setattr(polling.Pending, "_arrival", arrival)


def _errors_in_data_ignored(patch: Patch) -> None:
    real = results.Frame.read

    def read(payload: Any, status: int | None = None) -> Any:
        if isinstance(payload, Mapping) and isinstance(payload.get("data"), list):
            payload = {**payload, "data": [i for i in payload["data"] if i.get("status") != "error"]}
        return real(payload, status)

    patch.setattr(results.Frame, "read", read)


def _unknown_is_failed(patch: Patch) -> None:
    def fail(self: Any, task_uuid: str, error: Exception, **_: Any) -> None:
        self._note("UPDATE tasks SET state = 'failed', problem = ? WHERE uuid = ?", (str(error), ledger.key(task_uuid)))

    patch.setattr(Ledger, "fail", fail)


def _key_without_seed(patch: Patch) -> None:
    patch.setattr(cache, "_NOT_DECIDING", cache._NOT_DECIDING | {"seed"})


def _key_with_uuid(patch: Patch) -> None:
    patch.setattr(cache, "_NOT_DECIDING", cache._NOT_DECIDING - {"taskUUID"})


def _budget_of_what_is_spent(patch: Patch) -> None:
    """Hold a budget against what has been paid, whatever is on its way."""

    def reserve(connection: sqlite3.Connection, name: str, limit: float, amount: float) -> None:
        query = "SELECT coalesce(sum(cost), 0) FROM results JOIN tasks USING (uuid) WHERE budget = ?"
        (paid,) = connection.execute(query, (name,)).fetchone()
        if paid + amount * 1e6 > limit * 1e6:
            raise errors.BudgetExceeded("over the budget")

    patch.setattr(ledger, "_reserve", reserve)


def _resume_sends_again(patch: Patch) -> None:
    async def collect(self: Any, tasks: Any, tell: Any, **_: Any) -> None:
        await self.perform([task.but(taskUUID=str(uuid.uuid4())) for task in tasks], tell)

    patch.setattr(client.Runware, "collect", collect)


def _no_grace(patch: Patch) -> None:
    patch.setattr(polling, "GRACE", -1.0)


def _cost_of_each_telling(patch: pytest.MonkeyPatch) -> None:
    """Add the price again when a result is told of again."""
    patch.setattr(ledger, "_KEEP", ledger._KEEP.replace("coalesce(cost, excluded.cost)", "cost + excluded.cost"))


def _closed_before_kept(patch: Patch) -> None:
    """Call a task done, and have it written, while its files are on their way."""
    real, keep = Progress.tell, Progress._keep
    ends: dict[Progress, asyncio.Event] = collections.defaultdict(asyncio.Event)

    def tell(self: Any, event: Any) -> None:
        if isinstance(event, Closed):
            self._told(event)
            ends[self].set()
        else:
            real(self, event)

    async def keep_after(self: Any, result: Any) -> None:
        await ends[self].wait()
        await self._ledger.settled()
        await keep(self, result)

    patch.setattr(Progress, "tell", tell)
    patch.setattr(Progress, "_keep", keep_after)


def _files_given_up(patch: Patch) -> None:
    async def refetch(*_: Any) -> list[Any]:
        return []

    patch.setattr(recovery, "refetch", refetch)


def _broken_text_is_whole(patch: Patch) -> None:
    real = streaming.events

    async def events(chunks: Any) -> Any:
        with contextlib.suppress(errors.Unreachable):
            async for event in real(chunks):
                yield event

    patch.setattr(streaming, "events", events)
    patch.setattr(rest.Rest, "_told", contextlib.asynccontextmanager(_silently))


async def _silently(*_: Any) -> Any:
    with contextlib.suppress(rest.httpx.HTTPError):
        yield


def _play_money_is_money(patch: Patch) -> None:
    patch.setattr(rest, "_is_sandbox", lambda _: False)


def _unknown_price_is_free(patch: Patch) -> None:
    patch.setattr(ledger, "micro", lambda dollars: round((dollars or 0) * 1_000_000))


def _errors_name_nothing(patch: Patch) -> None:
    patch.setattr(errors.RunwareError, "task_uuids", property(lambda _: (), lambda *_: None), raising=False)


def _first_answer_is_all(patch: Patch) -> None:
    """Stop waiting for a task at its first result."""
    patch.setattr(polling.Pending, "is_whole", property(lambda self: bool(self.seen or self.wrong)))


def _one_for_all(patch: Patch) -> None:
    """Refuse a whole POST for what is wrong with one of its tasks."""
    real = results.Frame.read

    def read(payload: Any, status: int | None = None) -> Any:
        frame = real(payload, status)
        named = {name for problem in frame.problems for name in problem.task_uuids}
        items = [i for i in frame.items if named <= {i.get("taskUUID")}]
        return results.Frame(tuple(items), tuple(frame.problems)) if named else frame

    patch.setattr(results.Frame, "read", read)
    patch.setattr(Task, "count", property(lambda _: 1))


def _pushed_again_anew(patch: Patch) -> None:
    """Send a task again over the socket under another UUID."""
    real, seen = websocket.Socket.send, set()

    async def send(self: Any, tasks: Any) -> None:
        again = [t.but(taskUUID=str(uuid.uuid4())) if t.task_uuid in seen else t for t in tasks]
        seen.update(t.task_uuid for t in tasks)
        await real(self, again)

    patch.setattr(websocket.Socket, "send", send)


def _pushed_conflict_is_failure(patch: Patch) -> None:
    """Take a conflict over the socket for what it would be on a first try."""
    real = pushing.Courier._refused

    def refused(self: Any, letter: Any, problem: Any, **options: Any) -> None:
        letter.sends = 1
        real(self, letter, problem, **options)

    patch.setattr(pushing.Courier, "_refused", refused)


def _settled_as_new(patch: Patch) -> None:
    """Have REST take what the socket has sent for tasks that were never sent."""
    real = client.Runware._submit

    async def submit(self: Any, *given: Any, before: bool = False, **more: Any) -> None:
        await real(self, *given, **more)

    patch.setattr(client.Runware, "_submit", submit)


def _first_push_is_all(patch: Patch) -> None:
    """Close a task over the socket at its first result."""
    real = pushing.Courier._take

    def take(self: Any, letter: Any, item: Any, **options: Any) -> None:
        real(self, letter, item, **options)
        if letter.open and letter.pending.seen:
            self._tell(Closed(letter.task.task_uuid))
            self._end(letter)

    patch.setattr(pushing.Courier, "_take", take)


def _never_sent_again(patch: Patch) -> None:
    """Call what the socket lost a failure."""

    def reconnected(self: Any) -> None:
        for letter, _ in list(self._letters.values()):
            uuid = letter.task.task_uuid
            self._tell(client.Refused(uuid, errors.ApiError("lost", task_uuids=[uuid])))
            self._tell(Closed(uuid))
            self._end(letter)

    patch.setattr(pushing.Courier, "reconnected", reconnected)


_RESET = Fault("reset", "after", "submit")
_DROPPED = (Fault("session-expired", skip=1), Fault("drop-socket", "after", "submit"))
_REFUSED = Fault("refusal", "before", "submit", status=503)
_SILENT = Fault("reset", "after", "submit", times=LASTING)
_SHORT = Fault("missing-item", "answer", "poll", times=3)

MUTANTS: Mapping[str, Mutant] = {
    "a new UUID for each try": Mutant(_fresh_uuid, checks.case(Case("image async", (_RESET,))), "but 2 billed"),
    "another body for each try": Mutant(
        _other_body, checks.case(Case("image async", (_REFUSED,))), "not what was written"
    ),
    "a conflict is a failure": Mutant(_conflict_is_failure, checks.case(Case("image async", (_RESET,))), "lost 3 paid"),
    "the ledger is written after the POST": Mutant(
        _written_after, checks.killed("with the answer in hand"), "not in the ledger"
    ),
    "the POST does not wait for the disk": Mutant(
        _sent_before_the_disk, checks.killed("with the answer in hand"), "not in the ledger"
    ),
    "files are not checked": Mutant(
        _nothing_checked, checks.case(Case("image async", (Fault("bad-asset", "asset"),))), "not what was made"
    ),
    "a file that broke off is whole": Mutant(
        _truncated_is_whole, checks.case(Case("image async", (Fault("truncated-asset", "asset"),))), "not what was made"
    ),
    "results are not told apart": Mutant(
        _all_is_new, checks.case(Case("image async", (_SHORT,))), "results in the ledger, but"
    ),
    "errors in data are not seen": Mutant(
        _errors_in_data_ignored, checks.case(Case("image async", (FAULTS["failed-in-data"],))), "has failed at the API"
    ),
    "an unknown outcome is a failure": Mutant(
        _unknown_is_failed, checks.case(Case("image async", (_SILENT,))), "is called failed"
    ),
    "the cache does not look at seeds": Mutant(_key_without_seed, checks.two_seeds, "2 were asked for, but 1 made"),
    "the cache looks at UUIDs": Mutant(_key_with_uuid, checks.twice_the_same, "was made 2 times"),
    "a budget does not see what is on its way": Mutant(_budget_of_what_is_spent, checks.one_budget, "over the budget"),
    "a resume sends again": Mutant(
        _resume_sends_again, checks.case(Case("image async", (), interrupted=True)), "but 2 billed"
    ),
    "a task is given up before the API knows it": Mutant(
        _no_grace, checks.calm(Case("image async", (FAULTS["forgotten"],))), "told of"
    ),
    "each telling of a result costs": Mutant(
        _cost_of_each_telling, checks.killed("after a result's commit"), "but was billed"
    ),
    "a task is done before its files are here": Mutant(
        _closed_before_kept, checks.killed("before a result is noted"), "is called done"
    ),
    "missing files are given up": Mutant(
        _files_given_up,
        checks.case(Case("image async", (Fault("gone", "asset", times=LASTING),))),
        "lost a file",
    ),
    "a text that broke off is whole": Mutant(
        _broken_text_is_whole, checks.case(Case("text stream", (FAULTS["stream-cut"],))), "is called done"
    ),
    "play money is money": Mutant(_play_money_is_money, checks.case(Case("image async", ())), "play money"),
    "an unknown price is none": Mutant(
        _unknown_price_is_free,
        checks.case(Case("image sync", (Fault("unpriced", "answer", "submit"),), withheld=True)),
        "costs 0 millionths",
    ),
    "errors name no task": Mutant(_errors_name_nothing, checks.case(Case("image async", (_SILENT,))), "names"),
    "over the socket, a new UUID for each try": Mutant(
        _pushed_again_anew, checks.case(Case("video", _DROPPED, transport="websocket")), "but 2 billed"
    ),
    "over the socket, a conflict is a failure": Mutant(
        _pushed_conflict_is_failure, checks.case(Case("video", _DROPPED, transport="websocket")), "is called failed"
    ),
    "what the socket sent is new to REST": Mutant(
        _settled_as_new,
        checks.case(Case("video", (Fault("mute", "after", "submit"),), transport="websocket")),
        "is called failed",
    ),
    "over the socket, the first result is all": Mutant(
        _first_push_is_all,
        checks.case(Case("base64", (Fault("lost-frame", "push", skip=1),), transport="websocket")),
        "is called done",
    ),
    "what the socket lost has failed": Mutant(
        _never_sent_again, checks.case(Case("video", _DROPPED, transport="websocket")), "is called failed"
    ),
    "the first result is all": Mutant(
        _first_answer_is_all,
        checks.case(Case("image async", (_SHORT,))),
        "lost",
    ),
}
