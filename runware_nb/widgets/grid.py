"""The live comparison grid. What its two halves say to each other is in `js/src/grid/protocol.ts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets as t

from runware_nb.widgets.asking import AskingWidget


class GridView(AskingWidget):
    """A page of a grid, of which only what is on screen is drawn.

    Drawn by `js/src/widgets/grid.tsx`, which has the same traits.
    """

    title = t.Unicode("", help="what it is called").tag(sync=True)
    axes = t.List(t.Dict(), help="name and labels of each axis").tag(sync=True)
    pivot = t.Dict(help="which axes lie where, the filter, the order, the size").tag(sync=True)
    page = t.Dict(help="heads of the rows and columns on screen").tag(sync=True)
    ids = t.Bytes(b"", help="ids of the page's cells, row by row, as little-endian Uint32").tag(sync=True)
    states = t.Unicode("", help="a letter a cell, by id").tag(sync=True)
    progress = t.Dict(help="counts, money and time of the whole").tag(sync=True)
    votes = t.Dict(help="pairs judged, of how many").tag(sync=True)

    def tell(self, cells: Sequence[Mapping[str, Any]], pictures: Sequence[bytes]) -> None:
        """Tell what is known of some cells, with the pictures that they number."""
        self.send({"kind": "cells", "cells": list(cells)}, list(pictures))
