"""The grammar: what a cell says, and what it refuses."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runware_nb.errors import UnknownName, UsageError
from runware_nb.magics.grammar import KINDS, OPTIONS, parse


def test_the_body_is_the_prompt_verbatim():
    command = parse("image", "a cat's eye, 50% off sign, {literal braces}, $5, style: noir\n")

    assert command.prompts == ("a cat's eye, 50% off sign, {literal braces}, $5, style: noir",)


def test_a_name_before_the_arrows_is_the_target():
    assert parse("image hero <<", "a fox").target == "hero"


def test_out_is_the_target_too():
    assert parse("image -o hero", "a fox").target == "hero"


def test_two_targets_are_refused():
    with pytest.raises(UsageError, match="assigned twice"):
        parse("image hero << -o villain", "a fox")


def test_options_are_read_in_both_spellings():
    command = parse("image --model=runware:101@1 -c 3 --size 512x768 --seed -4", "a fox")

    assert command.options == {"model": "runware:101@1", "count": 3, "size": "512x768", "seed": -4}


def test_a_quoted_value_may_have_spaces():
    assert parse('image --name "dolly shot"', "a fox").options["name"] == "dolly shot"


def test_block_lines_are_parameters():
    command = parse("image", "#| negative: blurry, watermark\n#| seed: 7\na fox")

    assert (command.block, command.prompts) == ({"negative": "blurry, watermark", "seed": 7}, ("a fox",))


def test_front_matter_holds_nested_parameters():
    command = parse("audio", "---\nsettings:\n  bpm: 82\n---\nlo-fi")

    assert (command.block, command.prompts) == ({"settings": {"bpm": 82}}, ("lo-fi",))


def test_an_expression_as_a_value_need_not_be_quoted():
    assert parse("video", "#| first_frame: {{ hero[0] }}\nwaves").block == {"first_frame": "{{ hero[0] }}"}


def test_three_equals_part_prompts():
    assert parse("image", "a fox\n===\na hare\nin snow\n").prompts == ("a fox", "a hare\nin snow")


def test_raw_makes_the_whole_body_one_prompt():
    body = "#| seed: 7\na {{ fox }}\n===\nb"

    assert parse("image --raw", body).prompts == (body,)


def test_a_hash_bar_after_the_prompt_is_prompt():
    assert parse("image", "a fox\n#| seed: 7").block == {}


def test_a_line_magic_takes_the_rest_as_its_prompt():
    command = parse("image --size 512x512 a red fox --not an option")

    assert command.prompts == ("a red fox --not an option",)


def test_a_semicolon_after_the_first_line_keeps_quiet():
    assert parse("image hero <<;", "a fox").options["quiet"] is True


def test_a_prompt_may_end_in_a_semicolon():
    assert parse("image", "a fox;").prompts == ("a fox;",)


@pytest.mark.parametrize(
    ("line", "body", "words"),
    [
        ("imgae", "x", "Did you mean image"),
        ("", "x", "say what to make"),
        ("image --modle x", "x", "Did you mean --model"),
        ("image a red fox", "x", "the prompt goes below"),
        ("image --count 0", "x", "whole number from 1"),
        ("image --count", "x", "wants a value"),
        ("image --seed seven", "x", "--seed is 'seven'"),
        ("image --quiet=yes", "x", "takes no value"),
        ("image 2x <<", "x", "not a variable's name"),
        ("image", "---\nseed: 7\na fox", "do not end"),
        ("image", "#| seed: [1\na fox", "cannot be read in line"),
        ("image", "#| - a\n#| - b\na fox", "name: value"),
        ("image", "#| a: &x 1\n#| b: *x\na fox", "aliases"),
        ("image", "#| seed: 1\n#| seed: 2\na fox", "given twice"),
        ("image", "#| seed: !!python/object/apply:os.getcwd []\na fox", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(line, body, words):
    with pytest.raises(UsageError, match=words):
        parse(line, body)


@pytest.mark.parametrize("flag", ["--api-key", "--key", "--apikey", "-key", "--API_KEY"])
def test_a_key_on_the_line_is_refused_and_not_repeated(flag):
    with pytest.raises(UsageError, match="never goes into a cell") as caught:
        parse(f"image {flag} abc123secret", "a fox")

    assert "abc123secret" not in str(caught.value)


def test_unknown_kinds_suggest_the_nearest():
    with pytest.raises(UnknownName) as caught:
        parse("vidoe", "x")

    assert caught.value.suggestions[0] == "video"


@given(line=st.text(max_size=80), body=st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_text_makes_it_do_anything_but_parse_or_refuse(line, body):
    with contextlib.suppress(UsageError):
        parse(line, body)


@given(prompt=st.text(min_size=1, max_size=200).filter(lambda t: t.strip()))
@settings(max_examples=200, deadline=None)
def test_no_prompt_can_add_an_option_or_a_parameter_after_a_first_line(prompt):
    command = parse("image", f"a fox\n{prompt}")

    assert (command.options, command.block) == ({}, {})


def test_every_kind_parses():
    assert [parse(kind, "x").kind for kind in KINDS] == list(KINDS)


def test_no_two_options_share_a_flag():
    flags = [flag for option in OPTIONS for flag in option.flags]

    assert len(flags) == len(set(flags))
