"""Cards: what is told of a result, a failure or a run, in words. No HTML here.

A card has media on top, one line of facts, its files, and the rest folded away. A new fact is a line in `_facts`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from runware_nb import errors
from runware_nb.api.results import Asset, Result
from runware_nb.api.runs import Run
from runware_nb.api.tasks import Task
from runware_nb.display import figures, previews, tables
from runware_nb.display.links import file_href, told_path, web_url
from runware_nb.display.players import Budget, Player, player
from runware_nb.display.prose import prose

BADGE: Final = "sandbox · sample, not billed"
TILE_BADGE: Final = "sandbox"
_IN_FACTS: Final = frozenset(
    {"taskType", "taskUUID", "status", "cost", "seed", "text", "NSFWContent", "reasoningContent", "resultIndex"}
    | {"finishReason", "usage", "structuredData", "detections", "outputs"}
)
_NOT_SETTINGS: Final = frozenset({"taskType", "taskUUID", "model", "includeCost", "includeUsage", "deliveryMethod"})


@dataclass(frozen=True, slots=True)
class Fact:
    """A few words on a card, and what they mean."""

    words: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A file of a result: where it is kept, where the API serves it, or why it could not be had."""

    words: str
    href: str | None
    note: str = ""
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Fold:
    """Something folded away: text as it is, prose, or a table."""

    title: str
    text: str | None = None
    table: tables.Table | None = None
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """Everything the template of a card needs."""

    medium: str
    caption: str
    player: Player
    title: str
    lead: str | None
    facts: tuple[Fact, ...]
    badge: str | None
    flagged: bool
    prose: Markup | None
    text: str | None
    tables: tuple[tuple[str, tables.Table], ...]
    links: tuple[Link, ...]
    folds: tuple[Fold, ...]
    is_tile: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """A failure: what went wrong in one line, the API's code, and where that is documented."""

    words: str
    code: str
    documentation: str | None
    caption: str | None = None


def card(
    result: Result,
    *,
    budget: Budget | None = None,
    edge: int = previews.CARD_EDGE,
    is_tile: bool = False,
    alike: frozenset[str] = frozenset(),
) -> Card:
    """Gather a card. What is named in `alike` is told once for the whole run, so not here: facts, and the `task`."""
    asset = result.asset
    shown = player(asset, edge=edge, budget=budget) if asset and not asset.problem else Player()
    text = None if asset else result.text
    return Card(
        result.medium,
        figures.shortened(result.prompt or result.medium, 160),
        shown,
        figures.shortened(result.prompt or "", 120) if is_tile and "prompt" not in alike else "",
        None if "model" in alike else result.model,
        tuple(_facts(result, shown, alike)),
        (TILE_BADGE if is_tile else BADGE) if result.sandbox else None,
        result.wire.get("NSFWContent") is True,
        prose(text) if text else None,
        text,
        tuple(_told(result)),
        tuple(_link(a) for a in result.assets),
        tuple(_folds(result, alike)),
        is_tile,
        key(result),
    )


def key(result: Result) -> str:
    """Return what a button on its card asks for: the task that made it, and which of its results it is."""
    which = result.path.name if result.path else str(result.index)
    return f"{result.wire.get('taskUUID') or result.task.task_uuid}/{which}"


def _facts(result: Result, shown: Player, alike: frozenset[str]) -> Iterator[Fact]:
    asset = result.asset
    width, height = (asset.width, asset.height) if asset and asset.width else (shown.width, shown.height)
    if width and height and "size" not in alike:
        yield Fact(_size(width, height), "size in pixels")
    duration = (asset.duration if asset else None) or shown.duration
    if duration and math.isfinite(duration):
        yield Fact(figures.clock(duration), "length")
    for words in shown.about:
        yield Fact(words)
    if isinstance(usage := result.wire.get("usage"), Mapping):
        yield from _usage(usage)
    if result.seed is not None and "seed" not in alike:
        yield Fact(f"seed {result.seed}", "the same seed and settings make much the same again")
    if result.wire.get("finishReason") == "length":
        yield Fact("cut short", "the answer reached its limit of tokens")
    if result.cached:
        yield Fact(f"cached · saved {_saved(result)}", "here already, so nothing was sent; --fresh makes a new take")
        return
    yield price(result.cost, sandbox=result.sandbox)
    if result.latency is not None:
        yield Fact(figures.seconds(result.latency), "from sending to arrival")


def _size(width: int, height: int) -> str:
    return f"{width}×{height}"  # noqa: RUF001


def _usage(usage: Mapping[str, Any]) -> Iterator[Fact]:
    read, written = usage.get("promptTokens"), usage.get("completionTokens")
    if isinstance(read, int) and isinstance(written, int):
        yield Fact(f"{read} → {written} tokens", "tokens read and written")


