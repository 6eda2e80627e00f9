"""Lines to look things up: `models`, `model`, `history`, `show`, `templates`."""

from __future__ import annotations

import shlex
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from runware_nb import door
from runware_nb.api import wire
from runware_nb.api.runs import Run
from runware_nb.catalog import Model, Models
from runware_nb.display import figures, tables
from runware_nb.display.tables import Listing, Table
from runware_nb.errors import UnknownName, UsageError
from runware_nb.loops import wait_for
from runware_nb.magics import saved
from runware_nb.memory.parcels import SUFFIX

SHOWN: Final = 40


def models(rest: str) -> Models:
    """List the models that fit: words, and `--kind`, `--creator`, `--takes`, `--max-price`."""
    words, options = _options(rest, {"--kind": str, "--creator": str, "--takes": str, "--max-price": float})
    found = door.models(" ".join(words), **options)
    if not found:
        raise UsageError(f"no model fits {rest[:60]!r}: try fewer words.")
    return found


def _options(rest: str, known: Mapping[str, Callable[[str], Any]]) -> tuple[list[str], dict[str, Any]]:
    """Part a line into its words and its options."""
    try:
        left = deque(shlex.split(rest))
    except ValueError:
        raise UsageError("a quotation mark is open: close it.") from None
    words, options = [], {}
    while left:
        word, _, value = left.popleft().partition("=")
        if not word.startswith("--"):
            words.append(word)
        elif word not in known:
            raise UnknownName("option", word[:40], known, f"Options: {', '.join(known)}.")
        else:
            value = value or (left.popleft() if left else "")
            try:
                options[word.removeprefix("--").replace("-", "_")] = known[word](value)
            except ValueError:
                raise UsageError(f"{word} wants a number, not {value[:20]!r}.") from None
    return words, options


def model(rest: str) -> Model:
    """Tell what a model takes, and its prices."""
    if not rest:
        raise UsageError("say which: %runware model ID. %runware models lists them.")
    return door.models[rest]


def history(rest: str) -> Listing | None:
    """List the tasks of the ledger, the newest first; words choose among their prompts and models."""
    rows = wait_for(door.session().history(rest, SHOWN))
    if not rows:
        print("The ledger has no such task.")  # noqa: T201  (told in the cell's output)
        return None
    told = [
        (
            row["uuid"][:8],
            row["created"][:16].replace("T", " "),
            wire.BY_NAME[row["task_type"]].kind if row["task_type"] in wire.BY_NAME else row["task_type"],
            row["model"] or "",
            figures.shortened(wire.prompt_of(row["request"]) or "", 70),
            figures.shortened(row["problem"] or row["state"], 80),
            "play money" if row["sandbox"] else figures.cost(row["cost_usd"]),
        )
        for row in rows
    ]
    return Listing(Table(tuple(told), ("task", "when", "kind", "model", "prompt", "state", "cost")))


def show(rest: str) -> Run:
    """Show again what a task of the ledger made, by the beginning of its UUID."""
    if not rest:
        raise UsageError("say which task: %runware show 1f3a9c20. %runware history lists them.")
    return wait_for(door.session().recall(rest))


def save(rest: str, names: Mapping[str, Any]) -> None:
    """Write the run of a variable, or the newest of a name, into a ZIP."""
    name, _, file = rest.partition(" ")
    named = [run for run in door.session().runs if run.name == name]
    run = names[name] if isinstance(names.get(name), Run) else next(reversed(named), None)
    if not name or run is None:
        known = {n for n, value in names.items() if isinstance(value, Run) and not n.startswith("_")}
        known |= {run.name for run in door.session().runs if run.name}
        raise UnknownName("run", name[:40], sorted(known), "Say which: %runware save NAME [FILE].")
    target = Path(file.strip() or f"{name}{SUFFIX}").expanduser()
    count = wait_for(door.session().save(run, target))
    told = f"{len(run.results)} results, {count} files"
    print(f"{target}: {told}. runware_nb.load({str(target)!r}) brings it back anywhere.")  # noqa: T201


def templates(rest: str) -> Listing | None:
    """List the saved templates."""
    if rest:
        raise UsageError("%runware templates takes nothing after it.")
    if not saved.SAVED:
        print("No template is saved: %%runware template --name NAME saves one.")  # noqa: T201
        return None
    rows = [
        (name, figures.shortened(" ".join(command.prompts), 100), figures.shortened(tables.as_json(command.block), 100))
        for name, command in saved.SAVED.items()
    ]
    return Listing(Table(tuple(rows), ("name", "text", "parameters")))
