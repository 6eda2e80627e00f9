"""The history browser. What its two halves say to each other is in `js/src/past/protocol.ts`."""

from __future__ import annotations

import traitlets as t

from runware_nb.widgets.asking import AskingWidget


class HistoryView(AskingWidget):
    """Rows of the ledger, of which only those on screen are in the page.

    Drawn by `js/src/widgets/history.tsx`, which has the same traits.
    """

    sieve = t.Dict(help="which rows are wanted").tag(sync=True)
    found = t.Dict(help="how many there are, and what they cost").tag(sync=True)
    choices = t.Dict(help="kinds, models, notebooks and tags that there are").tag(sync=True)