def price(usd: float | None, *, sandbox: bool) -> Fact:
    """Tell a price: money, play money in the sandbox, or that it is unknown."""
    if sandbox and usd is not None:
        return Fact(f"play {figures.money(usd)}", "play money: the sandbox bills nothing")
    return Fact(figures.cost(usd), "price in USD, as the API told it")


def _saved(result: Result) -> str:
    """Write what the cache saved: money, play money, or that nobody knows."""
    if result.saved is None:
        return "an unknown price"
    return f"{'play ' * result.sandbox}{figures.money(result.saved)}"


def _link(asset: Asset) -> Link:
    """Name a file: kept on this machine, else at the API while it lasts."""
    facts = [figures.size(asset.bytes)] if isinstance(asset.bytes, int) else []
    note = " · ".join([*facts, *([f"copied to {asset.stored}"] if asset.stored else [])])
    if asset.path is not None:
        if not asset.path.exists():
            return Link(told_path(asset.path), None, "no longer here")
        href = None if asset.medium == "vector" or asset.problem else file_href(asset.path)
        return Link(
            told_path(asset.path), href, note, asset.problem and f"The file is kept, but not shown: {asset.problem}"
        )
    url = web_url(asset.url)
    words = "open at the API" if url else f"{asset.medium} not kept"
    problem = asset.problem and f"The file could not be kept: {asset.problem}"
    return Link(words, url, "served for 7 days" if url else "", problem)


def _told(result: Result) -> Iterator[tuple[str, tables.Table]]:
    """Give what the API told in place of media or text."""
    for key, title in (("structuredData", "Data"), ("detections", "Detections")):
        if value := result.wire.get(key):
            yield title, tables.table(value)
    outputs = result.wire.get("outputs")
    rest = {k: v for k, v in outputs.items() if k != "files"} if isinstance(outputs, Mapping) else {}
    if rest:
        yield "Outputs", tables.table(rest)


def asked(task: Task) -> list[Fold]:
    """Fold away what was asked: the words, the settings, and the request as it was sent."""
    wire = task.to_wire()
    parameters = {k: v for k, v in wire.items() if k not in _NOT_SETTINGS and v != task.prompt}
    parameters.pop("messages", None)
    told = [Fold("prompt", task.prompt)] if task.prompt else []
    told += [Fold("parameters", table=tables.settings(parameters))] if parameters else []
    return [*told, Fold("request", tables.as_json(wire), is_code=True)]


def _folds(result: Result, alike: frozenset[str]) -> Iterator[Fold]:
    if isinstance(thought := result.wire.get("reasoningContent"), str) and thought:
        yield Fold("reasoning", thought)
    if "task" not in alike:
        yield from asked(result.task)
    more = {k: v for k, v in result.wire.items() if k not in _IN_FACTS and not k.endswith(("URL", "Data", "URI"))}
    more = {k: v for k, v in more.items() if not k.endswith("UUID")}
    if more:
        yield Fold("more", table=tables.settings(more))


def failure(error: errors.RunwareError, task: Task | None = None) -> Tile:
    """Tell a failure in one line."""
    code = error.code if isinstance(error, errors.ApiError) else type(error).__name__
    link = web_url(error.documentation) if isinstance(error, errors.ApiError) else None
    words = str(error).replace(f" [{code}]", "")
    if link:
        words = words.removesuffix(f" See {link}")
    caption = figures.shortened(task.prompt, 90) if task and task.prompt else None
    return Tile(figures.shortened(words, 400), code, link, caption)


def total(run: Run) -> Fact:
    """Tell the price of a run: what was billed, how many prices are unknown, and play money apart from money."""
    real = [r.cost for r in run.results if not r.sandbox]
    play = [r.cost for r in run.results if r.sandbox]
    known = [c for c in real if c is not None]
    parts = [figures.money(sum(known))] if known else []
    if missing := len(real) - len(known):
        parts.append("cost unknown" if not known else f"{missing} of unknown cost")
    if play:
        parts.append(price(_sum(play), sandbox=True).words)
    meaning = "play money: the sandbox bills nothing" if play and not real else "billed, in USD"
    cached = sum(r.cached for r in run.results)
    words = " + ".join(parts) or figures.money(0)
    return Fact(f"{words}, {cached} cached" if cached else words, meaning)


def _sum(costs: list[float | None]) -> float | None:
    return None if any(c is None for c in costs) else sum(c for c in costs if c is not None)


def common(run: Run) -> dict[str, str]:
    """Return what all tasks of a run have in common, so that it is told once: `model`, `prompt`, `size`."""
    wires = [t.to_wire() for t in run.tasks]
    sizes = {(w.get("width"), w.get("height")) for w in wires}
    found: dict[str, set[str | None]] = {
        "model": {t.model for t in run.tasks},
        "prompt": {t.prompt for t in run.tasks},
        "size": {_size(w, h) if isinstance(w, int) and isinstance(h, int) else None for w, h in sizes},
    }
    return {name: value for name, values in found.items() if len(values) == 1 and (value := next(iter(values)))}
