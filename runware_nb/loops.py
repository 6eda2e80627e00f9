"""Loops: one coroutine, run from anywhere.

A notebook cell awaits on the kernel's own loop. Where nothing can be awaited (scripts, plain functions, nested
magics, the terminal) the same coroutine runs on one background loop thread, and the caller waits for it in short
steps, so that an interrupt is seen at once.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import threading
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, Final, TypeVar

STEP: Final = 0.1
"""Seconds between looks at the signal flag. A loop that sleeps in select does not see an interrupt (ipykernel #881)."""
CLEAN_UP: Final = 2.0
"""Seconds a cancelled coroutine has to tidy up."""

T = TypeVar("T")
Meanwhile = Callable[[], float | None]
"""Called between looks; may say after how many seconds it wants to be called again, if sooner than `STEP`."""


def _nothing() -> None:
    """Do nothing meanwhile."""


@cache
def background() -> asyncio.AbstractEventLoop:
    """Return the loop of the background thread, starting it at first use. It ends with the process."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="runware-loop", daemon=True).start()
    return loop


def wait_for(work: Coroutine[Any, Any, T], meanwhile: Meanwhile = _nothing) -> T:
    """Run a coroutine on the background loop and wait for what it returns.

    An interrupt cancels it, gives it 2 seconds to tidy up, and is raised on.

    Parameters
    ----------
    work
        The coroutine.
    meanwhile
        Called ten times a second or as often as it asks for, on the thread that waits.
    """
    loop, pause = background(), STEP
    started: concurrent.futures.Future[asyncio.Task[T]] = concurrent.futures.Future()
    future = asyncio.run_coroutine_threadsafe(_announced(work, started), loop)
    while True:
        try:
            return future.result(timeout=pause)
        except concurrent.futures.TimeoutError:
            if future.done():
                raise
            pause = min(STEP, meanwhile() or STEP)
        except KeyboardInterrupt:
            loop.call_soon_threadsafe(started.result(timeout=CLEAN_UP).cancel)
            concurrent.futures.wait([future], timeout=CLEAN_UP)
            raise


def start(work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
    """Run a coroutine on the background loop and return at once. Cancelling the future cancels it.

    It runs in an empty context: what it draws is then no part of the cell that began it, which is over, and a
    headless front end would drop it.
    """
    return contextvars.Context().run(asyncio.run_coroutine_threadsafe, work, background())


async def _announced(work: Coroutine[Any, Any, T], started: concurrent.futures.Future[asyncio.Task[T]]) -> T:
    task = asyncio.ensure_future(work)
    started.set_result(task)
    return await task


async def interruptible(work: Coroutine[Any, Any, T], meanwhile: Meanwhile = _nothing) -> T:
    """Await a coroutine so that the kernel's interrupt cancels it within a tenth of a second.

    It runs as a task of its own: what is cancelled is the work, never the cell's own task.

    Parameters
    ----------
    work
        The coroutine.
    meanwhile
        Called ten times a second, or as often as it asks for, while it runs.
    """
    task, pause = asyncio.ensure_future(work), STEP
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=pause)
            pause = min(STEP, meanwhile() or STEP)
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait({task}, timeout=CLEAN_UP)
        raise
    return task.result()
