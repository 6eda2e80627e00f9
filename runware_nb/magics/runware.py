"""`%%runware` and `%runware`: thin doors that parse, run and show. What they need is imported at their first use."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from runware_nb import warming
from runware_nb.errors import RunwareError, UnknownName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runware_nb.display.quotes import QuoteView
    from runware_nb.magics.cells import Cell, Work
    from runware_nb.magics.chains import Chain
    from runware_nb.magics.grammar import Command
    from runware_nb.magics.plans import Plan
    from runware_nb.playgrounds import Playground


async def run_cell(line: str, body: str) -> Any:
    """Run a `%%runware` cell on the kernel's own loop. The transformer writes this call."""
    warming.wait()
    from runware_nb.loops import interruptible
    from runware_nb.magics import jobs

    cell, shown = _read(line, body)
    if cell is None:
        return shown
    try:
        job = None if cell.is_background else jobs.adopted(cell)
        if job is None:
            cell.agree(await cell.question())
        if cell.is_background and jobs.begin(cell):
            return None
        return cell.done(await interruptible(cell.work(job.follow if job else None), cell.meanwhile))
    except asyncio.CancelledError:
        raise cell.interrupted() from None
    except RunwareError as error:
        cell.failed(error)
        raise error from None


def runware_line(line: str, body: str | None = None) -> Any:
    """Run a cell or line where nothing can be awaited, on the background loop."""
    warming.wait()
    from runware_nb.loops import wait_for
    from runware_nb.magics import jobs

    cell, shown = _read(line, body)
    if cell is None:
        return shown
    try:
        job = None if cell.is_background else jobs.adopted(cell)
        if job is None:
            cell.agree(wait_for(cell.question()))
        if cell.is_background and jobs.begin(cell):
            return None
        return cell.done(wait_for(cell.work(job.follow if job else None), cell.meanwhile))
    except KeyboardInterrupt:
        raise cell.interrupted() from None
    except RunwareError as error:
        cell.failed(error)
        raise error from None


def _read(line: str, body: str | None) -> tuple[Cell | None, Any]:
    """Parse and plan. Returns a cell to run, or else what to show in its place."""
    from runware_nb.magics import grammar
    from runware_nb.magics.help import Help

    first, _, rest = line.strip().partition(" ")
    if body is None and first in {"", "help"}:
        return None, Help(rest.strip() or None)
    if body is None and first in grammar.COMMANDS:
        from runware_nb.magics.commands import carry_out

        return carry_out(first, rest.strip(), _names())
    if body is None and first not in grammar.KINDS:
        raise UnknownName("command or kind", first[:40], [*grammar.COMMANDS, *grammar.KINDS], "See %runware help.")
    command = grammar.parse(line, body)
    if command.options.get("help") or command.options.get("form"):
        return None, Help(command.kind) if command.options.get("help") else _formed(command)

    from runware_nb.magics import saved
    from runware_nb.magics.cells import Cell

    if command.kind == "template":
        print(f"The template {saved.save(command)} is saved.")  # noqa: T201  (told in the cell's output)
        return None, None
    names = _names()
    work = _work(command, names)
    if command.options.get("dry_run"):
        return None, _quoted(work)
    return Cell(_gridded(work), names), None


def _formed(command: Command) -> Playground:
    """Open a cell as a form."""
    from runware_nb.magics.forming import playground

    return playground(command, _names())


def _gridded(work: Plan | Chain) -> Work:
    """Return the work as a live grid, where one is asked for and can be shown."""
    if not work.command.options.get("grid"):
        return work
    from runware_nb.magics.gridding import Gridded, wanted
    from runware_nb.magics.plans import Plan

    return Gridded(work) if isinstance(work, Plan) and wanted(work) else work


def _work(command: Command, names: Mapping[str, Any]) -> Plan | Chain:
    from runware_nb.catalog.fetching import current
    from runware_nb.magics.chains import Chain
    from runware_nb.magics.plans import plan

    return Chain.of(command, names) if command.kind == "chain" else plan(command, names, current())


def _quoted(work: Plan | Chain) -> QuoteView:
    """Tell what would be sent, and its price."""
    from runware_nb import door
    from runware_nb.display.quotes import QuoteView
    from runware_nb.loops import wait_for

    here = door.session()
    work.check(here)
    return QuoteView(wait_for(work.quote(here)), work.axes, here.endpoint.sandbox)


def _names() -> dict[str, Any]:
    shell = get_ipython()
    names: dict[str, Any] = shell.user_ns if shell is not None else {}
    return names


@magics_class
class RunwareMagics(Magics):
    """Registers `runware` as a line and a cell magic."""

    @no_var_expand
    @line_cell_magic
    def runware(self, line: str, cell: str | None = None) -> Any:
        """Make image, video, audio, 3D or text with the Runware API: see `%runware help`."""
        return runware_line(line, cell)
