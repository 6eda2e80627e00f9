"""Sources: what a page is told of a result, as JSON. Its fields are the `Source` of `js/src/view/stage.ts`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from runware_nb.api.results import Asset, Result
from runware_nb.display import figures, waveforms
from runware_nb.display.cards import price
from runware_nb.display.players import Budget, player
from runware_nb.display.thumbs import is_flagged
from runware_nb.media import format_of

_DRAWING_BYTES: Final = 100_000
"""A drawing up to this size is its own poster."""
_HEADER: Final = 20
_MOST_JSON: Final = 16_000_000
_ENCODINGS: Final = {
    "KHR_draco_mesh_compression": "draco",
    "EXT_meshopt_compression": "meshopt",
    "KHR_meshopt_compression": "meshopt",
    "EXT_texture_webp": "webp",
}
_TELLING: Final = frozenset({"model", "cost", "time", "seed", "format"})
"""Facts from which one might guess who made it."""


def source(result: Result, key: str, asset: Asset | None = None) -> dict[str, Any]:
    """Tell of one file of a result, or of its text.

    Parameters
    ----------
    result
        With its files on this machine.
    key
        Names it in messages.
    asset
        Which of its files; the first, if not given.
    """
    asset = asset or result.asset
    path = asset.path if asset else None
    alt = figures.shortened(figures.encodable(result.prompt or result.medium), 160)
    told: dict[str, Any] = {
        "key": key,
        "medium": asset.medium if asset else "text",
        "mime": "text/plain",
        "bytes": 0,
        "alt": alt,
        "poster": "",
        "text": "" if asset else figures.encodable(result.text or ""),
        "peaks": [],
        "duration": 0,
        "frame_rate": 0,
        "width": 0,
        "height": 0,
        "extension": "txt",
        "encodings": [],
    }
    if asset and path and path.is_file():
        told |= _file(result, asset, path)
    return told | {"facts": [list(fact) for fact in _facts(result, told)]}


def blind(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a source without the facts that tell who made it."""
    return {**told, "facts": [fact for fact in told["facts"] if fact[0] not in _TELLING]}


def _file(result: Result, asset: Asset, path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        known = format_of(file.read(512))
    shown = player(asset, budget=Budget(_DRAWING_BYTES))
    still = shown.still or (shown.src if shown.element == "img" else None) or ""
    sound = waveforms.sound_of(path) if asset.medium == "audio" else None
    return {
        "mime": known.mime if known else "application/octet-stream",
        "bytes": path.stat().st_size,
        "poster": still if still.startswith("data:image/") and not is_flagged(result) else "",
        "peaks": [round(level, 3) for level in sound.levels] if sound else [],
        "duration": asset.duration or shown.duration or 0,
        "frame_rate": shown.frame_rate or 0,
        "width": asset.width or shown.width or 0,
        "height": asset.height or shown.height or 0,
        # An FBX or glTF may be text, as far as its bytes tell: then the name knows more.
        "extension": known.extension if known and asset.medium != "3d" else path.suffix.lstrip(".").lower(),
        "encodings": sorted(encodings(path)) if asset.medium == "3d" else [],
    }


def _facts(result: Result, told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if result.prompt:
        yield "prompt", figures.encodable(result.prompt)
    if result.model:
        yield "model", figures.encodable(result.model)
    if told["width"] and told["height"]:
        yield "size", f"{told['width']}×{told['height']}"  # noqa: RUF001
    if told["duration"]:
        yield "length", figures.clock(told["duration"])
    if told["bytes"]:
        yield "format", f"{told['extension']}, {figures.size(told['bytes'])}"
    if result.seed is not None:
        yield "seed", str(result.seed)
    if result.price is not None:
        cost = price(result.price, sandbox=result.sandbox).words
        yield "cost", f"nothing, saved {cost}" if result.cached else cost
    if result.latency is not None and not result.cached:
        yield "time", figures.seconds(result.latency)


def encodings(path: Path) -> set[str]:
    """Return what must be decoded before a GLB can be drawn, from its header; nothing for other files."""
    with path.open("rb") as file:
        head = file.read(_HEADER)
        length = int.from_bytes(head[12:16], "little")
        if head[:4] != b"glTF" or length > _MOST_JSON:
            return set()
        text = file.read(length)
    try:
        used = json.loads(text).get("extensionsUsed", [])
    except (ValueError, AttributeError, RecursionError):
        return set()
    names = used if isinstance(used, list) else []
    return {_ENCODINGS[name] for name in names if isinstance(name, str) and name in _ENCODINGS}
