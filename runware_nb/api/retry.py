"""Retry: which failed requests are sent again, and when. The loop is stamina's; the rules are the API's.

The same body goes out again under the same UUIDs, so that the API runs each task once, however often it is asked.
Tried again: no complete answer, and HTTP 408, 429 and 5xx that accepted nothing. `Retry-After` is kept, up to a minute.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import stamina

from runware_nb.api.results import Frame
from runware_nb.api.transport.rest import Answer
from runware_nb.errors import Unreachable

ATTEMPTS: Final = 4
DEADLINE: Final = 90.0
LONGEST_WAIT: Final = 60.0
_AGAIN: Final = frozenset({408, 429})


class _TryAgain(Exception):
    """An answer that says: not now."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"HTTP {answer.status}")
        self.answer = answer


def _backoff(error: Exception) -> bool | float:
    if isinstance(error, _TryAgain):
        wait = error.answer.retry_after
        return True if wait is None else min(wait, LONGEST_WAIT)
    return isinstance(error, Unreachable)


async def patiently(send: Callable[[], Awaitable[Answer]]) -> tuple[Answer, bool]:
    """Send, and send again while that may help.

    Returns
    -------
    answer, repeated
        The last answer; and whether an earlier try may have reached the API, so that `conflictTaskUUID`
        in the answer means "accepted before".

    Raises
    ------
    Unreachable
        When no try got a complete answer. `sent` tells whether any may have arrived.
    """
    may_have_arrived = False
    try:
        async for attempt in stamina.retry_context(
            on=_backoff, attempts=ATTEMPTS, timeout=DEADLINE, wait_initial=0.5, wait_max=10.0, wait_jitter=0.5
        ):
            with attempt:
                repeated = may_have_arrived
                try:
                    answer = await send()
                except Unreachable as error:
                    may_have_arrived |= error.sent
                    raise
                may_have_arrived |= answer.status not in _AGAIN
                return _accepted(answer), repeated
    except _TryAgain as last:
        return last.answer, may_have_arrived
    except Unreachable as error:
        raise Unreachable(str(error), sent=may_have_arrived) from None
    raise AssertionError("unreachable")  # pragma: no cover


def _accepted(answer: Answer) -> Answer:
    """Pass an answer on, unless it says that nothing was accepted for now."""
    not_now = answer.status in _AGAIN or answer.status >= 500  # noqa: PLR2004
    if not_now and not Frame.read(answer.payload, answer.status).items:
        raise _TryAgain(answer)
    return answer
