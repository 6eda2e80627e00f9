"""Manifest: beside the kept files, a line of JSON for each result, of which a lost ledger is made again.

Lines are only ever added, whole ones in one write, so that several processes can share the file; the last line about a
result counts. It goes where the files go, perhaps to other people, so it holds no address that is a secret.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

NAME: Final = "manifest.jsonl"
VERSION: Final = 1
_SECRET: Final = frozenset({"webhookURL", "uploadEndpoint"})
_LARGEST: Final = 10_000_000
"""Characters of one line: more is none of ours."""


def append(folder: Path, *entries: Mapping[str, Any]) -> None:
    """Add a line for each entry. The ledger has them too, so a folder that cannot be written to is no trouble."""
    lines = (json.dumps({"version": VERSION, **shareable(e)}, default=str, separators=(",", ":")) for e in entries)
    text = "".join(f"{line}\n" for line in lines)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    with contextlib.suppress(OSError):
        descriptor = os.open(folder / NAME, flags, 0o644)
        try:
            os.write(descriptor, text.encode())
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
