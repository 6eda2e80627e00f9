"""Markup: the one builder of HTML. What is put into a template is text, and is escaped.

Only what this package made itself (`prose`) comes as `Markup` and passes. Templates use inline styles and plain
elements alone, since an untrusted notebook keeps nothing else.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runware_nb.display import figures

if TYPE_CHECKING:
    from jinja2 import Environment


def html(template: str, **facts: Any) -> str:
    """Fill a template of `templates/`; a name it misses is an error, never an empty place."""
    page = _environment().get_template(f"{template}.html").render(**facts)
    return figures.encodable(page)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
