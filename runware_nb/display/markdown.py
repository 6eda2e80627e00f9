"""Markdown: a run to read on any code host. Words of others are text there, too, and never markup."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from runware_nb.api.results import Result
from runware_nb.api.runs import Run
from runware_nb.compare.exporting import FENCE, jsonl
from runware_nb.display import cards, figures

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]()#+!|~$-])")


def markdown(run: Run, beside: Path) -> str:
    """Return a run as Markdown, for a file in a folder: its results, what failed, and, folded, requests and responses.

    The last part is of JSON, a line a result; `runware_nb.load` makes the run of it again.
    """
    parts = [f"# {_text(run.name or 'Run')}", "", _line(run), ""]
    for result in run.results:
        parts += _result(run, result, beside)
    if run.problems:
        parts += ["## What failed", ""]
        parts += [f"- `{uuid[:8]}` {_text(str(error))}" for uuid, error in run.problems]
        parts.append("")
    told = jsonl(run).replace("`", "\\u0060")
    fold = ["<details><summary>Requests and responses</summary>", "", f"{FENCE}\n{told}```", "", "</details>", ""]
    return figures.encodable("\n".join([*parts, *fold]))


def _line(run: Run) -> str:
    facts = [run.kinds, f"{len(run.results)} of {run.asked}", cards.total(run).words]
    facts += [f"{len(run.problems)} failed"] if run.problems else []
    facts += [run.started.strftime("%Y-%m-%d %H:%M UTC")] if run.started else []
    facts += ["made by the sandbox: samples, not the model's work"] if run.sandbox else []
    return _text(" · ".join(facts))


def _result(run: Run, result: Result, beside: Path) -> Iterator[str]:
    point = run.axes.get(result.task.task_uuid, {})
    where = " · ".join(f"{name}: {value}" for name, value in point.items())
    yield f"## {_text(figures.shortened(where or result.prompt or result.medium, 120))}"
    yield ""
    if result.text is not None:
        yield from _quoted(result.text)
    for path in (a.path for a in result.assets if a.path):
        place = quote(path.relative_to(beside).as_posix() if path.is_relative_to(beside) else path.name)
        mark = "!" if result.medium in {"image", "vector"} else ""
        yield f"{mark}[{_text(figures.shortened(result.prompt or result.medium, 100))}]({place})"
        yield ""
    if result.prompt and (where or len(result.prompt) > 120):  # noqa: PLR2004 - what the heading says in full
        yield from _quoted(result.prompt)
    facts = [result.model, None if result.seed is None else f"seed {result.seed}", figures.cost(result.price)]
    facts += [figures.seconds(result.latency)] if result.latency is not None else []
    yield _text(" · ".join(fact for fact in facts if fact))
    yield ""


def _quoted(text: str) -> Iterator[str]:
    yield from (f"> {_text(line)}" for line in text.splitlines() or [""])
    yield ""


def _text(text: str) -> str:
    """Return text with a backslash before all that Markdown would take for markup."""
    return html.escape(_MARKUP.sub(r"\\\1", figures.printable(" ".join(text.split()))), quote=False)
