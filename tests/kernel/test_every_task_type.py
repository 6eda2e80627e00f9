"""One walk for every task type: from cell to sandbox to card to frame. A new row in the table is walked unasked."""

from __future__ import annotations

import json

import pytest

from runware_nb.api import wire

BODIES = {
    "image": "a lighthouse at dusk",
    "video": "#| duration: 2\nwaves roll in",
    "audio": "#| duration: 30\na calm sea",
    "3d": "a brass bell",
    "text": "Say hello.",
    "enhance": "#| count: 2\na dog",
    "train": "---\nimport_model: {air: 'me:1@1', name: Ink, version: v1}\n---\n{{ file('data.zip') }}",
    "tools": "#| format: MP4\n{{ clip[0] }}",
}
ON_A_PICTURE = "{{ hero[0] }}"


@pytest.fixture(scope="module")
def walker(tmp_path_factory, module_kernel):
    kernel = module_kernel
    kernel.run("%load_ext runware_nb")
    kernel.run("%%runware image hero << --size 256x256\na fox")
    kernel.run("%%runware video clip <<\n#| duration: 2\nwaves")
    kernel.run("import zipfile\nwith zipfile.ZipFile('data.zip', 'w') as z: z.writestr('a.txt', 'a')")
    return kernel


@pytest.mark.parametrize("row", wire.TASK_TYPES, ids=lambda row: row.kind)
def test_a_cell_of_every_kind_ends_in_a_card_and_a_row(walker, row):
    kernel = walker

    cell = kernel.run(f"%%runware {row.kind} made <<\n{BODIES.get(row.kind, ON_A_PICTURE)}", timeout=60)

    assert cell.status == "ok", cell.text
    card = cell.outputs[-1].data
    assert "sandbox" in card["text/html"].lower()
    assert "text/plain" in card
    told = kernel.run("print(made.df[['kind', 'status', 'medium', 'sandbox', 'path']].to_json(orient='records'))").text
    rows = json.loads(told)
    assert [(r["kind"], r["status"], r["sandbox"]) for r in rows] == [(row.kind, "done", True)] * len(rows)
    assert row.medium == "text" or all(r["path"] for r in rows)
