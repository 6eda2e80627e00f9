"""The line `%runware asyncio`: snippets that end in `asyncio.run(main())`, as the API's docs have them, run in cells.

A kernel's loop runs already, and asyncio lets no second one run inside it. nest-asyncio2 lifts that. Our own cells
need none of it. Its ancestor, nest-asyncio 1.x, loses queued cells under ipykernel 7.1 and later.
"""

from __future__ import annotations

import sys
from importlib import metadata
from typing import Final

from runware_nb.errors import UsageError

_BROKEN_FROM: Final = (7, 1)
_WHAT: Final = "asyncio.run() in cells"


def asyncio_line(rest: str) -> None:
    """Turn it on, or tell whether it is.

    Raises
    ------
    UsageError
        For `off`: what is patched stays so until the kernel restarts.
    """
    if rest == "on":
        import nest_asyncio2  # type: ignore[import-untyped]

        nest_asyncio2.apply()
        print(f"{_WHAT} works from now on, until the kernel restarts.")  # noqa: T201  (told in the cell's output)
    elif rest == "off":
        raise UsageError("asyncio stays as it is until the kernel restarts.")
    elif rest:
        raise UsageError(f"%runware asyncio takes on, or nothing, but there is {rest[:40]!r}.")
    else:
        print(f"{_WHAT}: {'on' if is_on() else 'off; %runware asyncio on'}.")  # noqa: T201
    if warning := old_patch():
        print(warning)  # noqa: T201


def is_on() -> bool:
    """Tell whether asyncio is patched to nest."""
    import asyncio

    return getattr(asyncio.run, "__module__", "").startswith("nest_asyncio")


def old_patch() -> str | None:
    """Warn of nest-asyncio 1.x where it loses cells; None if all is well."""
    if "nest_asyncio" not in sys.modules or not is_on():
        return None
    version = tuple(int(part) for part in metadata.version("ipykernel").split(".")[:2])
    if version < _BROKEN_FROM or "nest_asyncio2" in sys.modules:
        return None
    return "nest-asyncio 1.x is patched in: with this ipykernel it loses queued cells. Use %runware asyncio on instead."
