"""Manifest: beside the kept files, a line of JSON for each result, of which a lost ledger is made again.

Lines are only ever added, whole ones in one write, so that several processes can share the file; the last line about a
result counts. It goes where the files go, perhaps to other people, so it holds no address that is a secret.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

NAME: Final = "manifest.jsonl"
VERSION: Final = 1
_SECRET: Final = frozenset({"webhookURL", "uploadEndpoint"})
_json: Final = json.JSONEncoder(default=str, separators=(",", ":")).encode
_LARGEST: Final = 10_000_000
"""Characters of one line: more is none of ours."""


def append(folder: Path, *entries: Mapping[str, Any]) -> None:
    """Add a line for each entry."""
    write(folder, map(line, entries))


def line(entry: Mapping[str, Any], **texts: str) -> str:
    """Return the line of an entry. Values that are JSON already are `texts`, which are not read and written again."""
    head = _shareable_text(_json({"version": VERSION, **entry}))
    return "".join([head[:-1], *(f',"{name}":{_shareable_text(text)}' for name, text in texts.items()), "}\n"])


def write(folder: Path, lines: Iterable[str]) -> None:
    """Add lines. The ledger tells of the results too, so a folder that cannot be written to is no trouble."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    with contextlib.suppress(OSError):
        descriptor = os.open(folder / NAME, flags, 0o644)
        try:
            os.write(descriptor, "".join(lines).encode())
        finally:
            os.close(descriptor)


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """Return what the manifest of a folder tells of each result. Broken lines, and later versions, are left out."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    with contextlib.suppress(OSError), (folder / NAME).open(encoding="utf-8", errors="replace") as file:
        while line := file.readline(_LARGEST):
            with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
                entry = json.loads(line)
                if entry["version"] == VERSION:
                    found[str(entry["uuid"]), int(entry["number"])] = entry
    yield from found.values()


def shareable(value: Any, name: str = "") -> Any:
    """Leave out addresses that let others write, and the signature that an address may carry."""
    if isinstance(value, str):
        return value.partition("?")[0] if name.lower().endswith("url") else value
    if isinstance(value, list):
        return [shareable(v, name) for v in value]
    if isinstance(value, Mapping):
        return {k: shareable(v, str(k)) for k, v in value.items() if k not in _SECRET}
    return value


def _shareable_text(text: str) -> str:
    """Leave out of JSON what `shareable` does, if there can be any."""
    return _json(shareable(json.loads(text))) if _may_hold_secrets(text) else text


def _may_hold_secrets(text: str) -> bool:
    r"""Tell JSON that holds the name of what is left out, a `?`, or an escape (`\u003f`) that may stand for one."""
    return "?" in text or r"\u00" in text or any(name in text for name in _SECRET)
