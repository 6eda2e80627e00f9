"""Lines to look things up: `models`, `model`, `history`, `show`, `templates`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from runware_nb import door
from runware_nb.api import wire
from runware_nb.api.runs import Run
from runware_nb.catalog import Model, bundled
from runware_nb.display import figures, tables
from runware_nb.display.tables import Listing, Table
from runware_nb.errors import UnknownName, UsageError
from runware_nb.loops import wait_for
from runware_nb.magics import saved
from runware_nb.memory.parcels import SUFFIX

SHOWN: Final = 40
_HIDDEN: Final = frozenset({"taskType", "taskUUID", "includeCost", "deliveryMethod", "webhookURL", "uploadEndpoint"})


def models(rest: str) -> Listing:
    """List the models whose slug, AIR, maker or kind hold all the words."""
    words = rest.lower().split()
    fitting = [m for m in bundled() if all(word in _told(m) for word in words)]
    if not fitting:
        raise UsageError(f"no model has {rest[:60]!r} in its name, maker or kind: try fewer words.")
    rows = [(m.slug, m.air, wire.BY_NAME[m.task_type].kind, m.creator, _price(m)) for m in fitting]
    columns = ("slug", "AIR", "kind", "by", "price")
    return Listing(Table(tuple(rows[:SHOWN]), columns, max(0, len(rows) - SHOWN)))


def _told(model: Model) -> str:
    return f"{model.slug} {model.air} {model.creator} {wire.BY_NAME[model.task_type].kind}".lower()


def _price(model: Model) -> str:
    prices = sorted(row["usd"] for row in model.prices)
    if not prices:
        return "unknown"
    unit = model.prices[0]["unit"]
    span = figures.money(prices[0]) + (f" to {figures.money(prices[-1])}" if prices[0] < prices[-1] else "")
    return f"{span} a {unit}"


def model(rest: str) -> Listing:
    """Tell what a model takes, and its prices."""
    if not rest:
        raise UsageError("say which: %runware model ID. %runware models lists them.")
    found = bundled().get(bundled().resolve(rest))
    if found is None:
        raise UsageError(f"{rest[:60]} is not in the bundled catalogue; the API may know it all the same.")
    about = [("model", f"{found.slug} · {found.air} · by {found.creator}", "")]
    docs = [("documentation", found.documentation, "")]
    prices = [("price", f"{figures.money(row['usd'])} a {row['unit']}", row["configuration"]) for row in found.prices]
    takes = [_parameter(name, spec, found) for name, spec in found.schema["properties"].items() if name not in _HIDDEN]
    return Listing(Table((*about, *docs, *prices, *takes), ("name", "type or value", "allowed")))


def _parameter(name: str, spec: dict[str, Any], found: Model) -> tuple[str, str, str]:
    kind = spec.get("type", "any")
    bounds = [f"{words} {spec[key]}" for key, words in _BOUNDS.items() if key in spec]
    choices = [", ".join(map(str, spec["enum"]))] if "enum" in spec else []
    told = figures.shortened("; ".join([*choices, *bounds]), 160)
    words = kind if isinstance(kind, str) else " or ".join(kind)
    return wire.from_wire(name), f"{words}, required" if found.requires(name) else words, told


_BOUNDS: Final = {"minimum": "from", "maximum": "to", "multipleOf": "in steps of", "default": "else"}


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
