"""Completion: what may come next, offline and at once, and nothing in cells that are not ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runware_nb.magics import saved
from runware_nb.magics.completion import candidates
from runware_nb.magics.grammar import parse

NAMES = {"topic": "fox", "hero": 1, "_hidden": 2, "In": []}


def words(text):
    """Complete at the caret."""
    before, _, after = text.partition("^")
    found = candidates(before + after, len(before), NAMES)
    return None if found is None else found.words


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("%%runware im^", "image"),
        ("%runware co^", "cost"),
        ("x = %runware im^", "image"),
        ("%%runware image --mo^", "--model"),
        ("%%runware image -m bfl-flux-1-d^", "bfl-flux-1-dev"),
        ("%%runware image --model runware:101^", "runware:101@1"),
        ("%%runware image --model=flux-1-dev^", "bfl-flux-1-dev"),
        ("%%runware image --cache on^", "only"),
        ("%%runware image hero << --se^\nx", "--seed"),
        ("%runware cache ve^", "verify"),
        ("%runware help vi^", "video"),
        ("%runware model kling^", "klingai-video-3-0-standard"),
        ("%runware models flux --cre^", "--creator"),
        ("%runware models --creator bf^", "bfl"),
        ("%runware models --kind=vi^", "video"),
        ("%runware models anime --category lo^", "lora"),
        ("%%runware image\n#| ste^", "steps:"),
        ("%%runware image\n#| ne^\na fox", "negative:"),
        ("%%runware image\n#| swe^", "sweep:"),
        ("%%runware image\n---\nsch^", "scheduler:"),
        ("%%runware image\n#| output_format: P^", "PNG"),
        ("%%runware audio -m inworld:tts@2\n#| voi^", "voice:"),
        ("%%runware image\n#| model: kling-im^", None),
        ("%%runware image\na {{ to^", "topic"),
        ("%%runware image\n#| seed_image: {{ he^", "hero"),
    ],
)
def test_what_may_come_next_is_offered(text, word):
    assert word is None or word in words(text)


@pytest.mark.parametrize(
    "text", ["import o^", "%%time\nx^", "%%runware image\na fox ru^", "%runware image a red f^", "print('%%runware im^"]
)
def test_nothing_is_offered_where_anything_may_come(text):
    assert words(text) is None


def test_private_names_and_foreign_models_are_not_offered():
    assert words("%%runware image\n{{ ^") == ("topic", "hero")
    assert not any("kling-video" in word for word in words("%%runware image -m kling^"))


def test_saved_templates_are_offered(monkeypatch):
    monkeypatch.setattr(saved, "SAVED", {"brand": parse("template --name brand", "{{ body }}")})

    assert words("%%runware image --with b^") == ("brand",)


@given(st.text(), st.integers(min_value=0, max_value=200))
def test_no_text_makes_it_raise(text, cursor):
    candidates(f"%%runware {text}", cursor, NAMES)
