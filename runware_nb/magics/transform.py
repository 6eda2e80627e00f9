"""The transformer: makes a `%%runware` cell a top-level `await` on the kernel's own loop.

IPython cannot await a magic. Where a cell cannot be awaited, the transformer stands down and the registered magic
runs the same coroutine on the background loop: inside other magics, with `%autoawait off`, in the terminal.
It sees every cell, also half-typed ones, so it is quick and changes nothing else.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

_FIRST_LINE: Final = re.compile(r"%%runware(\s|$)")
_MAGIC_FRAMES: Final = frozenset({"run_cell_magic", "run_line_magic"})


def transformer(shell: Any) -> Callable[[list[str]], list[str]]:
    """Return the transformer for a shell."""

    def to_await(lines: list[str]) -> list[str]:
        first = next((n for n, line in enumerate(lines) if line.strip()), None)
        if first is None or not _FIRST_LINE.match(lines[first]) or lines[first].rstrip().endswith("?"):
            return lines
        body = "".join(lines[first + 1 :])
        if not body.strip() or not _can_await(shell):
            return lines
        line = lines[first].strip().removeprefix("%%runware").strip()
        return [f"await __import__('runware_nb.magics', fromlist=['run_cell']).run_cell({line!r}, {body!r})\n"]

    return to_await


def _can_await(shell: Any) -> bool:
    if not getattr(shell, "autoawait", False) or type(shell.loop_runner).__name__ != "_AsyncIORunner":
        return False
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  (only so can another magic above be seen)
    while frame is not None:
        if frame.f_code.co_name in _MAGIC_FRAMES:
            return False
        frame = frame.f_back
    return True
