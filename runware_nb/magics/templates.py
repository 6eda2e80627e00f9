"""Filling in `{{ }}` from the notebook's variables, in Jinja's sandbox.

The cell is taken apart first and filled in after, leaf by leaf and once: so what a variable holds can never add
an option, a parameter or another `{{ }}`. An unknown name stops the cell before anything is sent.
A value that is nothing but one `{{ expression }}` becomes the object itself: a picture, a path, an earlier result.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from runware_nb.api.results import Result
from runware_nb.api.runs import Run
from runware_nb.errors import UsageError

_WHOLE: Final = re.compile(r"\s*\{\{(?P<expression>(?:(?!\}\}|\{\{).)+)\}\}\s*", re.DOTALL)
LONGEST: Final = 1_000_000
_BIG: Final = 1_000_000_000
_BIG_POWER: Final = 64
# Values whose methods may be called. Functions, classes and objects of the notebook are values, and no more.
_PLAIN: Final = frozenset({str, bytes, int, float, bool, list, tuple, dict, set, frozenset, date, datetime, timedelta})
# Methods and filters that can make a gigabyte of blanks of a word.
_PADDING: Final = frozenset(
    {
        "format", "format_map", "ljust", "rjust", "center", "zfill", "expandtabs",
        "replace", "translate", "join", "to_bytes",
    }
)  # fmt: skip
_FILTERS: Final = frozenset(
    {
        "abs", "capitalize", "count", "d", "default", "first", "float", "int", "last", "length", "list", "lower", "map",
        "max", "min", "reject", "rejectattr", "reverse", "round", "select", "selectattr", "sort", "string", "sum",
        "title", "trim", "truncate", "unique", "upper", "wordcount",
    }
)  # fmt: skip
_MOST: Final = 1_000
"""Expressions in one text."""


def fill(value: Any, names: Mapping[str, Any]) -> Any:
    """Return a value of a cell with its `{{ }}` filled in; strings stay strings unless they are one expression."""
    if isinstance(value, str):
        return _fill_text(value, names)
    if isinstance(value, Mapping):
        return {key: fill(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, names) for inner in value]
    return value


def mentioned(value: Any) -> set[str]:
    """Return the names of the variables that `{{ }}` in a value of a cell mention."""
    if isinstance(value, Mapping):
        return mentioned(list(value.values()))
    if isinstance(value, list):
        return set().union(*map(mentioned, value))
    if not isinstance(value, str) or "{{" not in value:
        return set()
    from jinja2 import TemplateError, meta

    try:
        return set(meta.find_undeclared_variables(_environment().parse(value)))
    except TemplateError:  # filling it in says what is wrong
        return set()


def _fill_text(text: str, names: Mapping[str, Any]) -> Any:
    if "{{" not in text:
        return text
    if text.count("{{") > _MOST:
        raise UsageError(f"there are more than {_MOST:,} {{{{ }}}} in one text: use --raw for literal braces.")
    from jinja2 import TemplateError, UndefinedError
    from jinja2.exceptions import SecurityError

    try:
        if whole := _WHOLE.fullmatch(text):
            return _known(
                _environment().compile_expression(whole["expression"], undefined_to_none=False)(_Names(names))
            )
        filled = _environment().from_string(text).render(_Names(names))
    except UndefinedError as error:
        raise UsageError(_undefined(str(error), names)) from None
    except SecurityError as error:
        raise UsageError(f"{{{{ }}}} may not do this: {error}.") from None
    except TemplateError as error:
        raise UsageError(f"{text.strip()[:60]!r} is not a template: {error}. Use --raw for literal braces.") from None
    except Exception as error:  # noqa: BLE001  (an expression of the user's: it raises what it likes)
        raise UsageError(f"{text.strip()[:60]!r} cannot be filled in: {type(error).__name__}: {error}.") from None
    if len(filled) > LONGEST:
        raise UsageError(f"the prompt grew to {len(filled):,} characters: at most {LONGEST:,}.")
    return filled


def _known(value: Any) -> Any:
    """Pass a value on; have Jinja raise for one that stands for an unknown name."""
    from jinja2 import StrictUndefined

    if isinstance(value, StrictUndefined):
        str(value)
    return value


class _Names(dict[str, Any]):
    """The notebook's variables, without its private ones, and `file`."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        super().__init__({k: v for k, v in names.items() if not k.startswith("_")})


@cache
def _environment() -> Any:
    """Make the sandbox: expressions only, no private attributes, and nothing that grows a value without bound."""
    from jinja2 import StrictUndefined
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Bounded(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset(["*", "**", "%"])

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if not all(isinstance(side, int | float) and abs(side) < _BIG for side in (left, right)):
                raise SecurityError(f"{operator} is for numbers below {_BIG:,}")
            if operator == "**" and abs(right) > _BIG_POWER:
                raise SecurityError(f"powers go up to {_BIG_POWER}")
            return super().call_binop(context, operator, left, right)

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            hidden = attr in _PADDING or isinstance(obj, ModuleType)
            return not hidden and bool(super().is_safe_attribute(obj, attr, value))

        def is_safe_callable(self, obj: Any) -> bool:
            own = obj is _file or obj is environment.globals["range"]
            return own or type(getattr(obj, "__self__", None)) in _PLAIN

    environment = Bounded(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, finalize=_as_text,
        block_start_string="\0{%", block_end_string="%}\0", comment_start_string="\0{#", comment_end_string="#}\0",
    )  # fmt: skip
    environment.globals = {"file": _file, "range": environment.globals["range"]}
    filters = {name: filter_ for name, filter_ in environment.filters.items() if name in _FILTERS}
    environment.filters = {**filters, "join": _join, "replace": _replace}
    return environment


def _join(values: Iterable[Any], between: str = "") -> str:
    """Put values in a row."""
    several = [str(_as_text(value)) for value in values]
    _bound(sum(map(len, several)) + len(several) * len(between))
    return str(between).join(several)


def _replace(text: str, old: str, new: str) -> str:
    """Put words in the place of others."""
    text, old, new = str(text), str(old), str(new)
    _bound(len(text) + (text.count(old) if old else 0) * len(new))
    return text.replace(old, new) if old else text


def _bound(length: int) -> None:
    if length > LONGEST:
        raise ValueError(f"more than {LONGEST:,} characters")


def _file(path: str) -> Path:
    """Name a file to upload, in a place that takes media: `{{ file("photo.png") }}`."""
    return Path(path)


def _as_text(value: Any) -> Any:
    """Write results of text as their text, where a prompt mentions them."""
    if isinstance(value, Run) and len(value) == 1:
        value = value[0]
    if isinstance(value, Result) and value.text is not None:
        return value.text
    return value


def _undefined(message: str, names: Mapping[str, Any]) -> str:
    match = re.match(r"'(.+?)' is undefined", message)
    if not match:
        return f"{message}."
    near = difflib.get_close_matches(match[1], [n for n in names if not n.startswith("_")], n=2)
    meant = f"Did you mean {' or '.join(near)}?" if near else "Set it in a cell above, or use --raw for literal braces."
    return f"there is no variable {match[1]!r}. {meant}"
