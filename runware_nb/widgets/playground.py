"""The playground. What its two halves say to each other is in `js/src/play/protocol.ts`."""

from __future__ import annotations

import traitlets as t

from runware_nb.widgets.asking import AskingWidget


class PlaygroundView(AskingWidget):
    """A form to ask a model by, what it would cost, and what came of it.

    Drawn by `js/src/widgets/playground.tsx`, which has the same traits.
    """

    picked = t.Dict(help="the model that is picked, in words").tag(sync=True)
    form = t.Dict(help="schema and groups of fields, as `forms.form` gives them").tag(sync=True)
    task = t.Dict(help="the task as it stands; media are tokens of `media`").tag(sync=True)
    revision = t.Int(0, help="counts the times that the kernel, not the user, changed the task").tag(sync=True)
    media = t.Dict(help="token to name, medium and a small picture").tag(sync=True)
    verdict = t.Dict(help="what is wrong with the task, or what it would cost").tag(sync=True)
    state = t.Dict(help="how far the run is, its money and time").tag(sync=True)
    sources = t.List(t.Dict(), help="what was made, each as `widgets/sources.py` tells of it").tag(sync=True)
    history = t.List(t.Dict(), help="the newest results of the ledger, with small pictures").tag(sync=True)
    presets = t.List(t.Dict(), help="name and model of each preset").tag(sync=True)
    writer = t.Dict(help="the cell it was opened from: title, what varies, the sweep").tag(sync=True)
