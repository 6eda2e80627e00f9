"""Preferences: what cells and verbs do when they do not say, and where that was set.

To add one, add a row to `PREFERENCES`; `%config Runware`, `%runware config` and the files follow from it. First found:
`%config Runware.NAME`, its variable in the environment, `[tool.runware_nb]` in the `pyproject.toml` of this folder or
one above, `config.toml` in the user's configuration folder, the default. A cell's own options come before them all.

Addresses and the key are no preferences: a file that came with somebody's notebook must not send the key elsewhere.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from runware_nb.errors import UnknownName, UsageError
from runware_nb.settings import CACHE_MODES, OUTPUTS, TRANSPORTS

_KEY: Final = re.compile(r"(?i)(api[-_]?)?key|token|secret")
_NONE: Final = frozenset({"", "none"})


@dataclass(frozen=True, slots=True)
class Preference:
    """One preference.

    Parameters
    ----------
    name
        What it is called everywhere.
    read
        Turns what was set into the value, or raises ValueError with words that begin with "must".
    default
        Its value where nobody set it.
    help
        What it does, in half a line.
    variable
        Its variable in the environment, if it has one.
    """

    name: str
    read: Callable[[Any], Any]
    default: Any
    help: str
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A value, and where it was set."""

    value: Any
    source: str


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("must be text")
    return value or None


def _size(value: Any) -> str | None:
    if value is not None and not re.fullmatch(r"\s*\d+\s*[x×*]\s*\d+\s*", str(value)):  # noqa: RUF001
        raise ValueError("must look like 1024x768")
    return None if value is None else str(value)


def _dollars(value: Any) -> float | None:
    if value is None or str(value).strip().lower() in _NONE:
        return None
    try:
        dollars = float(str(value).strip().removeprefix("$"))
    except ValueError:
        dollars = float("nan")
    if isinstance(value, bool) or not 0 <= dollars < float("inf"):
        raise ValueError("must be USD, such as 5.00")
    return dollars


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ValueError("must be a number of seconds above 0")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1_000:  # noqa: PLR2004
        raise ValueError("must be a whole number from 1 to 1000")
    return value


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004  (told as the others are)
    return value


def _one_of(*words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"must be {', '.join(words[:-1])} or {words[-1]}")
        return str(value)

    return read


PREFERENCES: Final[tuple[Preference, ...]] = (
    Preference("model_image", _text, None, "model of image cells"),
    Preference("model_video", _text, None, "model of video cells"),
    Preference("model_audio", _text, None, "model of audio cells"),
    Preference("model_3d", _text, None, "model of 3d cells"),
    Preference("model_text", _text, None, "model of text cells"),
    Preference("size", _size, None, "width and height of image cells in pixels, such as 1024x768"),
    Preference("cache", _one_of(*CACHE_MODES), "use", "how to use the cache; RUNWARE_CACHE overrules cells as well"),
    Preference("max_cost", _dollars, None, "USD that one cell may spend"),
    Preference("session_budget", _dollars, None, "USD that may be spent in all", "RUNWARE_BUDGET"),
    Preference("budget_name", _text, None, "who gives the same name shares one budget", "RUNWARE_BUDGET_NAME"),
    Preference("confirm_above", _dollars, None, "USD above which a run wants to be agreed to", "RUNWARE_CONFIRM_ABOVE"),
    Preference("validate", _switch, True, "check parameters against the model's schema before sending"),
    Preference("timeout", _seconds, None, "seconds to wait for a task; it then runs on, and is billed"),
    Preference(
        "transport", _one_of(*TRANSPORTS), "auto", "auto takes the WebSocket for many short tasks", "RUNWARE_TRANSPORT"
    ),
    Preference(
        "out_dir",
        _text,
        OUTPUTS,
        "folder for media, beside the notebook, or an address to copy them to as well; set before the first run",
    ),
    Preference("autoframe", _switch, False, "cells return their DataFrame in place of the run"),
    Preference("gallery_limit", _whole, 12, "results of a run that get a tile on its card"),
    Preference("errors", _one_of("short", "full"), "short", "full shows the whole traceback of our errors"),
)
BY_NAME: Final[Mapping[str, Preference]] = {p.name: p for p in PREFERENCES}
OVERRIDES: Final[dict[str, Any]] = {}
"""What `%config` has set, by name."""


def value(name: str) -> Any:
    """Return the value of a preference that is in force."""
    return found(name).value


def found(name: str) -> Found:
    """Return a preference that is in force, and where it was set.

    Raises
    ------
    UsageError
        For a value that cannot be: a limit that cannot be read must not pass for none. It names the place.
    """
    preference = BY_NAME[name]
    for text, source in _places(preference):
        return Found(checked(preference, text, source), source)
    return Found(preference.default, "default")


def outputs() -> tuple[str, str | None]:
    """Return the folder for media, and the address they are copied to as well, if `out_dir` is one."""
    asked = value("out_dir") or OUTPUTS
    return (OUTPUTS, asked) if "://" in asked else (asked, None)


def checked(preference: Preference, text: Any, source: str) -> Any:
    """Read a value that was set somewhere, or refuse it by the name of the place."""
    try:
        return preference.read(text)
    except ValueError as error:
        raise UsageError(f"{preference.name} is {str(text)[:40]!r} ({source}), but {error}.") from None


def with_defaults(kind: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Add to the parameters of a task what is preferred for its kind and not said."""
    given = dict(parameters)
    if given.get("model") is None and (model := value(f"model_{kind}") if f"model_{kind}" in BY_NAME else None):
        given["model"] = model
    sized = any(name in given for name in ("size", "width", "height", "resolution"))
    if kind == "image" and not sized and (size := value("size")):
        given["size"] = size
    return given


def _places(preference: Preference) -> Iterator[tuple[Any, str]]:
    """Give what was set, the place that counts most first."""
    name = preference.name
    if name in OVERRIDES:
        yield OVERRIDES[name], "%config"
    if preference.variable and (text := os.environ.get(preference.variable, "").strip()):
        yield text, preference.variable
    for path, table in ((_project(), ("tool", "runware_nb")), (_user(), ())):
        if path is not None and name in (told := _told(path, table)):
            yield told[name], str(path)


def _project() -> Path | None:
    here = Path.cwd()
    return next((p for folder in (here, *here.parents) if (p := folder / "pyproject.toml").is_file()), None)


def _user() -> Path | None:
    from platformdirs import user_config_path

    path = user_config_path("runware_nb", appauthor=False) / "config.toml"
    return path if path.is_file() else None


def _told(path: Path, table: tuple[str, ...]) -> Mapping[str, Any]:
    try:
        stat = path.stat()
        return _read(path, table, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None


@lru_cache(maxsize=8)
def _read(path: Path, table: tuple[str, ...], mtime: int, size: int) -> Mapping[str, Any]:  # noqa: ARG001 - keys
    """Read the preferences of a file, refusing keys and names that are none."""
    try:
        told: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{path} is not TOML: {error}.") from None
    for name in table:
        told = told.get(name, {}) if isinstance(told, dict) else {}
    if not isinstance(told, dict):
        raise UsageError(f"[{'.'.join(table)}] in {path} is no table.")
    for name in told:
        if _KEY.fullmatch(name):
            raise UsageError(f"{path} sets {name}: a key does not go into a file. Remove it; %runware login keeps one.")
        if name not in BY_NAME:
            raise UnknownName("preference", name[:40], BY_NAME, f"It is in {path}. See %runware config.")
    return told
