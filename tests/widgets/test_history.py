"""The history's widget: traits as the page has them, and messages passed on."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from runware_nb.browsers import Sieve
from runware_nb.widgets.history import HistoryView

PROTOCOL = Path(__file__).parents[2] / "js" / "src" / "past" / "protocol.ts"


def made(asked):
    return HistoryView(lambda content, _: asked.append(content), {"7": Path(__file__)}.get, lambda: "<p>the rows</p>")


def told(name):
    text = PROTOCOL.read_text(encoding="utf-8").split(f"export type {name} = {{")[1].split("\n};")[0]
    return set(re.findall(r"^\t(\w+):", text, re.MULTILINE))


def test_its_traits_are_those_that_the_page_knows():
    ours = {name for name in HistoryView.class_trait_names(sync=True) if name in HistoryView.__dict__}

    assert ours == told("Traits")


def test_what_is_wanted_has_the_same_names_on_both_sides():
    assert {field.name for field in fields(Sieve)} == told("Sieve")


def test_what_is_asked_is_passed_on_and_what_is_no_message_is_left():
    asked = []
    view = made(asked)
    view._handle_custom_msg({"kind": "freeze"}, [])
    view._handle_custom_msg("freeze", [])

    assert asked == [{"kind": "freeze"}]


def test_files_are_served_by_their_keys_and_never_by_a_path():
    view, sent = made([]), []
    view.send = lambda content, buffers: sent.append((content, buffers))
    for key in ("7", "8", str(Path(__file__)), "../7"):
        view._handle_custom_msg({"kind": "part", "key": key, "offset": 0}, [])

    assert sent[0][1][0] == Path(__file__).read_bytes()
    assert ["no longer" in content.get("error", "") for content, _ in sent] == [False, True, True, True]


def test_where_no_kernel_is_the_rows_stand_for_it():
    data, _ = made([])._repr_mimebundle_()

    assert "><p>the rows</p></div>" in data["text/html"]
