"""Verbs: what can be done with a result, from where it stands.

`view` and `compare` show what is here. The others ask the door for a new run, which costs money. Door and widgets
stand above the data and are looked up when a verb is used.
"""

from __future__ import annotations

import json
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from runware_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from runware_nb.api.runs import Run

_FENCED: Final = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n```", re.DOTALL)
_LIKENESS: Final = 0.6
"""How far a variation goes from its picture, 0 to 1: the docs' middle ground."""


class Verbs:
    """Verbs of a result. All take the parameters of the kind they make, and `name`, `cache`, `max_cost`."""

    __slots__ = ()

    def again(self, **changes: Any) -> Coroutine[Any, Any, Run]:
        """Make it again, changed: `await result.again(seed=8, prompt="a hare")`. Without changes, a new sample.

        Raises
        ------
        UsageError
            When the model does not take a change. Nothing was sent.
        """
        return _door().again(self, **changes)  # type: ignore[no-any-return]

    def vary(self, **parameters: Any) -> Coroutine[Any, Any, Run]:
        """Make variations of a picture: the same words, starting from it. `strength` is 0 (alike) to 1 (free)."""
        self._must_be("image")
        return self.again(**{"seed": None, "seed_image": self, "strength": _LIKENESS, **parameters})

    def upscale(self, **parameters: Any) -> Coroutine[Any, Any, Run]:
        """Make a picture or video larger; `upscale_factor` is 2 if not given."""
        self._must_be("image", "video")
        return _ask("upscale", self, {"upscale_factor": 2, **parameters})

    def remove_background(self, **parameters: Any) -> Coroutine[Any, Any, Run]:
        """Cut out what a picture shows."""
        self._must_be("image", "video")
        return _ask("removebg", self, parameters)

    def caption(self, **parameters: Any) -> Coroutine[Any, Any, Run]:
        """Have a picture or video described in words."""
        self._must_be("image", "video")
        return _ask("caption", self, parameters)

    def animate(self, prompt: str, **parameters: Any) -> Coroutine[Any, Any, Run]:
        """Make a video that begins with a picture and goes on as the prompt says."""
        self._must_be("image")
        return _ask("video", prompt, {"first_frame": self, **parameters})

    def to_mesh(self, **parameters: Any) -> Coroutine[Any, Any, Run]:
        """Make a 3D mesh of what a picture shows."""
        self._must_be("image")
        return _ask("3d", None, {"image": self, **parameters})

    def json(self) -> Any:
        """Read a text as JSON: all of it, or its one fenced block.

        Raises
        ------
        UsageError
            When it is none.
        """
        self._must_be("text")
        text = str(getattr(self, "text", None) or "")
        fenced = _FENCED.search(text)
        try:
            return json.loads(fenced[1] if fenced else text)
        except ValueError as error:
            raise UsageError(f"this text is not JSON: {error}. Ask for JSON, or read result.text.") from None

    def view(self) -> Any:
        """Look into it: zoom a picture, step a film, turn a mesh. Returns a widget; the last line of a cell shows it.

        Raises
        ------
        UsageError
            When none of its files is on this machine.
        """
        return _viewer([self])

    def compare(self, other: Any) -> Any:
        """Compare it with another result: under a slider, side by side, blinking, by their difference. A widget.

        Raises
        ------
        UsageError
            When the first file of either is not on this machine.
        """
        return _viewer([self, other], compare=True)

    def _must_be(self, *media: str) -> None:
        medium = getattr(self, "medium", "")
        if medium not in media:
            raise UsageError(f"this is {medium}, but it must be {' or '.join(media)} for that.")


def _ask(kind: str, words: Any, parameters: dict[str, Any]) -> Coroutine[Any, Any, Run]:
    return _door().ask(kind, words, **parameters)  # type: ignore[no-any-return]


def _door() -> Any:
    return import_module("runware_nb.door")


def _viewer(results: list[Any], **options: Any) -> Any:
    return import_module("runware_nb.widgets.viewer").Viewer(results, **options)
