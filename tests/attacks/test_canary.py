"""A canary for a key, down every path, right and wrong; then every byte that was written, sent or shown is searched."""

from __future__ import annotations

import base64
import dataclasses
import json
import logging
import pickle
import sqlite3
import traceback
import warnings
from urllib.parse import quote

import pytest
from starlette.responses import RedirectResponse, Response

import runware_nb as rw
from runware_nb import door, errors, reprs
from runware_nb.api.transport.rest import Rest
from runware_nb.display.live import live_html
from runware_nb.sandbox import Sandbox
from runware_nb.settings import endpoint

from .canary import CANARY, holds, leaks
from .hosts import api, serving

TASK = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a fox", "width": 128, "height": 128}
TEXT = {"taskType": "textInference", "model": "minimax:m3@0", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
def records(monkeypatch):
    """Keep what every logger says, at the level where they say most."""
    kept: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record):
            kept.append(f"{record.name} {record.getMessage()} {record.args!r} {record.exc_info!r}")

    handler, root = Keep(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for name in ("httpx", "httpcore", "asyncio", "runware_nb", "stamina", "uvicorn"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield kept
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
async def connect(monkeypatch, tmp_path):
    """Lead the default session somewhere, with the canary."""
    monkeypatch.chdir(tmp_path)

    async def lead(**variables):
        await door.reset()
        monkeypatch.setenv("RUNWARE_API_KEY", CANARY)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    yield lead
    await door.reset()


def forms_of(thing, seen=None):
    """Give what any inspection of an object shows: repr, str, and the same of each attribute, private ones too."""
    fields = {name: getattr(thing, name, None) for name in dir(thing) if not name.startswith("__")}
    return [repr(thing), str(thing), f"{thing}", repr(getattr(thing, "__dict__", "")), repr(fields), str(fields)]


def frames_of(error):
    """Give the variables of every frame of an error and of those behind it, as Verbose tracebacks show them."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        yield from (f"{name} = {shown(value)}" for name, value in frame.f_locals.items())
    context = None if error.__suppress_context__ else error.__context__
    for other in (error.__cause__, context, *getattr(error, "exceptions", ())):
        if other:
            yield from frames_of(other)


def shown(value):
    try:
        return repr(value)
    except Exception:  # noqa: BLE001  (half made)
        return ""


def forms_of_error(error):
    """Give what any traceback of an error shows."""
    plain = [*traceback.format_exception(error), error._render_traceback_(), vars(error), *forms_of(error)]
    return [*plain, *frames_of(error)]


async def failing(call):
    with pytest.raises(errors.RunwareError) as caught:
        await call
    return caught.value


# The control: what is there is found


@pytest.mark.parametrize(
    "form",
    [
        CANARY,
        CANARY.encode(),
        f"Bearer {CANARY}".encode(),
        base64.b64encode(f"Bearer {CANARY}".encode()),
        base64.b64encode(f"x{CANARY}".encode()),
        quote(CANARY),
        CANARY.encode().hex(),
        CANARY.encode("utf-16"),
        json.dumps({"a": [CANARY]}),
        CANARY[:24],
        {"a": [{"b": (CANARY,)}]},
    ],
)
def test_the_grep_finds_every_form(form):
    assert leaks({"control": form}) == ["control"]


def test_the_grep_finds_what_is_in_a_file_and_in_a_write_ahead_log(tmp_path):
    (tmp_path / "empty").mkdir()
    assert not holds(tmp_path)

    connection = sqlite3.connect(tmp_path / "db.sqlite")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE t (x)")
    connection.execute("INSERT INTO t VALUES (?)", (CANARY,))
    connection.commit()

    assert holds(tmp_path)
    connection.close()


def test_the_grep_finds_a_key_in_the_variables_of_a_frame():
    def leaky(key):
        raise errors.UsageError("no")

    with pytest.raises(errors.UsageError) as caught:
        leaky(CANARY)

    assert holds(forms_of_error(caught.value))


# What goes well


async def test_nothing_shows_the_key_when_all_goes_well(connect, records, capsys, home, tmp_path):
    with Sandbox(key=CANARY, latency=(0, 0.05)) as box, warnings.catch_warnings(record=True) as warned:
        await connect(RUNWARE_BASE_URL=box.http_url, RUNWARE_WS_URL=box.ws_url)
        made = await rw.run([TASK, TEXT], name="canary")
        again = await rw.run([TASK])
        session = rw.session()
        total = await session.totals()
        surfaces = {
            "client": forms_of(session.client),
            "vars of the client": vars(session.client),
            "transport": forms_of(session.client._rest),
            "httpx": [repr(c) + repr(c.headers) for c in session.client._rest._opened],
            "session": forms_of(session),
            "endpoint": [*forms_of(session.endpoint), dataclasses.asdict(session.endpoint)],
            "door": forms_of(door),
            "sandbox": [repr(box), repr(door._sandboxes)],
            "run": forms_of(made),
            "runs": session.runs,
            "results": [forms_of(r) for r in made],
            "tasks": [t.to_wire() for t in made.tasks],
            "bundles": [reprs.mimebundle(x) for x in (made, again, *made)],
            "live card": live_html(made),
            "frame": [made.df.to_csv(), made.df.to_json(date_format="iso"), made.df.to_html(), session.df.to_string()],
            "pickle": pickle.dumps(made),
            "totals": forms_of(total),
            "ledger and its log": home,
            "runware_outputs": tmp_path,
            "logs": records,
            "warnings": [str(w.message) for w in warned],
            "stdout and stderr": list(capsys.readouterr()),
        }
        assert leaks(surfaces) == []
        assert len(surfaces) >= 20
        assert (home / "ledger.sqlite-wal").stat().st_size > 0
        assert len(records) > 20
        await door.reset()
    assert not holds(home)


async def test_no_other_host_is_sent_the_key(connect):
    def link(task):
        return {"imageURL": f"{media.origin}/x.png?t=1", "cost": 0.1}

    with (
        serving(lambda *_: Response(b"\x89PNG")) as other,
        serving(lambda *_: RedirectResponse(f"{other.origin}/y.png", 302)) as media,
        api(link) as place,
    ):
        await connect(**place.environment)
        await rw.run([TASK], cache="off")

        assert holds(place.seen)  # the control: to the API it goes
        assert b"GET" in media.seen[0] + other.seen[0]
        assert leaks({"media host": media.seen, "host it redirects to": other.seen}) == []
        assert not any(b"\nreferer" in s.lower() or b"\ncookie" in s.lower() for s in [*media.seen, *other.seen])
        assert not any(holds(s.split(b"\n")[0]) for s in place.seen)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_of_the_api_is_not_followed(connect, status, home, records):
    with serving(lambda *_: Response(b"{}")) as other, serving(lambda *_: RedirectResponse(other.url, status)) as place:
        await connect(**place.environment)
        rest = Rest(endpoint(), 5)
        error = await failing(rest.post([TASK]))
        await rest.close()

        assert other.seen == []
        assert leaks({"error": forms_of_error(error), "ledger": home, "logs": records}) == []


# What goes wrong

REFUSALS = {
    "the key is wrong": lambda _: {"errors": [{"code": "invalidApiKey", "message": "The API key is invalid."}]},
    "the task is wrong": lambda _: {"errors": [{"code": "invalidWidth", "message": "no", "parameter": "width"}]},
    "out of money": lambda _: {"errors": [{"code": "insufficientCredits", "message": "no"}]},
}
BODIES = {
    "a page": Response(b"<h1>502</h1>", 502, media_type="text/html"),
    "no JSON": Response(b"{", 200, media_type="application/json"),
    "nothing": Response(b"", 200),
    "a number": Response(b"1", 200, media_type="application/json"),
}


@pytest.mark.parametrize("why", REFUSALS)
@pytest.mark.parametrize("task", [TASK, TEXT], ids=["image", "text"])
async def test_a_refusal_shows_no_key(connect, records, home, why, task):
    with api(REFUSALS[why]) as place:
        await connect(**place.environment)
        error = await failing(rw.run([task], cache="off"))

        shown = {"error": forms_of_error(error), "run": reprs.mimebundle(error.run), "frame": error.run.df.to_csv()}
        assert leaks({**shown, "ledger": home, "logs": records}) == []


@pytest.mark.parametrize("body", BODIES)
async def test_a_broken_answer_shows_no_key(connect, records, home, body, monkeypatch):
    monkeypatch.setattr("runware_nb.api.retry.ATTEMPTS", 1)
    with serving(lambda *_: BODIES[body]) as place:
        await connect(**place.environment)
        error = await failing(rw.run([TASK], cache="off"))

        assert leaks({"error": forms_of_error(error), "ledger": home, "logs": records}) == []


async def test_nobody_there_shows_no_key(connect, records, home, monkeypatch):
    monkeypatch.setattr("runware_nb.api.retry.ATTEMPTS", 1)
    await connect(RUNWARE_BASE_URL="http://127.0.0.1:1/v1")

    error = await failing(rw.run([TASK], cache="off"))

    assert leaks({"error": forms_of_error(error), "ledger": home, "logs": records}) == []


@pytest.mark.parametrize("url", ["http://api.example/v1", "ftp://x/v1", "nonsense", "https:///v1"])
async def test_a_wrong_address_shows_no_key(connect, url):
    await connect(RUNWARE_BASE_URL=url)

    with pytest.raises(errors.UsageError) as caught:
        rw.session()

    assert not holds(caught.value._render_traceback_())
    assert not holds(str(caught.value))


# What the transport sees to


def echo(task):
    return {"errors": [{"code": "invalidApiKey", "message": f"The key {CANARY} is wrong", "got": {CANARY: [CANARY]}}]}


@pytest.mark.parametrize("task", [TASK, TEXT], ids=["image", "text"])
async def test_an_answer_that_echoes_the_key_is_redacted(connect, home, task):
    with api(echo) as place:
        await connect(**place.environment)
        error = await failing(rw.run([task], cache="off"))

        assert "The key [key] is wrong" in str(error)
        assert leaks({"error": [str(error), vars(error)], "run": reprs.mimebundle(error.run), "ledger": home}) == []


async def test_a_stream_that_echoes_the_key_is_redacted(connect, home):
    with api(lambda _: {"text": "hello", "note": {CANARY: [CANARY]}}) as place:
        await connect(**place.environment)
        made = await rw.run([TEXT], cache="off")

        assert made[0].wire["note"] == {"[key]": ["[key]"]}
        assert leaks({"result": made[0].wire, "run": reprs.mimebundle(made), "ledger": home}) == []


async def test_a_proxy_that_cannot_be_read_shows_no_key(connect, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://x:1")
    await connect(RUNWARE_BASE_URL="https://api.example/v1")

    with pytest.raises(Exception) as caught:
        await rw.run([TASK], cache="off")

    assert not holds(list(frames_of(caught.value)))


async def test_no_object_that_is_kept_has_the_key_in_a_field(connect):
    with Sandbox(key=CANARY, latency=(0, 0.05)) as box:
        await connect(RUNWARE_BASE_URL=box.http_url, RUNWARE_WS_URL=box.ws_url)
        await rw.run([TASK])

        assert not holds([c.headers.raw for c in rw.session().client._rest._opened])
