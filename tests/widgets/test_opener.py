"""The opener's Python half: from the key of a card to what a page is told of its result."""

from __future__ import annotations

import json
import time

import pytest

from runware_nb.display.cards import card, key
from runware_nb.errors import UsageError
from runware_nb.widgets.opener import Opener
from tests.display import making


def asked(recall, told):
    """Ask an opener, and return what it sends."""
    opener, sent = Opener(recall), []
    opener.send = lambda content, *_: sent.append(content)
    opener._handle_custom_msg({"kind": "open", "key": told}, [])
    deadline = time.monotonic() + 10
    while not sent:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return opener, sent[0]


@pytest.fixture
def pictures(tmp_path):
    return [
        making.result(making.picture(tmp_path / name, size))
        for name, size in (("a.png", (64, 48)), ("b.png", (80, 60)))
    ]


def recalling(results):
    async def recall(_uuid):
        return making.run(*results)

    return recall


def test_the_result_of_a_card_is_found_by_its_file(pictures):
    _, told = asked(recalling(pictures), key(pictures[1]))

    assert [s["width"] for s in told["sources"]] == [80]
    assert told["key"] == key(pictures[1])


def test_the_file_is_served_by_the_key_it_was_told_with_and_by_no_other(pictures):
    opener, told = asked(recalling(pictures), key(pictures[0]))
    sent = []
    opener.send = lambda content, buffers: sent.append((content, buffers))

    for name in (told["sources"][0]["key"], "../../etc/passwd"):
        opener._handle_custom_msg({"kind": "part", "key": name, "offset": 0}, [])

    assert sent[0][1][0] == pictures[0].path.read_bytes()
    assert sent[1][0]["error"]


def test_a_text_is_opened_too():
    text = making.result(None, making.task("textInference"), text="Hello")

    _, told = asked(recalling([text]), key(text))

    assert told["sources"][0]["text"] == "Hello"


def test_what_the_ledger_does_not_know_is_told_in_one_line(pictures):
    async def recall(uuid):
        raise UsageError(f"the ledger knows no results of a task {uuid}.")

    _, told = asked(recall, "nope/0")

    assert told["error"] == "the ledger knows no results of a task nope."


def test_a_file_that_is_gone_is_told_in_one_line(pictures):
    pictures[0].path.unlink()

    _, told = asked(recalling(pictures[:1]), key(pictures[0]))

    assert "no file or text to view" in told["error"]


@pytest.mark.parametrize("content", [{}, None, {"kind": "open"}, {"kind": "open", "key": 7}, {"kind": "x"}])
def test_what_makes_no_sense_is_left_alone(content):
    opener = Opener(recalling([]))
    opener.send = pytest.fail

    opener._handle_custom_msg(content, [])


def test_the_key_of_a_card_names_no_folder(pictures, tmp_path):
    assert str(tmp_path) not in card(pictures[0]).key
    assert card(pictures[0]).key.endswith("/a.png")


def test_its_state_holds_code_alone(pictures):
    state = {k: v for k, v in Opener(recalling(pictures)).get_state().items() if k not in {"_esm", "_css"}}

    assert len(json.dumps(state)) < 1_000
