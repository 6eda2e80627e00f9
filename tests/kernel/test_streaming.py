"""Streamed text in a real kernel: it appears while it is written, as prose, and its reasoning is folded away."""

from __future__ import annotations

import re

import pytest

from runware_nb.sandbox import Sandbox

CELL = "%%runware text it <<\nTell me of lighthouses."


@pytest.fixture
def box():
    with Sandbox() as box:
        yield box


@pytest.fixture
def kernel(start_kernel, box):
    kernel = start_kernel(RUNWARE_API_KEY=box.api_key, RUNWARE_BASE_URL=box.http_url, RUNWARE_WS_URL=box.ws_url)
    kernel.run("%load_ext runware_nb")
    kernel.run(CELL.replace("lighthouses", "towers"))  # what is imported once is imported now
    return kernel


def words(reply):
    return re.sub(r"<[^>]+>", "", reply.html[-1]) if reply.html else ""


def test_text_appears_while_it_is_written(kernel):
    reply = kernel.start(CELL)
    kernel.wait(lambda: "SANDBOX" in words(reply) and not reply.done, 20, "the first words")
    early = words(reply)
    kernel.finish(reply)

    assert "▍" in early
    assert len(early) < len(words(reply))
    assert "▍" not in words(reply)
