"""Awaiting: a call shown without its `await` says so, in place of `<coroutine object …>`. `await _` yet runs it."""

from __future__ import annotations

import inspect
from types import CoroutineType
from typing import Any


def teach(shell: Any) -> None:
    """Have a shell say it."""
    _plain(shell).for_type(CoroutineType, _tell)


def unteach(shell: Any) -> None:
    """Take it back."""
    _plain(shell).pop(CoroutineType, None)


def _plain(shell: Any) -> Any:
    return shell.display_formatter.formatters["text/plain"]


def _tell(waiting: Any, page: Any, _cycle: bool) -> None:
    if inspect.getcoroutinestate(waiting) == inspect.CORO_CREATED and _is_ours(waiting):
        page.text(f"{waiting.__name__}(…) has not begun, and nothing was sent. Write await before it; or, now: await _")
    else:
        page.text(repr(waiting))


def _is_ours(waiting: Any) -> bool:
    return str(waiting.cr_frame.f_globals.get("__name__")).startswith("runware_nb.")
