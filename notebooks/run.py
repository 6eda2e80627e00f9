"""Run a notebook on the built-in sandbox, and say what it made.

`python notebooks/run.py NOTEBOOK FOLDER` leaves the executed notebook, its HTML and its media in FOLDER, and prints a
row for the first result of each modality. With `--save` its outputs go into NOTEBOOK too, which then reads without a
kernel. No key is used, even if one is set, so it costs nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

ROWS = "__import__('runware_nb').session().df.to_json(orient='records')"
UUID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
SANDBOX = re.compile(r"http://127\.0\.0\.1:\d+/")
TIMES = re.compile(r"\b\d+(\.\d+)? ?m?s\b|\b\d{4}-\d\d-\d\d\b")
DRAWN = re.compile(r"data:image/svg\+xml;base64,[\w+/=]+")
TIMED = re.compile("latency|p50")
DECIMALS = re.compile(r" *\d+\.\d+ *")
COLUMNS = ("kind", "model", "cost", "seconds", "file")


def execute(source: Path, folder: Path) -> list[dict[str, Any]]:
    """Execute a notebook in a folder and return the rows of its session."""
    os.environ.pop("RUNWARE_API_KEY", None)
    os.environ["RUNWARE_NB_HOME"] = str(folder / "home")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    notebook = nbformat.read(source, as_version=4)
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", store_widget_state=False)
    client.resources = {"metadata": {"path": str(folder)}}
    with client.setup_kernel():
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
        told = nbformat.v4.new_code_cell(f"print({ROWS})")
        client.nb.cells.append(told)
        client.execute_cell(told, len(client.nb.cells) - 1)
        client.nb.cells.remove(told)
    nbformat.write(notebook, folder / source.name)
    page, _ = HTMLExporter().from_notebook_node(notebook)
    (folder / source.with_suffix(".html").name).write_text(page)
    rows: list[dict[str, Any]] = json.loads(told.outputs[0].text)
    return rows


def save(executed: Path, source: Path) -> None:
    """Write an executed notebook over its source, without what is of this run alone.

    Times of execution, versions and warnings are left out; UUIDs are numbered in their order, and the sandbox has no
    port. An output that says what the saved one says, but for times, stays as it was: saving anew changes only what
    has changed.
    """
    notebook, before = nbformat.read(executed, as_version=4), nbformat.read(source, as_version=4)
    kept = {cell.id: cell.get("outputs", []) for cell in before.cells}
    told = _impersonal([_outputs(cell) for cell in notebook.cells])
    for cell, outputs in zip(notebook.cells, told, strict=True):
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            saved = kept.get(cell.id, [])
            cell.outputs = saved if _timeless(saved) == _timeless(outputs) else nbformat.from_dict(outputs)
    notebook.metadata.language_info = {"name": "python"}
    nbformat.write(notebook, source)


def _outputs(cell: Any) -> list[Any]:
    return [out for out in cell.get("outputs", []) if out.get("name") != "stderr"]


def _impersonal(outputs: list[Any]) -> list[Any]:
    numbers: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"00000000-0000-4000-8000-{len(numbers) + 1:012}")

    text = UUID.sub(numbered, json.dumps(outputs))
    cleaned: list[Any] = json.loads(SANDBOX.sub("http://sandbox/", text))
    return cleaned


def _timeless(outputs: list[Any]) -> str:
    """Write outputs without times: seconds, days, drawings of them, and numbers of tables that have a column of them."""
    text = json.dumps([out.get("data") or out.get("text") for out in outputs], sort_keys=True, ensure_ascii=False)
    text = TIMES.sub("", DRAWN.sub("", text))
    return DECIMALS.sub(" ", text) if TIMED.search(text) else text


def table(rows: list[dict[str, Any]]) -> str:
    """Lay out the first result of each kind."""
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["status"] == "done":
            first.setdefault(row["kind"], row)
    cells = [COLUMNS, *(_cells(row) for row in first.values())]
    widths = [max(len(line[column]) for line in cells) for column in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    price = row["sandbox_usd"] if row["sandbox"] else row["cost_usd"]
    cost = "unknown" if price is None else f"${price:.4f}{' (sandbox)' * bool(row['sandbox'])}"
    return (row["kind"], row["model"] or "-", cost, f"{row['latency_s']:.2f}", row["path"] or f"{row['text'][:40]!r}")


if __name__ == "__main__":
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    print(table(execute(source, folder.absolute())))
    if "--save" in sys.argv[3:]:
        save(folder / source.name, source)
    print(f"\nThe executed notebook and its page: {folder / source.name}, {folder / source.with_suffix('.html').name}")
    print("To open it live: make lab")
