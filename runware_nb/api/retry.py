"""Retry: which failed requests are sent again, and when. The loop is stamina's; the rules are the API's.

The same body goes out again under the same UUIDs, so that the API runs each task once, however often it is asked.
Tried again: no complete answer, and HTTP 408, 429 and 5xx that accepted nothing, unless so much has failed lately
that the client's quota is used up. `Retry-After` is kept, up to a minute.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import random
from time import monotonic
from typing import Final

import stamina

from runware_nb.api.results import Frame
from runware_nb.api.transport.pacing import LONGEST_WAIT, GivenUp
from runware_nb.api.transport.rest import Answer
from runware_nb.errors import Unreachable

# stamina tells of each retry to its logger. Without a handler of the user's, that would land bare in the notebook.
logging.getLogger("stamina").addHandler(logging.NullHandler())

ATTEMPTS: Final = 4
DEADLINE: Final = 90.0
"""Seconds after which no new try begins."""
_AGAIN: Final = frozenset({408, 429})


class _TryAgain(Exception):
    """An answer that says: not now."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"HTTP {answer.status}")
        self.answer = answer


def _backoff(error: Exception) -> bool | float:
    """Say whether to try again; or after how many seconds, a little later for each so that not all come at once."""
    if isinstance(error, _TryAgain):
        wait = error.answer.retry_after
        return error.answer.again and (True if wait is None else min(wait, LONGEST_WAIT) + random() / 2)  # noqa: S311
    return isinstance(error, Unreachable) and not isinstance(error, GivenUp)


class _Effort:
    """How often something was tried, and since when: for the one line that tells of its failure."""

    def __init__(self) -> None:
        self._since = monotonic()
        self.tries = 0

    def told(self) -> str:
        return f"tried {self.tries} times in {monotonic() - self._since:.0f} s" if self.tries > 1 else "tried once"


async def patiently(send: Callable[[], Awaitable[Answer]]) -> tuple[Answer, bool]:
    """Send, and send again while that may help.

    Returns
    -------
    answer, repeated
        The last answer; and whether an earlier try may have reached the API, so that `conflictTaskUUID` in it means
        "accepted before".

    Raises
    ------
    Unreachable
        When no try got a complete answer. `sent` tells whether any may have arrived.
    """
    may_have_arrived = False
    effort = _Effort()
    try:
        async for attempt in stamina.retry_context(
            on=_backoff, attempts=ATTEMPTS, timeout=DEADLINE, wait_initial=0.5, wait_max=10.0, wait_jitter=0.5
        ):
            with attempt:
                repeated = may_have_arrived
                effort.tries += 1
                try:
                    answer = await send()
                except Unreachable as error:
                    may_have_arrived |= error.sent
                    raise
                may_have_arrived = True
                return _accepted(answer), repeated
    except _TryAgain as last:
        return _with_effort(last.answer, effort), effort.tries > 1
    except Unreachable as error:
        raise Unreachable(f"{error} It was {effort.told()}.", sent=may_have_arrived) from None
    raise AssertionError("unreachable")  # pragma: no cover


def is_garbled(answer: Answer) -> bool:
    """Tell an answer that looks like success and holds nothing but errors without a code: it tells nothing."""
    if answer.status >= 400:  # noqa: PLR2004
        return False
    frame = Frame.read(answer.payload, answer.status)
    codes = [problem.details.get("code") for problem in frame.problems]
    return bool(codes) and not frame.items and not any(isinstance(code, str) for code in codes)


def _accepted(answer: Answer) -> Answer:
    """Pass an answer on, unless it says that nothing was accepted for now."""
    not_now = answer.status in _AGAIN or answer.status >= 500  # noqa: PLR2004
    if is_garbled(answer) or (not_now and not Frame.read(answer.payload, answer.status).items):
        raise _TryAgain(answer)
    return answer


def _with_effort(answer: Answer, effort: _Effort) -> Answer:
    """Say in the errors of the last answer how long it was tried."""
    told = [p.details for p in Frame.read(answer.payload, answer.status).problems]
    silent = {"code": f"http{answer.status}", "message": f"the API answered HTTP {answer.status}"}
    errors = [
        {**{k: v for k, v in e.items() if k != "error"}, "message": _line(e.get("message"), effort)}
        for e in told or [silent]
    ]
    return replace(answer, payload={"errors": errors})


def _line(message: object, effort: _Effort) -> str:
    return f"{str(message or 'the API gave no reason').rstrip('. ')}, {effort.told()}"
