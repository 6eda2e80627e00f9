"""Tables for spreadsheets: what comes from others must not become a formula there."""

from __future__ import annotations

from typing import Any, Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Beginnings that spreadsheets take for a formula: https://owasp.org/www-community/attacks/CSV_Injection."""


def guarded(value: Any) -> Any:
    """Return text with an apostrophe before it, if a spreadsheet would take it for a formula. Numbers stay."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
