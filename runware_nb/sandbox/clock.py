"""Time as the sandbox sees it: the machine's, plus what tests skip. Seconds."""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """A clock that can be moved forward, and wakes whoever waits for it.

    Made in any thread; waited for in the server's loop only.
    """

    def __init__(self) -> None:
        self._skipped = 0.0
        self._moved = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def now(self) -> float:
        """Seconds since some start; never goes back."""
        return time.monotonic() + self._skipped

    def utc(self) -> datetime:
        """Return the date and time, skipped time included."""
        return datetime.now(UTC) + timedelta(seconds=self._skipped)

    def advance(self, seconds: float) -> None:
        """Skip time, from any thread."""
        self._skipped += seconds
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        waited, self._moved = self._moved, asyncio.Event()
        waited.set()

    async def until(self, moment: float) -> None:
        """Wait for a moment, as `now` counts."""
        self._loop = asyncio.get_running_loop()
        while (left := moment - self.now()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), left)

    async def sleep(self, seconds: float) -> None:
        """Wait a number of seconds."""
        await self.until(self.now() + seconds)
