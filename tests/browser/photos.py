"""Pictures for people to look at, in `build/screenshots`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Locator, Page

SCREENS = Path(__file__).parents[2] / "build" / "screenshots"


def photograph(shown: Page | Locator, name: str, **options: Any) -> None:
    """Write a picture, or say why there is none.

    Tests claim nothing of it. So a Chromium that is short of memory and can draw none fails none.
    """
    try:
        shown.screenshot(path=SCREENS / f"{name}.png", **options)
    except Error as error:
        print(f"no picture {name}: {error.message.splitlines()[0]}")  # noqa: T201
