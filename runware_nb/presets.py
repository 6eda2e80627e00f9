"""Presets: tasks kept under a name, in the user's folder, for every notebook."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from runware_nb.api import inputs
from runware_nb.errors import UnknownName, UsageError
from runware_nb.settings import home

LONGEST: Final = 60
_FILE: Final = "$file"


def names() -> list[dict[str, str]]:
    """List the presets, by name: `name` and the `model` each is for."""
    return [{"name": name, "model": str(task.get("model", ""))} for name, task in sorted(_read().items())]


def save(name: str, task: Mapping[str, Any]) -> None:
    """Keep a task under a name, in place of one of the same name.

    Raises
    ------
    UsageError
        For a name that is none, media that are in no file, or a folder that cannot be written to.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST or re.search(r"[\x00-\x1f]", name):
        raise UsageError(f"a preset wants a name of 1 to {LONGEST} characters.")
    _write({**_read(), name: _plain({k: v for k, v in task.items() if k != "taskUUID"})})


def load(name: str) -> dict[str, Any]:
    """Return the task of a preset.

    Raises
    ------
    UnknownName
        When there is none of that name.
    """
    known = _read()
    if name not in known:
        raise UnknownName("preset", name[:40], known, "The playground saves them.")
    task: dict[str, Any] = _media(known[name])
    return task


def forget(name: str) -> None:
    """Remove a preset, if it is there."""
    _write({k: v for k, v in _read().items() if k != name})


def _place() -> Path:
    return home() / "presets.json"


def _read() -> dict[str, dict[str, Any]]:
    """Read them. A file that somebody broke is no reason to stop."""
    try:
        found = json.loads(_place().read_text())
    except (OSError, ValueError):
        return {}
    return {str(k): v for k, v in found.items() if isinstance(v, dict)} if isinstance(found, dict) else {}


def _write(presets: Mapping[str, Any]) -> None:
    place = _place()
    partial = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        partial.write_text(json.dumps(presets, indent=1, ensure_ascii=False))
        partial.replace(place)
    except OSError as error:
        raise UsageError(f"presets cannot be written to {place.parent}: {error.strerror}.") from None


def _plain(value: Any) -> Any:
    if inputs.is_media(value):
        path = value if isinstance(value, Path) else getattr(value, "path", None)
        if not isinstance(path, Path):
            raise UsageError("this task holds a picture that is in no file: save it, and give the file.")
        return {_FILE: str(path.absolute())}
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def _media(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Path(value[_FILE]) if set(value) == {_FILE} else {k: _media(v) for k, v in value.items()}
    return [_media(v) for v in value] if isinstance(value, list) else value
