"""Attacks on the block and on raw tasks, which are YAML: each is refused in our words, or is plain data, at once."""

from __future__ import annotations

import pytest

from runware_nb.magics.grammar import parse

from .apart import GROWTH, TIME, judged

PREPARE = """
from runware_nb.magics.grammar import parse
from runware_nb.errors import UsageError
def plain(value):
    if isinstance(value, dict):
        return all(plain(k) and plain(v) for k, v in value.items())
    if isinstance(value, list):
        return all(map(plain, value))
    return type(value).__module__ in {"builtins", "datetime"} and not callable(value)
def judge(text):
    block = parse("image", "---\\n" + text + "\\n---\\na fox").block
    assert plain(block), block
    return block
"""
ATTACKS = {
    "a tag that calls": "a: !!python/object/apply:os.system ['id']",
    "a tag that calls, new": "a: !!python/object/new:subprocess.Popen [['id']]",
    "a tag that names": "a: !!python/name:os.system",
    "a tag that imports": "a: !!python/module:os",
    "a tag in full": "a: !<tag:yaml.org,2002:python/object/apply:os.getcwd> []",
    "a tag by a handle": "%TAG ! tag:yaml.org,2002:python/\n---\na: !object/apply:os.getcwd []",
    "a tag of our own": "a: !Secret x",
    "a tag on a key": "!!python/name:os.system : 1",
    "a tuple": "a: !!python/tuple [1, 2]",
    "bytes": "a: !!binary aGVsbG8=",
    "a set": "a: !!set {x, y}",
    "pairs": "a: !!pairs [x: 1, x: 2]",
    "an ordered map": "a: !!omap [x: 1]",
    "a float of a word": "a: !!float abc",
    "an integer of a word": "a: !!int abc",
    "a null of a list": "a: !!null [1]",
    "a map of a list": "a: !!map [1]",
    "an alias": "a: &x [1]\nb: *x",
    "an alias to itself": "a: &x [*x]",
    "a billion laughs": "a: &a [x,x,x,x]\n" + "\n".join(f"{n}: &{n} [{', '.join([f'*{m}'] * 9)}]" for m, n in zip("abcdefgh", "bcdefghi", strict=True)),
    "a merge": "a: &x {p: 1}\nb:\n  <<: *x",
    "a merge without an alias": "<<: {a: 1, b: 2}\nb: 3",
    "a merge of a word": "<<: word",
    "a merge of merges": "<<: [{a: 1}, {<<: {b: 1}}]",
    "deep lists": "a: " + "[" * 5000 + "]" * 5000,
    "deep lists, open": "a: " + "[" * 20_000,
    "deep maps": "a: " + "{a: " * 5000 + "1" + "}" * 5000,
    "deep lines": "\n".join(" " * n + "a:" for n in range(1500)),
    "deep dashes": "a:\n  " + "- " * 5000 + "x",
    "a huge integer": "a: " + "9" * 200_000,
    "a huge number in hex": "a: 0x" + "f" * 200_000,
    "a huge number in base 60": "a: " + "1" + ":59" * 5000,
    "a huge float": "a: 1e999999999",
    "an octal that is none": "a: 0o777777777777777777777777",
    "not a number": "a: .nan\nb: .inf",
    "a date that is none": "a: 2024-99-99",
    "a date": "a: 2024-01-01T00:00:00Z",
    "a year of zero": "a: 0000-00-00",
    "a key twice": "seed: 1\nseed: 2",
    "a key twice, in another spelling": "a: 1\n'a': 2\n\"\\x61\": 3",
    "a list as a key": "? [a, b]\n: 1",
    "a map as a key": "{{a: 1}: 2}",
    "a number as a key": "1: 2\n1.0: 3\ntrue: 4",
    "a null as a key": "~: 1",
    "several documents": "a: 1\n...\n--- \nb: 2",
    "a directive": "%YAML 9.9\n---\na: 1",
    "controls": "a: \x00\x1b[31m",
    "a tab": "a:\n\t- 1",
    "a BOM": "\ufeffa: 1",
    "half a character": "a: \ud800",
    "half a character, escaped": 'a: "\\ud800"',
    "a character that is none, escaped": 'a: "\\UFFFFFFFF"',
    "a long key": "a" * 2000 + ": 1",
    "a long line": "a: " + "x" * 500_000,
    "many keys": "\n".join(f"k{n}: {n}" for n in range(8_000)),
    "many anchors": "\n".join(f"k{n}: &a{n} {n}" for n in range(5_000)),
    "many tags": "a: " + "!!str " * 2000 + "x",
    "many quotes": "a: " + "'" * 100_000,
    "many expressions": "\n".join(f"k{n}: {{{{ x }}}}" for n in range(5_000)),
    "expressions that do not end": "\n".join("k: {{ " + "x" * 40 for _ in range(5_000)),
    "braces": "a: " + "{{" * 10_000,
    "a block that folds": "a: >\n" + "\n" * 90_000 + "  x",
    "comments": "a: 1 " + "#" * 200_000,
    "commas": "a: [" + "," * 100_000 + "]",
    "question marks": "? " * 5000,
    "pipes": "a: |9\n x",
}  # fmt: skip


@pytest.fixture(scope="module")
def verdicts():
    return judged(list(ATTACKS.values()), PREPARE, "a: 1")


@pytest.mark.parametrize("name", ATTACKS)
def test_a_block_is_plain_data_or_refused_at_once(verdicts, name):
    verdict = verdicts[ATTACKS[name]]

    assert verdict.kind in {"gave", "UsageError"}, verdict
    assert verdict.seconds < TIME
    assert verdict.growth < GROWTH


def test_words_that_look_like_yaml_are_the_prompt():
    assert parse("image", "a: !!python/name:os.system *x &y").prompts == ("a: !!python/name:os.system *x &y",)
