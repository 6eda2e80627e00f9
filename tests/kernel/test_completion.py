"""Completion in a kernel: as a front end asks for it."""

from __future__ import annotations

import pytest


def complete(kernel, text):
    before, _, after = text.partition("^")
    kernel.client.complete(before + after, len(before))
    content = kernel.client.get_shell_msg(timeout=20)["content"]
    return content["matches"], (before + after)[content["cursor_start"] : content["cursor_end"]]


@pytest.fixture
def loaded(module_kernel):
    module_kernel.run("%load_ext runware_nb")
    return module_kernel


@pytest.mark.parametrize(
    ("text", "match", "replaced"),
    [
        ("%%runware image --mo^", "--model", "--mo"),
        ("%%runware image -m runware:101^", "runware:101@1", "runware:101"),
        ("%%runware image\n#| ne^\na fox", "negative:", "ne"),
        ("%%runware image\n#| output_format: P^", "PNG", "P"),
        ("%runware jo^", "jobs", "jo"),
    ],
)
def test_a_word_is_completed_in_its_place(loaded, text, match, replaced):
    matches, fragment = complete(loaded, text)

    assert match in matches
    assert fragment == replaced


def test_other_cells_are_completed_as_ever(loaded):
    assert "os" in complete(loaded, "import o^")[0]
