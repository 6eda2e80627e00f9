"""The page of a desk, as far as messages and traits go: what tests ask of a desk without a browser."""

from __future__ import annotations

import asyncio


class Page:
    """What a page asks a desk, and what it is told: in `told`, each with the number of its buffers."""

    patience = 30.0
    """Seconds that something may take to come."""

    def __init__(self, desk):
        self.desk = desk
        self.view = desk._view
        self.told = []
        self._loop, self._changed = asyncio.get_running_loop(), asyncio.Event()
        self.view.send = self._hear
        self.view.observe(lambda _: self._wake())

    def _hear(self, content, buffers=None):
        self.told.append({**content, "buffers": len(buffers or ())})
        self._wake()

    def _wake(self):
        self._loop.call_soon_threadsafe(self._changed.set)

    def asks(self, kind, *buffers, **content):
        self.view._handle_custom_msg({"kind": kind, **content}, list(buffers))

    async def until(self, condition):
        async with asyncio.timeout(self.patience):
            while not condition():
                self._changed.clear()
                await self._changed.wait()
