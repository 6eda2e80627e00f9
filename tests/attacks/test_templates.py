"""Attacks on `{{ }}`: each is refused, or gives a value that does no harm, within a second and without growing."""

from __future__ import annotations

import pytest

from runware_nb.magics.templates import fill

from .apart import GROWTH, TIME, judged

PREPARE = """
import builtins, os, shutil, tempfile
from pathlib import Path
from runware_nb.keys import Secret
from runware_nb.magics.templates import fill
from runware_nb.settings import Endpoint

class Job:
    def __init__(self):
        self.key = Secret("cAnArY-3f9b1c7de2a84065")
        self.endpoint = Endpoint("https://x/v1", "wss://x/v1", self.key)
    def method(self):
        return 1
NAMES = {"job": Job(), "d": {"a": 1, "key": "v"}, "l": [1, 2, 3], "s": "abc", "n": 3, "path": Path("x.png"),
         "_private": "cAnArY-private", "f": 1.5, "b": b"abc", "gen": (i for i in range(3)), "func": len,
         "again": "{{ job.key.reveal() }}", "os": os, "open": open, "exit": exit, "eval": eval, "builtins": builtins}
os.environ["RUNWARE_API_KEY"] = "cAnArY-environment"
def judge(text):
    before = {k: str(v) for k, v in NAMES.items()}
    value = fill(text, NAMES)
    assert {k: str(v) for k, v in NAMES.items()} == before, "it changed a variable"
    left = [shutil.move(name, tempfile.mkdtemp()) for name in os.listdir()]
    assert not left, "it wrote a file"
    return str(value)
"""
# Out of the sandbox: the classics, by attribute, by item, by filter, by what templates are usually given
REACH = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ s|attr('__class__') }}",
    "{{ s|attr('\\x5f\\x5fclass\\x5f\\x5f') }}",
    "{{ [s]|map(attribute='__class__')|list }}",
    "{{ [job]|map(attribute='key.reveal')|list }}",
    "{{ [job]|selectattr('__init__')|list }}",
    "{{ [job]|groupby('__class__') }}",
    "{{ [job]|sum(attribute='__dict__') }}",
    "{{ [job]|sort(attribute='__module__')|list }}",
    "{{ [job]|map('attr', '__globals__')|list }}",
    "{{ job.__init__.__globals__ }}",
    "{{ job.method.__func__.__code__ }}",
    "{{ job.method.__self__.__dict__ }}",
    "{{ job.__dict__ }}",
    "{{ job['__dict__'] }}",
    "{{ gen.gi_frame.f_globals }}",
    "{{ gen.gi_code }}",
    "{{ func.__self__ }}",
    "{{ func.__call__(s) }}",
    "{{ ().__class__.__base__ }}",
    "{{ config }}",
    "{{ config.items() }}",
    "{{ request.application.__globals__ }}",
    "{{ self }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ lipsum.__globals__.os.popen('id').read() }}",
    "{{ lipsum(n=100000) }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ joiner.__init__.__globals__.os }}",
    "{{ namespace.__init__.__globals__.os }}",
    "{{ dict.__base__ }}",
    "{{ url_for.__globals__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ environment }}",
    "{{ loop }}",
    "{{ caller() }}",
    "{{ varargs }}",
    "{{ range.__class__ }}",
    "{{ file.__globals__ }}",
    "{{ file.__code__.co_consts }}",
    "{{ get_ipython() }}",
    "{{ open('/etc/passwd').read() }}",
    "{{ __import__('os') }}",
    "{{ __builtins__ }}",
    "{{ eval('1+1') }}",
    "{{ exit() }}",
    "{{ os.environ['RUNWARE_API_KEY'] }}",
    "{{ os.environ }}",
    "{{ os.getcwd() }}",
    "{{ os.system('id > out') }}",
    "{{ os['environ'] }}",
    "{{ os|attr('environ') }}",
    "{{ [os]|map(attribute='environ')|list }}",
    "{{ builtins.open('/etc/passwd').read() }}",
    "{{ job.key.reveal() }}",
    "{{ job.endpoint.key.reveal() }}",
    "{{ job.key.redacted('x') }}",
    "{{ _private }}",
    "x {{ _private }}",
    "{{ undefined.__class__ }}",
    "{{ s.format(job) }}",
    "{{ '{0.key._reveal}'.format(job) }}",
    "{{ '{0.__init__.__globals__}'.format_map({'0': job}) }}",
    "{{ s|format(job) }}",
    "{{ '%s' % job.key }}",
    "{{ job.key|pprint }}",
    "{{ job.endpoint|pprint }}",
    "{{ job.key._reveal }}",
    "{{ job.key._reveal() }}",
    "{{ job.key|string }}",
    "{{ job.key|list }}",
    "{{ job.endpoint|tojson }}",
    "{{ job.key|tojson }}",
    "{{ job.key|urlize }}",
    "{{ {'a\"><script>': job.key}|xmlattr }}",
    "{{ {'x onload=1': 1}|xmlattr }}",
    "{{ s|urlize }}",
    "{{ [job, job.key]|join(',') }}",
    "{{ again }}",
    "x {{ again }} y",
    "{{ b.decode() }}",
]
# Changing what the notebook has, or the machine
CHANGE = [
    "{{ l.append(4) }}",
    "{{ l.clear() }}",
    "{{ l.sort() }}",
    "{{ d.update(a=2) }}",
    "{{ d.pop('a') }}",
    "{{ d.clear() }}",
    "{{ d.setdefault('x', 1) }}",
    "{{ d.__setitem__('a', 2) }}",
    "{{ path.unlink() }}",
    "{{ path.write_text('x') }}",
    "{{ path.touch() }}",
    "{{ path.mkdir() }}",
    "{{ open('x.png', 'w') }}",
    "{% set n = 4 %}{{ n }}",
    "{% for x in l %}{{ x }}{% endfor %}",
    "{% include '/etc/passwd' %}{{ n }}",
    "{% import 'os' as os %}{{ n }}",
    "{# {{ n }} #}",
    "{{ 1 if l.insert(0, 0) else 2 }}",
]
# Growing: in time, in memory, in depth
GROW = [
    "{{ 'a' * 10**10 }}",
    "{{ 10**10 * 'a' }}",
    "{{ [0] * 10**9 }}",
    "{{ 9**9**9 }}",
    "{{ 2**64**64 }}",
    "{{ (2**60)**60 }}",
    "{{ 10**64 * 10**64 }}",
    "{{ range(10**9)|list }}",
    "{{ range(10**9)|sum }}",
    "{{ range(99999)|map('string')|join|length }}",
    "{{ s.ljust(10**9) }}",
    "{{ s.zfill(10**9) }}",
    "{{ s.center(10**9) }}",
    "{{ s|center(10**9) }}",
    "{{ s|indent(10**9) }}",
    "{{ '%1000000000s' % s }}",
    "{{ '{:>1000000000}'.format(s) }}",
    "{{ s|format }}",
    "{{ '%*d'|format(10**9, 1) }}",
    "{{ s.expandtabs(10**9) }}",
    "{{ '\\t'.expandtabs(10**9) }}",
    "{{ s.replace('', 'a' ~ s)|length }}",
    "{{ (s ~ s).join(range(99999)|map('string'))|length }}",
    "{{ range(99999)|batch(1)|list|length }}",
    "{{ [1]|batch(10**8, 0)|list|length }}",
    "{{ [1]|slice(10**8)|list|length }}",
    "{{ range(99999)|slice(99999)|list|length }}",
    "{{ s|wordwrap(1, wrapstring=s) }}",
    "{{ s|truncate(10**9) }}",
    "{{ n|round(10**6) }}",
    "{{ f|round(400) }}",
    "{{ (10**8)|filesizeformat }}",
    "{{ range(99999)|sort(reverse=true)|join(s)|length }}",
    "{{ range(99999)|random }}",
    "{{ d|dictsort|tojson(indent=10**9) }}",
    "{{ d|tojson(indent=10**8) }}",
    "{{ d|tojson(10**8) }}",
    "{{ (1).to_bytes(10**9) }}",
    "{{ (1).to_bytes(10**9, 'big') }}",
    "{{ (1).__lshift__(10**9) }}",
    "{{ b.ljust(10**9) }}",
    "{{ s.translate({97: 'x' ~ s}) }}",
    "{{ (range(99999)|join).replace('1', range(99999)|join)|length }}",
    "{{ range(99999)|join|replace('1', range(99999)|join)|length }}",
    "{{ (range(99999)|join).join(range(99999)|map('string'))|length }}",
    "{{ range(99999)|join(range(99999)|join)|length }}",
    "{{ (range(99999)|join).translate({49: range(99999)|join})|length }}",
    "{{ range(99999)|join|wordwrap(1, wrapstring=range(99999)|join)|length }}",
    "{{ '\"'" + "|tojson" * 40 + "|length }}",
    "{{ '\"'" + "|pprint" * 40 + "|length }}",
    "{{ b" + ".decode('latin-1').encode('unicode_escape')" * 40 + "|length }}",
    "{{ [l]|map('batch', 10**8, 0)|map('list')|list|length }}",
    "{{ [s]|map('replace', '', range(99999)|join)|list|length }}",
    "{{ '{0:>1000000000}'['format'](s) }}",
    "{{ ('{:>1000000000}'|attr('format'))(s) }}",
    "{{ " + "(" * 500 + "1" + ")" * 500 + " }}",
    "{{ " + "[" * 5000 + "]" * 5000 + " }}",
    "{{ " + "-" * 5000 + "1 }}",
    "{{ " + " + ".join(["1"] * 20000) + " }}",
    "{{ " + " ~ ".join(["s"] * 5000) + " }}",
    "{{ " + "not " * 5000 + "1 }}",
    "{{ s" + "|upper" * 5000 + " }}",
    "{{ s" + ".a" * 5000 + " }}",
    "{{ n }}" * 20000,
    "{{" * 20000,
    "{{ " + "9" * 200000 + " }}",
    "{{ '" + "\\\\" * 100000 + "' }}",
]
LOOT = ("cAnArY", "root:", "uid=", "/tmp")
INSIDES = ("<class", "<function", "<module", "<frame", "<code", "built-in", "environ(")


