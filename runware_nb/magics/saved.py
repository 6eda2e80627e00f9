"""Saved templates: cells kept under a name, to begin others with. They live as long as the kernel.

`%%runware template --name brand` keeps its parameters and its text, in which `{{ body }}` stands for the prompt of
the cell that says `--with brand`. The prompt is filled in by itself and put in as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from runware_nb.errors import UnknownName, UsageError
from runware_nb.magics import templates
from runware_nb.magics.grammar import Command

BODY: Final = "body"
SAVED: Final[dict[str, Command]] = {}
"""Templates by name, in the order in which they were saved."""


def save(command: Command) -> str:
    """Keep a template, in place of one of the same name, and return its name.

    Raises
    ------
    UsageError
        Without a name, or when its text leaves no place for the prompt.
    """
    name = str(command.options.get("name") or command.target or "")
    if not name.isidentifier():
        raise UsageError("a template wants a name: %%runware template --name brand_voice.")
    if "with" in command.block or "with" in command.options:
        raise UsageError("a template cannot begin with another one: copy what it says.")
    if len(command.prompts) > 1:
        raise UsageError("a template has one text: leave out the lines ===.")
    if command.prompts and BODY not in templates.mentioned(list(command.prompts)):
        raise UsageError("say where the prompt goes: write {{ body }} in the template.")
    SAVED[name] = command
    return name


def merged(command: Command) -> tuple[Command, str | None]:
    """Return a cell with the parameters of its template below its own, and the template's text if it has one.

    Raises
    ------
    UsageError
        For a template nobody saved, or two at once.
    """
    asked: list[Any] = [v for v in (command.options.get("with"), command.block.get("with")) if v is not None]
    if not asked:
        return command, None
    if len(asked) > 1:
        raise UsageError("--with and with: are both given: keep one.")
    name = str(asked[0])
    if name not in SAVED:
        known = f"Saved: {', '.join(SAVED)}." if SAVED else "None is saved: %%runware template --name NAME saves one."
        raise UnknownName("template", name[:40], SAVED, known)
    template = SAVED[name]
    block = {**template.block, **{k: v for k, v in command.block.items() if k != "with"}}
    options = {k: v for k, v in command.options.items() if k != "with"}
    return replace(command, block=block, options=options), template.prompts[0] if template.prompts else None
