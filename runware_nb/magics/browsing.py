"""Lines to look things up: `models`, `model`, `history`, `show`, `templates`."""

from __future__ import annotations

import shlex
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from runware_nb import door, hindsight
from runware_nb.api.runs import Run
from runware_nb.browsers import Browser
from runware_nb.catalog import Model, Models
from runware_nb.compare.costs import Costs
from runware_nb.compare.history import History
from runware_nb.display import figures, tables
from runware_nb.display.fronts import can_ask
from runware_nb.display.models import Card, Sides
from runware_nb.display.tables import Listing, Table
from runware_nb.errors import UnknownName, UsageError
from runware_nb.loops import wait_for
from runware_nb.magics import grammar, saved
from runware_nb.memory.parcels import SUFFIX
from runware_nb.playgrounds import Playground

CONDITIONS: Final = ("model", "kind", "status", "since", "until", "notebook", "tag", "most")


def models(rest: str) -> Models | Sides:
    """List the models that fit words and `grammar.MODELS`; with any of `grammar.SEARCH`, what the API finds as well."""
    words, options = _options(rest, _reads([*grammar.MODELS, *grammar.SEARCH]))
    sought = " ".join(words)
    if door.is_open():
        door.session().freshen()
    if options.pop("refresh", False):
        print(wait_for(door.models.refresh()))  # noqa: T201  (told in the cell's output)
    searched = {o.name: options.pop(o.name) for o in grammar.SEARCH if o.name in options}
    is_searched = options.pop("community", False) or bool(searched)
    found = door.models(sought, **options)
    if is_searched:
        return Sides(found, wait_for(door.models.search(sought, **searched)))
    if not found:
        raise UsageError(f"no model fits {rest[:60]!r}: try fewer words, or --community to have the API search.")
    return found


def _reads(options: Sequence[grammar.Option]) -> dict[str, Callable[[str], Any] | None]:
    return {option.flags[0]: option.read if option.takes else None for option in options}


def _options(rest: str, known: Mapping[str, Callable[[str], Any] | None]) -> tuple[list[str], dict[str, Any]]:
    """Part a line into its words and its options; one that reads nothing is a switch."""
    try:
        left = deque(shlex.split(rest))
    except ValueError:
        raise UsageError("a quotation mark is open: close it.") from None
    words, options = [], {}
    while left:
        word, _, value = left.popleft().partition("=")
        if not word.startswith("--"):
            words.append(word)
            continue
        if word not in known:
            raise UnknownName("option", word[:40], known, f"Options: {', '.join(known)}.")
        read = known[word]
        value = value or (left.popleft() if left and read else "")
        options[word.removeprefix("--").replace("-", "_")] = _value(word, read, value) if read else True
    return words, options


def _value(word: str, read: Callable[[str], Any], text: str) -> Any:
    if not text:
        raise UsageError(f"{word} wants a value after it.")
    try:
        return read(text)
    except ValueError as error:
        why = str(error) if str(error).startswith("must") else "must be a number"
        raise UsageError(f"{word} is {text[:20]!r}, but {why}.") from None


def model(rest: str) -> Card:
    """Tell what a model takes, and its prices. `--refresh` asks the public services for its schema and prices first."""
    words, options = _options(rest, {"--refresh": None})
    if len(words) != 1:
        raise UsageError("say which: %runware model ID. %runware models lists them.")
    if options:
        print(wait_for(door.models.refresh(words[0])))  # noqa: T201  (told in the cell's output)
    return Card(found := door.models[words[0]], _cover(found))


def _cover(model: Model) -> bytes | None:
    """Fetch a model's cover picture, where the content service told of one and may be asked; None where not."""
    url = model.facts.cover
    return wait_for(door.session().picture(url)) if url and door.is_open() else None


def playground(rest: str) -> Playground:
    """Open a form to ask a model by, or the usual one for pictures."""
    return door.playground(rest or None)


def history(rest: str) -> History | Browser | None:
    """Browse the ledger, or list its rows where no person is: words, and the conditions of `runware_nb.history`."""
    words, options = _options(rest, {f"--{name}": int if name == "most" else str for name in CONDITIONS})
    found = hindsight.history(" ".join(words), **options)
    if can_ask():
        return found.browse()
    if not len(found):
        print("The ledger has no such task.")  # noqa: T201  (told in the cell's output)
        return None
    return found


def cost(rest: str) -> Costs:
    """Add up the ledger; `--by` tells groups apart, and the conditions of a history leave a part of it."""
    known: dict[str, Callable[[str], Any] | None] = {f"--{name}": str for name in ("by", *CONDITIONS) if name != "most"}
    words, options = _options(rest, known)
    if words:
        raise UsageError(
            f"%runware cost takes options alone, not {words[0][:40]!r}: --by model,day, --since 2026-01-31."
        )
    return hindsight.costs(**options)


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
