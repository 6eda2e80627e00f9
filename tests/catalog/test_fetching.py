"""The catalogue in force: fresh when the services answer, whole when they do not, and never waited for unasked."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time

import pytest

from runware_nb import settings
from runware_nb.catalog import bundled, fetching
from runware_nb.catalog.copies import Copies, Copy
from runware_nb.catalog.fetching import Living
from runware_nb.errors import UsageError
from runware_nb.keys import Secret
from runware_nb.sandbox import Sandbox
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Services
from tests.catalog.services import as_json, serving

NEWER = "20270101000000"
NEW = "acme:brush@9"
FLUX = "runware:101@1"
API = Endpoint("https://api.runware.ai/v1", "wss://ws-api.runware.ai/v1", Secret("canary-3f9b1c7de2a84065"))


def registry(version=NEWER, **more):
    listed = {m.air: {"taskType": m.task_type, "id": m.slug} for m in bundled()}
    return {"version": version, "models": {**listed, NEW: {"taskType": "imageInference", "id": "acme-brush-9"}, **more}}


def row(air, slug, **more):
    return {"air": air, "model": slug, "name": "Brush Nine", "creator": "acme", "status": "live", **more}


def schema(**properties):
    told = {"taskType": {"const": "imageInference"}, "positivePrompt": {"type": "string"}, **properties}
    return {"requestSchema": {"type": "object", "properties": told, "required": ["positivePrompt"]}}


def service(path, _):
    """A service as the real ones are: a registry with a tag, a list, pages."""
    if path == "/registry.json":
        return as_json(registry(), etag='"one"')
    if path == "/models":
        return as_json([row(NEW, "acme-brush-9", capabilities=["io:text-to-image"], headline="It paints.")])
    if path.startswith("/resolve/"):
        return as_json(schema(steps={"type": "integer", "maximum": 7}))
    return as_json({"pricingRates": [{"amount": 0.02, "unit": "image", "label": "1K"}]})


def living(origin, folder, **more):
    return Living(Services(origin, origin, chosen=True, **more), Copies(folder))


async def test_what_the_services_tell_is_known_at_once_and_kept_for_the_next_process(tmp_path):
    with serving(service) as served:
        here = living(served.origin, tmp_path)
        told = await here.refresh([FLUX])
    again = living(served.origin, tmp_path)

    for catalog in (here.catalog, again.catalog):
        assert len(catalog) == len(bundled()) + 1
        assert (catalog.get(NEW).name, catalog.get(NEW).creator) == ("Brush Nine", "acme")
        assert catalog.resolve("acme-brush-9") == NEW
        assert catalog.get(FLUX).schema["properties"]["steps"]["maximum"] == 7
        assert catalog.get(FLUX).prices[0]["usd"] == 0.02
        assert catalog.get(FLUX).fresh
    assert told.startswith(f"{len(bundled()) + 1} models: {served.origin.removeprefix('http://')} of 2027-01-01, asked")


async def test_what_is_unchanged_is_not_sent_again(tmp_path):
    def tagged(path, headers):
        if path == "/registry.json" and headers.get("if-none-match") == '"one"':
            return 304, {"etag": '"one"'}, b""
        return service(path, headers)

    with serving(tagged) as served:
        here = living(served.origin, tmp_path)
        await here.refresh()
        before = here.catalog.news.when
        await here.refresh()

    tags = [headers.get("if-none-match") for path, headers in served.asked if path == "/registry.json"]
    assert tags == [None, '"one"']
    assert here.catalog.get(NEW)
    assert here.catalog.news.when >= before


async def test_no_key_and_no_cookie_goes_there(tmp_path):
    with serving(service) as served:
        await living(served.origin, tmp_path).refresh([FLUX])

    assert len(served.asked) == 4
    assert all({"authorization", "cookie"}.isdisjoint(headers) for _, headers in served.asked)


HALF = json.dumps(registry()).encode()[:-40]
HUGE = {"version": NEWER, "models": {f"a:{n}@1": {"taskType": "imageInference", "id": f"m{n}"} for n in range(90_000)}}


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"content-type": "text/html"}, b"<!doctype html><title>Please wait</title>"),
        (200, {}, HALF),
        (200, {}, b"[" * 100_000),
        (200, {}, b""),
        (200, {}, b"null"),
        (200, {}, b'{"version": 7, "models": []}'),
        (200, {}, b'{"version": "20270101000000", "models": {"no air": 5, "a:b@c": {"taskType": "dance", "id": "x"}}}'),
        (200, {"content-encoding": "br"}, b"\x00\x01"),
        (200, {"content-encoding": "gzip"}, b"not gzip"),
        (302, {"location": "https://example.com/"}, b""),
        (404, {}, b"{}"),
        (500, {}, b'{"models": {}}'),
        as_json(HUGE | {"more": "x" * (9 << 20)}),
        as_json(registry(version="20200101000000")),
    ],
    ids=["html", "half", "deep", "empty", "null", "wrong types", "no models", "brotli", "broken gzip", "redirect",
         "not found", "error", "9 MB", "older than the snapshot"],
)  # fmt: skip
async def test_whatever_else_comes_back_the_snapshot_serves(tmp_path, answer):
    with serving(lambda *_: answer) as served:
        here = living(served.origin, tmp_path)
        told = await here.refresh([FLUX])

    assert here.catalog is bundled()
    assert "the snapshot of 2026-10-12" in told
    assert "\n" not in told


async def test_who_is_down_is_told_of_in_a_line_and_costs_no_time(tmp_path):
    with serving(service) as served:
        pass  # its port is closed now
    here = living(served.origin, tmp_path)
    before = time.monotonic()

    assert "cannot be reached" in await here.refresh()
    assert time.monotonic() - before < 3
    assert here.catalog is bundled()


async def test_who_never_answers_is_given_three_seconds(tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "BOUND_OF_LIST", 0.3)
    monkeypatch.setattr(fetching, "BOUND", 0.3)
    with serving(lambda *_: None) as served:
        here = living(served.origin, tmp_path)
        before = time.monotonic()
        told = await here.refresh()

    assert "did not answer within 0.3 s" in told
    assert time.monotonic() - before < 2
    assert fetching.BOUND == 0.3


async def test_later_failures_leave_what_was_fetched_before(tmp_path):
    with serving(service) as served:
        await living(served.origin, tmp_path).refresh([FLUX])
    here = living(served.origin, tmp_path)
    told = await here.refresh([FLUX])

    assert here.catalog.get(NEW)
    assert here.catalog.get(FLUX).schema["properties"]["steps"]["maximum"] == 7
    assert "cannot be reached" in told


@pytest.mark.parametrize("damage", [b"", b"{", b'{"url": 5}', b"\xff\xfe", b"[" * 5000], ids=repr)
async def test_damaged_copies_are_as_good_as_none(tmp_path, damage):
    with serving(service) as served:
        await living(served.origin, tmp_path).refresh([FLUX])
    for file in tmp_path.iterdir():
        file.write_bytes(damage)

    assert living(served.origin, tmp_path).catalog is bundled()


async def test_copies_older_than_the_snapshot_are_passed_over(tmp_path):
    with serving(service) as served:
        await living(served.origin, tmp_path).refresh([FLUX])
    for file in tmp_path.iterdir():
        told = json.loads(file.read_bytes())
        file.write_text(json.dumps(told | {"when": 1_600_000_000.0}))

    catalog = living(served.origin, tmp_path).catalog
    assert catalog.get(NEW)
    assert catalog.get(FLUX).schema == bundled().get(FLUX).schema


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ((200, {}, b"a picture"), b"a picture"),
        ((404, {}, b""), None),
        ((200, {}, b"x" * (9 << 20)), None),
        (None, None),
    ],
    ids=["there", "gone", "9 MB", "never"],
)
async def test_a_cover_is_fetched_within_bounds(tmp_path, monkeypatch, answer, found):
    monkeypatch.setattr(fetching, "BOUND", 1.0)
    with Sandbox() as box, serving(lambda *_: answer) as served:
        place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
        async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "l.sqlite") as session:
            assert await session.picture(f"{served.origin}/cover.png") is None
            monkeypatch.setenv("RUNWARE_CONTENT_URL", served.origin)
            assert await session.picture(f"{served.origin}/cover.png") == found

    assert [path for path, _ in served.asked] == ["/cover.png"]
    assert "authorization" not in served.asked[0][1]


async def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with serving(service) as served:
        here = living(served.origin, tmp_path / "file" / "folder")

        assert await here.refresh()
    assert len(here.catalog) == len(bundled())


def test_copies_are_bounded_and_the_oldest_go_first(tmp_path, monkeypatch):
    monkeypatch.setattr("runware_nb.catalog.copies.LARGEST", 5_000)
    copies = Copies(tmp_path)
    for number in range(8):
        copies.write(f"https://a/{number}", Copy("x" * 1_000, None, float(number)))
        time.sleep(0.01)  # files are told apart by their times

    assert copies.read("https://a/7").payload == "x" * 1_000
    assert copies.read("https://a/0") is None
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 5_000


def test_asking_soon_returns_at_once_and_only_once_in_five_minutes(tmp_path):
    here = living("http://127.0.0.1:9", tmp_path)
    begun = []

    here.soon([FLUX], begun.append)
    here.soon([FLUX], begun.append)
    for work in begun:
        work.close()

    assert len(begun) == 1


@pytest.mark.parametrize(
    ("place", "services", "asked"),
    [
        (API, Services(), True),
        (API, Services(offline=True), False),
        (Endpoint("http://127.0.0.1:1/v1", "ws://127.0.0.1:1/v1", API.key), Services(), False),
        (Endpoint("http://127.0.0.1:1/v1", "ws://127.0.0.1:1/v1", API.key), Services(chosen=True), True),
        (Endpoint("http://127.0.0.1:1/v1", "ws://127.0.0.1:1/v1", API.key, sandbox=True), Services(chosen=True), False),
    ],
    ids=["API", "offline", "local API", "local API and services", "built-in sandbox"],
)
def test_only_a_session_on_the_api_asks_unbidden(place, services, asked):
    assert services.serves(place) is asked


async def test_offline_no_connection_is_made(tmp_path):
    with serving(service) as served:
        here = living(served.origin, tmp_path, offline=True)
        with pytest.raises(UsageError, match="RUNWARE_OFFLINE"):
            await here.refresh()

    assert served.asked == []
    assert "RUNWARE_OFFLINE is set" in here.told


def test_an_address_that_is_none_is_told_and_the_snapshot_serves(monkeypatch):
    monkeypatch.setenv("RUNWARE_SCHEMA_URL", "http://example.com")
    with pytest.raises(UsageError, match="not an address"):
        settings.services()

    assert fetching.current() is bundled()
    assert "'http://example.com' is not an address of the form https://host" in fetching.living().told


async def test_the_sandbox_serves_what_is_read(tmp_path):
    with Sandbox() as box:
        here = living(box.origin, tmp_path)
        told = await here.refresh([FLUX, "google:3@2"])

    assert f"{len(bundled())} models: {box.origin.removeprefix('http://')}" in told
    for air in (FLUX, "google:3@2"):
        fresh, old = here.catalog.get(air), bundled().get(air)
        assert fresh.fresh
        assert set(fresh.schema["properties"]) == set(old.schema["properties"])
        assert set(fresh.schema["required"]) == set(old.schema["required"])
        assert {row["usd"] for row in fresh.prices} == {row["usd"] for row in old.prices}


async def test_a_run_beside_the_services_freshens_the_catalogue_behind_its_back(tmp_path, monkeypatch):
    with Sandbox(latency=(0, 0)) as box, serving(service) as served:
        monkeypatch.setenv("RUNWARE_SCHEMA_URL", served.origin)
        monkeypatch.setenv("RUNWARE_CONTENT_URL", served.origin)
        place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
        async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "l.sqlite") as session:
            task = {"taskType": "imageInference", "model": FLUX, "positivePrompt": "x", "width": 128, "height": 128}
            await session.run([task])
            async with asyncio.timeout(20):
                while session.catalog.get(NEW) is None:  # noqa: ASYNC110  (it happens on another loop)
                    await asyncio.sleep(0.02)

    assert {path for path, _ in served.asked} >= {"/registry.json", "/models", f"/resolve/{FLUX}"}


async def test_a_run_does_not_wait_for_services_that_hang(tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "BOUND", 60.0)
    monkeypatch.setattr(fetching, "BOUND_OF_LIST", 60.0)
    with Sandbox(latency=(0, 0)) as box, serving(lambda *_: None) as served:
        monkeypatch.setenv("RUNWARE_SCHEMA_URL", served.origin)
        monkeypatch.setenv("RUNWARE_CONTENT_URL", served.origin)
        place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
        async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "l.sqlite") as session:
            task = {"taskType": "imageInference", "model": FLUX, "positivePrompt": "x", "width": 128, "height": 128}
            async with asyncio.timeout(30):
                run = await session.run([task])
                quote = await session.quote([{**task, "seed": 1}])

    assert len(run) == quote.make == 1
    assert fetching.living().catalog is bundled()


def test_with_no_key_a_process_connects_to_nothing_but_this_machine(tmp_path):
    """A kernel's worth of work in a process whose every connection is looked at."""
    program = """
import asyncio, socket, sys
import runware_nb as rw
outside = []
connect = socket.socket.connect
sys.addaudithook(lambda event, args: outside.append(args[1]) if event == "socket.connect" else None)
sys.addaudithook(lambda event, args: outside.append(args[0]) if event == "socket.getaddrinfo" else None)
async def main():
    await rw.image("a fox", size="128x128")
    repr(rw.models), rw.models("flux")._repr_html_(), rw.models["bfl-flux-1-dev"]._repr_html_()
    await rw.estimate({"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "x",
                       "width": 128, "height": 128})
asyncio.run(main())
hosts = {a[0] if isinstance(a, tuple) else a for a in outside}
print(sorted(h if isinstance(h, str) else h.decode() for h in hosts if h))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] in {"['127.0.0.1']", "['127.0.0.1', 'localhost']"}
