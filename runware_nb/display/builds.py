"""The built front end: what `npm run build` left in `runware_nb/static/`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from runware_nb.errors import UsageError

STATIC: Final = Path(__file__).parents[1] / "static"


@cache
def built(name: str) -> str:
    """Return the text of one built file, such as `"cancel.mjs"`.

    Raises
    ------
    UsageError
        If the file has not been built, as in a fresh clone.
    """
    try:
        return (STATIC / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError("the front end is not built: run `npm ci && npm run build`") from None
