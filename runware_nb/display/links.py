"""Links: what a page may point at. Everything else stays text."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

_SPACE: Final = 0x20


def web_url(value: object) -> str | None:
    """Return an address only when it is http or https, with a host and no blanks or control characters."""
    if not isinstance(value, str) or any(ord(c) <= _SPACE for c in value):
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in {"http", "https"} and parts.netloc else None


def file_href(path: Path) -> str | None:
    """Return a file's place relative to the current directory, as front ends resolve it beside the notebook.

    Quoted, so no name of a file can be read as a scheme. None where there is no such place (another drive).
    """
    try:
        relative = os.path.relpath(path)
    except ValueError:
        return None
    return quote(Path(relative).as_posix(), errors="replace")


def told_path(path: Path) -> str:
    """Write where a file is: from here, if it is below the current folder, for a saved notebook is read elsewhere."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def data_uri(data: bytes, mime: str) -> str:
    """Carry a file inside the page."""
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def origin(url: str) -> str:
    """Return only the scheme and host of an address: the rest of a webhook or upload address is a secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "…"
    return f"{parts.scheme}://{parts.hostname or ''}/…"
