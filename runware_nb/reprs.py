"""How an object of ours asks to be drawn, without knowing who draws it.

Data classes derive from `Drawn`; `runware_nb.display` registers one function a class with `mimebundle`.
So drawing depends on data and never the reverse, and data stays importable with nothing else loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import Any

type_of_bundle = tuple[dict[str, Any], dict[str, Any]]
"""MIME type to data, and MIME type to metadata, as IPython's display protocol has them."""

loaders: list[Callable[[], object]] = []
"""Called once, before the first drawing: the door puts here the import of `runware_nb.display`."""


@singledispatch
def mimebundle(obj: object) -> type_of_bundle:
    """Return the static MIME bundle of an object: data and metadata, each by MIME type."""
    return {"text/plain": repr(obj)}, {}


_hushed: set[int] = set()


def hush(drawn: Drawn) -> None:
    """Have an object's next display by the notebook pass in silence: its card is on screen already."""
    _hushed.add(id(drawn))


class Drawn:
    """Base of what a notebook can show."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> type_of_bundle:  # noqa: ARG002
        while loaders:
            loaders.pop()()
        return mimebundle(self)

    def _ipython_display_(self) -> None:
        """Pass once if hushed; else leave it to the MIME bundle, as IPython takes NotImplementedError to mean."""
        if id(self) not in _hushed:
            raise NotImplementedError
        _hushed.discard(id(self))

    def _repr_html_(self) -> str | None:
        """Serve front ends that ask for HTML alone, such as marimo."""
        html: str | None = self._repr_mimebundle_()[0].get("text/html")
        return html
