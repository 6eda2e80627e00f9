"""The grid's widget: traits as the page has them, and messages passed on."""

from __future__ import annotations

import re
from pathlib import Path

from runware_nb.widgets.grid import GridView

PROTOCOL = Path(__file__).parents[2] / "js" / "src" / "grid" / "protocol.ts"


def made(asked, **traits):
    return GridView(
        lambda content, _: asked.append(content), {"7": Path(__file__)}.get, lambda: "<p>the sheet</p>", **traits
    )


def test_its_traits_are_those_that_the_page_knows():
    told = PROTOCOL.read_text(encoding="utf-8").split("export type Traits = {")[1].split("\n};")[0]
    known = set(re.findall(r"^\t(\w+):", told, re.MULTILINE))

    ours = {name for name in GridView.class_trait_names(sync=True) if name in GridView.__dict__}
    assert ours == known


def test_what_is_asked_is_passed_on():
    asked = []
    made(asked)._handle_custom_msg({"kind": "pause"}, [])

    assert asked == [{"kind": "pause"}]


def test_what_is_no_message_is_left():
    asked = []
    made(asked)._handle_custom_msg("pause", [])

    assert asked == []


def test_files_are_served_by_their_keys():
    view, sent = made([]), []
    view.send = lambda content, buffers: sent.append((content, buffers))
    for key in ("7", "8"):
        view._handle_custom_msg({"kind": "part", "key": key, "offset": 0}, [])

    assert sent[0][1][0] == Path(__file__).read_bytes()
    assert "no longer" in sent[1][0]["error"]


def test_where_no_kernel_is_the_sheet_stands_for_it():
    data, _ = made([])._repr_mimebundle_()

    assert "><p>the sheet</p></div>" in data["text/html"]
