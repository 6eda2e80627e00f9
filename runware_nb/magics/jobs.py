"""Jobs: cells that run in the background, on the loop of the background thread, while other cells run.

A job's card stands in its own cell and goes on there. A front end without a person has nobody to run a next cell
meanwhile: there `--bg` waits, so that the saved notebook has the result.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import contextlib
import time
from collections.abc import Generator
from typing import Any, Final

from IPython.core.getipython import get_ipython

from runware_nb.api.runs import Run
from runware_nb.display.fronts import can_ask
from runware_nb.errors import Interrupted, RunwareError, UnknownName, UsageError
from runware_nb.loops import CLEAN_UP, STEP, interruptible, start
from runware_nb.magics.cells import Cell
from runware_nb.progress import Watch

JOBS: Final[list[Job]] = []
"""All jobs of this kernel, in the order in which they began."""


class Job:
    """A cell that runs in the background. `await job` gives its run.

    Attributes
    ----------
    number
        What to call it: 1 for the first of this kernel.
    cell
        The cell.
    asked
        What it asks for: two jobs that ask for the same do the same.
    place
        The notebook's name of the cell it began in; None where the front end does not tell.
    """

    def __init__(self, cell: Cell) -> None:
        self.number = len(JOBS) + 1
        self.cell = cell
        self.place = _this_cell()
        self.asked = cell.check()
        cell.place()
        cell.hold(self)
        self._future: concurrent.futures.Future[Run] = start(self._serve())

    def __repr__(self) -> str:
        return f"<Job {self.number} {self.cell.title!r}, {self.state}>"

    def __await__(self) -> Generator[Any, None, Run]:
        return asyncio.shield(asyncio.wrap_future(self._future)).__await__()

    @property
    def is_done(self) -> bool:
        """Whether it has ended, well or not."""
        return self._future.done()

    @property
    def run(self) -> Run:
        """The run as it is now."""
        return self.cell.run

    @property
    def error(self) -> BaseException | None:
        """Why it came to nothing; None while it runs and if it went well."""
        return self._future.exception() if self._future.done() and not self._future.cancelled() else None

    @property
    def state(self) -> str:
        """How far it is, in words."""
        made = f"{len(self.run.results)} of {self.run.asked}"
        if not self.is_done:
            return f"{made}, running"
        return f"failed: {self.error}" if self.error else f"{made}, done"

    def cancel(self) -> None:
        """End it with what has arrived. Tasks that the API has run on: `%runware resume` brings them."""
        self.cell.press()

    def stop(self) -> None:
        """End it at once, telling nobody."""
        self._future.cancel()

    def wait(self, seconds: float) -> bool:
        """Wait at most so long, and tell whether it has ended."""
        concurrent.futures.wait([self._future], timeout=seconds)
        return self.is_done

    async def follow(self, watch: Watch) -> Run:
        """Wait for it from another loop, telling how far it is. Cancelling that ends the job with what has arrived."""
        work = asyncio.ensure_future(asyncio.wrap_future(self._future))
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=STEP)
                watch(self.run)
        except asyncio.CancelledError:
            self.cancel()
            raise
        return work.result()

    async def _serve(self) -> Run:
        """Run the cell, redrawing its card."""
        try:
            run = await interruptible(self.cell.work(), self.cell.meanwhile)
        except RunwareError as error:
            self.cell.failed(error)
            raise
        self.cell.done(run)
        return run


def begin(cell: Cell) -> Job | None:
    """Run a cell in the background and show its card; None where nobody could use the time, and it is to be waited for.

    The cell's old job goes on if it asks for the same, and is ended otherwise.

    Raises
    ------
    UsageError
        When something is wrong with a task. Nothing was sent.
    """
    if not can_ask():
        return None
    if old := adopted(cell):
        old.cell.place(anew=True)
        return old
    JOBS.append(job := Job(cell))
    return job


def adopted(cell: Cell) -> Job | None:
    """Return the job that this cell began before and that is under way, if it asks for the same; else end it."""
    old = next((job for job in JOBS if not job.is_done and job.place and job.place == _this_cell()), None)
    if old is None:
        return None
    if old.asked == cell.check():
        print(f"Job {old.number} of this cell is still under way, and asks for the same: it goes on.")  # noqa: T201
        return old
    old.cancel()
    print(f"Job {old.number} of this cell was ended, with what it had.")  # noqa: T201
    return None


def found(name: str) -> list[Job]:
    """Find jobs by number or name; `all`, or nothing, means those under way.

    Raises
    ------
    UnknownName
        For one that there is not.
    """
    if name in {"", "all"}:
        return [job for job in JOBS if not job.is_done]
    if several := [job for job in JOBS if name in {str(job.number), job.cell.title}]:
        return several[-1:]
    names = [str(job.number) for job in JOBS]
    raise UnknownName("job", name[:40], names, f"Jobs: {', '.join(names) or 'none'}. See %runware jobs.")


def wait(name: str, seconds: float | None = None) -> None:
    """Wait for jobs, and draw their cards again from here.

    Raises
    ------
    Interrupted
        When the user stops waiting, or the time is over. The jobs go on.
    RunwareError
        What a job came to, if to nothing.
    """
    several = found(name)
    until = time.monotonic() + (float("inf") if seconds is None else seconds)
    with contextlib.suppress(KeyboardInterrupt):
        while not all(job.wait(STEP) for job in several) and time.monotonic() < until:
            pass
    if going := ", ".join(str(job.number) for job in several if not job.is_done):
        raise Interrupted(f"stopped waiting; job {going} goes on: %runware jobs, %runware cancel.")
    for job in several:
        job.cell.publish()
    for job in several:
        if job.error:
            raise job.error


def cancel(name: str) -> None:
    """End jobs with what has arrived.

    Raises
    ------
    UsageError
        When none is under way.
    """
    several = [job for job in found(name) if not job.is_done]
    if not several:
        raise UsageError("no such job is under way: see %runware jobs.")
    for job in several:
        job.cancel()
        job.wait(CLEAN_UP)
    names = ", ".join(str(job.number) for job in several)
    print(f"Job {names} ended with what had arrived; %runware resume brings what is still under way.")  # noqa: T201


@atexit.register
def _stop_all() -> None:
    for job in JOBS:
        job.stop()


def _this_cell() -> str | None:
    """Return the notebook's name of the cell that runs now, where the front end tells it."""
    parent: Any = getattr(get_ipython(), "get_parent", dict)()
    metadata = parent.get("metadata") if isinstance(parent, dict) else None
    name = metadata.get("cellId") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else None
