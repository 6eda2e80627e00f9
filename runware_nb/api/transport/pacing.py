"""Pacing: how hard a host is asked. One of each for a client, so that a hundred tasks behave as one guest.

`Quota` ends retries while everything fails, as AWS's SDKs do in standard mode
(https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html). `Lane` bounds how much is in flight: one
more for each round of answers, half as much after "too many". aiolimiter was refused: its rate is fixed, and the
API's is known to nobody; anyio's limiter can be turned while it is held.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from time import monotonic, time
from typing import Final

import anyio

from runware_nb.errors import Unreachable

LONGEST_WAIT: Final = 60.0
"""Seconds for which a host can hold its guests back; what it asks beyond that is cut to it."""


class GivenUp(Unreachable):
    """The host failed so often lately that it is not asked again for now."""


class Quota:
    """Tokens for retries: failures spend, success refunds.

    Parameters
    ----------
    size
        Tokens at the start, and at most. 500 are 100 failures in a row.
    price
        Tokens a failure spends.
    """

    def __init__(self, size: int = 500, price: int = 5) -> None:
        self._size = self.left = size
        self._price = price

    def spend(self) -> bool:
        """Take the price of one more try, and tell whether there was enough."""
        enough = self.left >= self._price
        if enough:
            self.left -= self._price
        return enough

    def refund(self) -> None:
        """Give one token back, for one success."""
        self.left = min(self._size, self.left + 1)


class Lane:
    """Requests in flight, as many as the host bears, and none while it asks to wait.

    Parameters
    ----------
    most
        Requests at once at the start, and at most.
    clock
        Seconds that never go back.
    """

    def __init__(self, most: int = 32, clock: Callable[[], float] = monotonic) -> None:
        self.width = float(most)
        self._most = most
        self._clock = clock
        self._limiter = anyio.CapacityLimiter(most)
        self._not_before = self._narrowed = float("-inf")

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a place, and keep it for as long as the block runs."""
        # A borrower of its own, since one asyncio task may hold several.
        borrower = object()
        await self._limiter.acquire_on_behalf_of(borrower)
        try:
            # Asked anew after each wait: others may have heard meanwhile that it takes longer.
            while (wait := self._not_before - self._clock()) > 0:  # noqa: ASYNC110
                await asyncio.sleep(wait)
            yield
        finally:
            self._limiter.release_on_behalf_of(borrower)

    def widen(self) -> None:
        """Hear of an answer: one more at once after a round of them."""
        self._set(self.width + 1 / self.width)

    def narrow(self, wait: float | None) -> None:
        """Hear of "too many": half as many at once, and none for as long as it asks. Once a second at most."""
        now = self._clock()
        if wait:
            self._not_before = max(self._not_before, now + min(wait, LONGEST_WAIT))
        if now - self._narrowed >= 1:
            self._narrowed = now
            self._set(self.width / 2)

    def _set(self, width: float) -> None:
        self.width = min(float(self._most), max(1.0, width))
        self._limiter.total_tokens = int(self.width)


def retry_after(value: str) -> float | None:
    """Read a `Retry-After` header, seconds or a date, as seconds from 0 to a day; None for what is neither."""
    text = value.strip()
    if re.fullmatch(r"\d+(\.\d*)?", text, re.ASCII):
        return min(float(text), 86_400.0)
    try:
        wait = parsedate_to_datetime(text).timestamp() - time()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None
    return min(max(0.0, wait), 86_400.0)
