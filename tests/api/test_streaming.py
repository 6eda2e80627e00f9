"""Streaming: what is written is what is read, wherever the bytes are cut."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runware_nb.api.streaming import LONGEST, delta, events
from runware_nb.errors import RunwareError, Unreachable

PIECES = ["two lines", "Grüße ", "日本語", "\u2028\x85\x0b\x0c", "👩‍🚀", "data: [DONE]", "\r\n\n", ""]
END = b"data: [DONE]\n\n"


def said(text):
    return f"data: {json.dumps({'delta': {'text': text}}, ensure_ascii=False)}\n\n".encode()


TWO_LINES = b'data: {"delta":\ndata: {"text": "two lines"}}\n\n'
STREAM = b": ping\n\n" + TWO_LINES + b"".join(map(said, PIECES[1:])) + END


async def read(*chunks):
    async def given():
        for chunk in chunks:
            yield chunk

    return [event async for event in events(given())]


async def text(*chunks):
    return "".join(delta(event)[0] for event in await read(*chunks))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
async def test_text_is_the_same_at_every_split(end):
    stream = STREAM.replace(b"\n", end)

    for cut in range(len(stream) + 1):
        assert await text(stream[:cut], stream[cut:]) == "".join(PIECES)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
async def test_text_is_the_same_byte_by_byte(end):
    stream = b"\xef\xbb\xbf" + STREAM.removeprefix(b": ping\n\n").replace(b"\n", end)

    assert await text(*(stream[i : i + 1] for i in range(len(stream)))) == "".join(PIECES)


@given(
    st.lists(st.text(max_size=20), max_size=8), st.lists(st.integers(0, 2000)), st.sampled_from([b"\n", b"\r", b"\r\n"])
)
async def test_any_text_survives_any_cuts(pieces, cuts, end):
    stream = (b"".join(map(said, pieces)) + END).replace(b"\n", end)
    places = [0, *sorted(c % (len(stream) + 1) for c in cuts), len(stream)]

    assert await text(*(stream[a:b] for a, b in pairwise(places))) == "".join(pieces)


@given(
    st.lists(
        st.binary(max_size=60) | st.sampled_from([b"data:", b"\n\n", b"\r", b"{", b"[DONE]", b"\xff", b"[" * 2000])
    )
)
async def test_garbage_raises_nothing_but_our_own(chunks):
    with suppress(RunwareError):
        await read(*chunks)


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b'data:{"a":1}\n\ndata:[DONE]\n\n', [{"a": 1}]),
        (b'data: {"a":\ndata: 1}\n\n' + END, [{"a": 1}]),
        (b'data: {"a":1}\ndata: {"b":2}\ndata: [DONE]\n', [{"a": 1}, {"b": 2}]),
        (b'\xef\xbb\xbfdata: {"a":1}\n\n' + END, [{"a": 1}]),
        (b'event: x\nid: 1\nretry: 5\n: c\ndata: {"a":1}\nunknown\n\n' + END, [{"a": 1}]),
        (b'data\n\ndata: null\n\ndata: {"a":1}\n\n' + END + said("after"), [{"a": 1}]),
        (b"data: [DONE]", []),
    ],
    ids=["no-space", "several-lines", "no-empty-lines", "bom", "other-fields", "nothing-in-it", "unended"],
)
async def test_streams_are_read_as_the_spec_has_them_and_a_little_kinder(stream, expected):
    assert await read(stream) == expected


async def test_a_stream_without_its_end_is_broken_off():
    with pytest.raises(Unreachable, match="broke off"):
        await read(said("half"))


async def test_a_lost_done_takes_no_finished_text_away():
    last = b'data: {"delta": {}, "finishReason": "stop"}\n\n'

    assert await text(said("whole"), last) == "whole"


async def test_what_came_before_garbage_is_given():
    seen = []

    async def given():
        yield said("first") + b"data: {oops\n\n"

    async def listen():
        async for event in events(given()):
            seen.append(delta(event)[0])  # noqa: PERF401  (a list made at once would be lost with the error)

    with pytest.raises(Unreachable, match="garbled"):
        await listen()

    assert seen == ["first"]


@pytest.mark.parametrize("piece", [b"x" * (1 << 20), b"data: " + b"x" * (1 << 20) + b"\n"], ids=["line", "event"])
async def test_nothing_grows_without_end(piece):
    taken = 0

    async def endless():
        nonlocal taken
        while True:
            taken += len(piece)
            yield piece

    with pytest.raises(Unreachable, match="than any real one"):
        async for _ in events(endless()):
            pass

    assert taken <= LONGEST + 2 * len(piece)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"delta": {"text": "a", "reasoningContent": "b"}}, ("a", "b")),
        ({"data": [{"delta": {"text": "a"}}]}, ("a", "")),
        ({"data": {"delta": {"text": None}}}, ("", "")),
        ({"data": [], "delta": "a"}, ("", "")),
    ],
)
def test_pieces_are_found_in_either_form(event, expected):
    assert delta(event) == expected


async def test_half_a_surrogate_pair_can_still_be_written_down():
    (event,) = await read(b'data: {"delta": {"text": "\\ud83d!"}}\n\n' + END)

    assert delta(event)[0].encode() == "\ufffd!".encode()