@pytest.fixture(scope="module")
def verdicts():
    return judged([*REACH, *CHANGE, *GROW], PREPARE, "{{ n }} x {{ s|upper }} {{ [s]|join }}")


def name(text):
    return text if len(text) < 60 else f"{text[:40]}… {len(text)}"


def test_there_are_enough_attacks():
    assert len({*REACH, *CHANGE, *GROW}) >= 40


@pytest.mark.parametrize("attack", REACH, ids=name)
def test_an_expression_reaches_nothing_but_values(verdicts, attack):
    verdict = verdicts[attack]

    assert verdict.kind in {"gave", "UsageError"}, verdict
    assert not any(word in verdict.words for word in LOOT), verdict
    assert verdict.kind == "UsageError" or not any(word in verdict.words for word in INSIDES), verdict


@pytest.mark.parametrize("attack", CHANGE, ids=name)
def test_an_expression_changes_nothing(verdicts, attack):
    assert verdicts[attack].kind in {"gave", "UsageError"}, verdicts[attack]


@pytest.mark.parametrize("attack", GROW, ids=name)
def test_an_expression_cannot_grow_without_bound(verdicts, attack):
    verdict = verdicts[attack]

    assert verdict.kind in {"gave", "UsageError"}, verdict
    assert "MemoryError" not in verdict.words
    assert verdict.seconds < TIME
    assert verdict.growth < GROWTH


def test_the_judging_sees_a_bomb():
    prepare = "def judge(text):\n    return eval(text)"
    found = judged(["'a' * 2 * 10**8", "'a' * 10**10", "1 + 1", "__import__('os')._exit(1)", "2"], prepare, "1")

    assert [v.kind for v in found.values()] == ["gave", "MemoryError", "gave", "ended", "gave"]
    assert next(iter(found.values())).growth > GROWTH


def test_what_an_attack_looks_like_is_still_a_prompt():
    assert fill("a {% raw %} sign, ${HOME}, %(x)s, {0.key}, #{x}, <%= x %>", {}).startswith("a {% raw %} sign")
