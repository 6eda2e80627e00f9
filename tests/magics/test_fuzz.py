"""Fuzzed cells: nothing but our own usage errors, nothing evaluated, nothing slow, and no prompt becomes an option.

`RUNWARE_FUZZ` says how many cells; a few thousand if it is not set.
"""

from __future__ import annotations

import os
import random
import statistics
from time import thread_time

from runware_nb.catalog import bundled
from runware_nb.errors import UsageError
from runware_nb.magics import grammar
from runware_nb.magics.chains import steps
from runware_nb.magics.grammar import parse
from runware_nb.magics.plans import plan

CELLS = int(os.environ.get("RUNWARE_FUZZ", "4000"))
_PIECES = [
    *grammar.KINDS, *(flag for option in grammar.OPTIONS for flag in option.flags), *grammar.RESERVED,
    "hero <<", "<<", "#| ", "#|", "\n", "\n\n", "---\n", "===\n", ": ", "- ", "{", "}", "[", "]", "{{ ", " }}", "{{ topic }}",
    "{{ hero }}", "{{ topic.__class__ }}", "{{ 9**9**9 }}", "{% for x in range(10**9) %}", "{# ", "seed: ", "7", "-1", "1e999",
    "true", "null", "~", "&a ", "*a", "!!python/object:os.system ", "? ", "| ", "> ", "'", '"', "\\", "\t", "\x00", "\ud800",
    "\u202e", "é", "🦊", "=", ";", "%", "$topic", "a fox", "0x1F", "1:30", "2024-01-01", "size: 1x1", "sweep: {seed: [1, 2]}",
    "for_each: {{ rows }}", "model: bfl-flux-1-dev", "--", "-", "x" * 300, "\r", "\r\n", "\x0b", "\u2028", ",", "(", "- image: a",
]  # fmt: skip
NAMES = {"topic": "fox", "hero": 3, "rows": [{"a": 1}], "boom": lambda: 1 / 0}


def cells(count):
    """Make half-sensible cells. Random anew in each run; the seed is told when one fails."""
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    for number in range(count):
        line = " ".join(chance.choices(_PIECES, k=chance.randrange(5)))
        head = f"{chance.choice(grammar.KINDS)} {line}" if chance.random() < 0.8 else line
        yield (seed, number), head.replace("\n", " "), "".join(chance.choices(_PIECES, k=chance.randrange(12)))


def test_fuzzed_cells_raise_nothing_but_usage_errors_and_are_quick():
    catalog, took = bundled(), []
    for which, line, body in cells(CELLS):
        began = thread_time()
        try:
            command = parse(line, body)
            if command.kind == "chain":
                steps("\n".join(command.prompts))
            elif command.kind != "template":
                plan(command, NAMES, catalog)
        except UsageError as error:
            told = str(error)
        except Exception as error:
            raise AssertionError(f"{which} {line!r} {body!r}") from error
        else:
            told = "-"
        assert len(told.splitlines()) == 1, (which, line, body)
        took.append(thread_time() - began)

    assert max(took) < 2, "a cell hung"
    print(f"{CELLS} cells, median {statistics.median(took) * 1e3:.2f} ms, slowest {max(took) * 1e3:.0f} ms")  # noqa: T201


def test_no_body_adds_an_option_or_another_kind():
    for which, _, body in cells(CELLS // 4):
        try:
            command = parse("image --seed 3", body)
        except UsageError:
            continue

        assert (command.kind, command.target, dict(command.options)) == ("image", None, {"seed": 3}), which
