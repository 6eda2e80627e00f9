"""`%%runware` and `%runware`: thin doors that parse, run and show."""

from __future__ import annotations

from typing import Any

from IPython.core.getipython import get_ipython
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from runware_nb import loops
from runware_nb.api.runs import Run
from runware_nb.catalog import bundled
from runware_nb.errors import RunwareError, UnknownName
from runware_nb.magics import grammar
from runware_nb.magics.cells import Cell, outline
from runware_nb.magics.help import Help
from runware_nb.magics.plans import plan


async def run_cell(line: str, body: str) -> Any:
    """Run a `%%runware` cell on the kernel's own loop. The transformer writes this call."""
    asked = _read(line, body)
    if not isinstance(asked, Cell):
        return asked
    try:
        return asked.done(await loops.interruptible(asked.work(), asked.meanwhile))
    except RunwareError as error:
        asked.failed(error)
        raise error from None


def runware_line(line: str, body: str | None = None) -> Any:
    """Run a cell or line where nothing can be awaited, on the background loop."""
    asked = _read(line, body)
    if not isinstance(asked, Cell):
        return asked
    try:
        return asked.done(loops.wait_for(asked.work(), asked.meanwhile))
    except RunwareError as error:
        asked.failed(error)
        raise error from None


def _read(line: str, body: str | None) -> Cell | Help | Run | None:
    """Parse and plan. Returns a cell to run, or what to show in its place."""
    first, _, rest = line.strip().partition(" ")
    if body is None and (first in grammar.COMMANDS or not first):
        return Help(rest.strip() or None)
    if body is None and first not in grammar.KINDS:
        raise UnknownName("command or kind", first[:40], [*grammar.COMMANDS, *grammar.KINDS], "See %runware help.")
    command = grammar.parse(line, body)
    if command.options.get("help"):
        return Help(command.kind)
    names = _names()
    made = plan(command, names, bundled())
    if command.options.get("dry_run"):
        print(outline(made))  # noqa: T201  (a plan is plain text)
        return None
    return Cell(made, names)


def _names() -> dict[str, Any]:
    shell = get_ipython()
    names: dict[str, Any] = shell.user_ns if shell is not None else {}
    return names


@magics_class
class RunwareMagics(Magics):
    """Registers `runware` as a line and a cell magic."""

    @no_var_expand
    @line_cell_magic
    def runware(self, line: str, cell: str | None = None) -> Any:  # noqa: D102  (its docstring is the help, below)
        return runware_line(line, cell)


RunwareMagics.runware.__doc__ = Help(None).plain
