"""What the catalogue costs: reading the snapshot, finding, completing, checking and pricing, over all its models.

`python bench/catalog.py` prints milliseconds, medians of five rounds; what happens once a process is measured in
processes of its own. For checking, the peer is `fastjsonschema`, which the official SDK uses: on the same schemas and
tasks, in the same run, by compiling and by checking. It tells the first flaw of a task alone, and its compiled code
runs what a schema says, so that it is no choice for schemas from outside.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import fastjsonschema  # type: ignore[import-untyped,unused-ignore]

from runware_nb.api.tasks import Task
from runware_nb.catalog import Model, Models, asking, bundled, prices
from runware_nb.catalog.flaws import flaws
from runware_nb.catalog.models import SNAPSHOT
from runware_nb.catalog.proving import proven
from runware_nb.catalog.starting import start
from runware_nb.magics.completion import candidates

ROUNDS = 5
_FRESH = """
import time
{before}
at = time.perf_counter()
{what}
print((time.perf_counter() - at) * 1000)
"""
FRESH = {
    "import of runware_nb.catalog": ("", "import runware_nb.catalog"),
    "reading the snapshot": ("from runware_nb.catalog import bundled", "bundled()"),
    "the catalogue in force, with no copies": ("from runware_nb.catalog.fetching import current", "current()"),
    "one model, by its slug": ("from runware_nb.catalog import bundled as b; b()", "b().get('bfl-flux-1-dev')"),
    "all models": ("from runware_nb.catalog import bundled as b; b()", "list(b())"),
    "the first check of a task": (
        "from runware_nb.catalog import bundled as b, flaws; m = b().get('bfl-flux-1-dev')",
        "flaws.flaws(m.schema, {})",
    ),
    "the first completion of a model": (
        "from runware_nb.magics.completion import candidates as c",
        "c('%%runware image -m bfl', 22, {})",
    ),
}
"""What happens once a process: what is done before, and what is measured."""


def fresh(before: str, what: str) -> float:
    """Return milliseconds of something in a new process, the median of the rounds."""
    program = _FRESH.format(before=before, what=what)
    command = [sys.executable, "-c", program]
    runs = [subprocess.run(command, capture_output=True, check=True) for _ in range(ROUNDS)]  # noqa: S603  (our own)
    return median(float(run.stdout) for run in runs)


def warm(work: Callable[[], object]) -> float:
    """Return milliseconds of something in this process, the median of the rounds."""
    took = []
    for _ in range(ROUNDS):
        at = time.perf_counter()
        work()
        took.append((time.perf_counter() - at) * 1000)
    return median(took)


def main() -> None:
    """Measure, and print tables."""
    catalog = bundled()
    models = list(catalog)
    tasks = [start(model, catalog, lambda medium: f"https://example.com/a.{medium}") for model in models]
    asked = [Task.of(task) for task in tasks]
    wrong = [{**task, "numberResults": "many", "zeppelin": 1} for task in tasks]
    cells = [
        "%%runware image -m ",
        "%%runware image -m flux",
        "%%runware video\n#| ",
        "%%runware image\n#| scheduler: ",
    ]

    print(f"snapshot: {SNAPSHOT.stat().st_size:,} bytes, {len(models)} models; {ROUNDS} rounds, medians\n")
    print(f"{'once a process':44} {'ms':>8}")
    for name, (before, what) in FRESH.items():
        print(f"{name:44} {fresh(before, what):8.1f}")

    every = Models()
    rows: dict[str, tuple[Callable[[], object], int]] = {
        "find by two words, a maker and a price": (lambda: len(every("flux image", creator="bfl", max_price=0.05)), 1),
        "resolve every slug": (lambda: [catalog.resolve(model.slug) for model in models], len(models)),
        "four completions": (lambda: [candidates(cell, len(cell), {}) for cell in cells], len(cells)),
        "check a right task of each": (lambda: [asking.check(task, catalog) for task in tasks], len(models)),
        "tell two flaws of each": (lambda: [flaws(m.schema, t) for m, t in pairs(models, wrong)], len(models)),
        "price a task of each": (lambda: [prices.priced(t, m.prices) for m, t in pairs(models, asked)], len(models)),
        "prove a schema of each": (lambda: [proven(m.schema, m.task_type) for m in models], len(models)),
    }
    print(f"\n{'warm':44} {'ms':>8} {'µs each':>9}")
    for name, (work, count) in rows.items():
        took = warm(work)
        print(f"{name:44} {took:8.1f} {took / count * 1000:9.0f}")

    print(f"\n{'beside fastjsonschema':44} {'ms':>8} {'÷ peer':>9}")
    compiled: list[Any] = []
    once = time.perf_counter()
    compiled += [fastjsonschema.compile(dict(model.schema)) for model in models]
    compiling = (time.perf_counter() - once) * 1000
    from jsonschema import Draft202012Validator

    peer = warm(lambda: [check(dict(task)) for check, task in zip(compiled, tasks, strict=True)])
    ours = warm(lambda: [flaws(m.schema, t) for m, t in pairs(models, tasks)])
    making = warm(lambda: [Draft202012Validator(model.schema) for model in models])
    print(f"{'its compiling of all schemas':44} {compiling:8.1f} {1.0:9.2f}")
    print(f"{'our making ready of all schemas':44} {making:8.1f} {making / compiling:9.2f}")
    print(f"{'its check of a right task of each':44} {peer:8.1f} {1.0:9.2f}")
    print(f"{'our check of a right task of each':44} {ours:8.1f} {ours / peer:9.2f}")
    both = (making + ours) / (compiling + peer)
    print(f"{'a first check of each, all in all':44} {making + ours:8.1f} {both:9.3f}")


def pairs(models: list[Model], tasks: list[Any]) -> list[tuple[Model, Any]]:
    """Pair models with their tasks."""
    return list(zip(models, tasks, strict=True))


if __name__ == "__main__":
    main()
