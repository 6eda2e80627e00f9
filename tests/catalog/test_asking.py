"""Asking: words and parameters become the task that the wire wants."""

from __future__ import annotations

from runware_nb.catalog import asking, bundled

TOOL = {"name": "waves", "schema": {"type": "object", "properties": {"sea_state": {"type": "string"}}}}


def test_what_a_tool_is_made_of_is_spelt_as_it_is():
    task = asking.ask("text", "hi", {"model": "anthropic:claude@sonnet-4.6", "tools": [TOOL]}, bundled())

    assert task["tools"] == [TOOL]


def test_a_schema_of_an_answer_is_spelt_as_it_is():
    schema = {"type": "object", "properties": {"height_m": {"type": "integer"}}}

    task = asking.ask("text", "hi", {"model": "openai-gpt-5-nano", "json_schema": schema}, bundled())

    assert task["jsonSchema"] == schema


def test_settings_are_spelt_as_the_wire_does():
    task = asking.ask("text", "hi", {"settings": {"max_tokens": 60}}, bundled())

    assert task["settings"] == {"maxTokens": 60}
