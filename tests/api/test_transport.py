"""The transport against hosts worse than any sandbox: they redirect, trickle, lie, bomb and listen for the key."""

from __future__ import annotations

import asyncio
import errno
import gzip
import json
import socket
import ssl
import threading
import time
import zlib
from contextlib import asynccontextmanager, suppress
from itertools import pairwise

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runware_nb.api.results import Frame
from runware_nb.api.transport import bodies
from runware_nb.api.transport.downloads import Downloads, Pace
from runware_nb.api.transport.pacing import GivenUp, Lane, Quota, retry_after
from runware_nb.api.transport.rest import Rest
from runware_nb.errors import BadAsset, RunwareError, Unreachable
from runware_nb.settings import Endpoint, Secret

KEY = "canary-5f1c"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(
        ["data", "errors", "error", "status", "taskUUID", "code", "message", "parameter", "imageURL", "outputs",
         "files", "url", "resultIndex", "min", "max", "allowedValues", "documentation"]), inner),
    max_leaves=30,
)  # fmt: skip


class Host:
    """Answers each request with the next of its answers, the last again and again, and remembers what it heard."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.heard = []

    async def serve(self, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.heard.append(head.decode())
                length = next((int(h[15:]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")), 0)
                await reader.readexactly(length)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if callable(answer):
                    await answer(writer)
                    writer.close()
                    return
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def open(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        try:
            yield self
        finally:
            server.close()


def answer(body=b"{}", status=200, **headers):
    lines = {"content-length": len(body), **{k.replace("_", "-"): v for k, v in headers.items()}}
    return b"HTTP/1.1 %d X\r\n" % status + "".join(f"{k}: {v}\r\n" for k, v in lines.items()).encode() + b"\r\n" + body


@asynccontextmanager
async def talking(*answers):
    async with Host(*answers).open() as host:
        rest = Rest(Endpoint(host.url, host.url.replace("http", "ws"), Secret(KEY)), 5)
        try:
            yield host, rest
        finally:
            await rest.close()


async def got(rest, url, limit=1_000_000):
    body = bytearray()
    await rest.download(url, body.extend, limit=limit)
    return bytes(body)


@asynccontextmanager
async def growth():
    """Megabytes by which the process grew at most, and seconds it took."""
    process, told, done = psutil.Process(), {"mb": 0.0}, threading.Event()
    before, start = process.memory_info().rss, time.monotonic()

    def watch():
        while not done.wait(0.002):
            told["mb"] = max(told["mb"], (process.memory_info().rss - before) / 1e6)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield told
    finally:
        done.set()
        thread.join()
        told["seconds"] = time.monotonic() - start


# the key, and redirects


async def test_the_key_reaches_the_api_and_nothing_else():
    async with talking(answer()) as (api, rest), Host(answer(b"abc")).open() as media:
        await rest.post([{}])
        assert await got(rest, media.url) == b"abc"

    assert KEY in api.heard[0]
    assert not any(word in media.heard[0].lower() for word in (KEY, "authorization", "referer", "cookie"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_the_api_is_never_followed_elsewhere(status):
    async with Host(answer()).open() as other, talking(answer(b"", status, location=other.url)) as (_, rest):
        with pytest.raises(Unreachable, match=f"redirect .HTTP {status}., which is not followed"):
            await rest.post([{}])
        with pytest.raises(Unreachable, match="redirect"):
            async with rest.stream({}):
                pass

    assert other.heard == []


async def test_a_file_is_followed_three_times_and_no_further():
    async with talking(answer()) as (_, rest):
        async with Host(*[answer(b"", 302, location="/a")] * 3, answer(b"abc")).open() as media:
            assert await got(rest, media.url) == b"abc"
        async with Host(answer(b"", 302, location="/a")).open() as media:
            with pytest.raises(BadAsset, match="more than 3 times"):
                await got(rest, media.url)

    assert len(media.heard) == 4


async def test_a_cookie_of_one_host_is_told_to_none():
    host = Host(answer(b"", 302, location="/a", set_cookie="a=b"), answer(b"abc"))
    async with talking(answer()) as (_, rest), host.open() as media:
        await got(rest, media.url)

    assert "cookie" not in media.heard[1].lower()


async def test_a_redirect_of_a_file_leads_into_no_private_network():
    host = Host(answer(b"", 302, location="http://169.254.169.254/"))
    async with talking(answer()) as (_, rest), host.open() as media:
        with pytest.raises(BadAsset, match="not an https address"):
            await got(rest, media.url)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [(403, BadAsset, "expired"), (404, BadAsset, "expired"), (410, BadAsset, "expired"), (206, Unreachable, "HTTP 206")]
    + [(s, Unreachable, f"HTTP {s}") for s in (204, 304, 400, 429, 500, 503)],
)
async def test_only_a_whole_file_is_taken(status, kind, words):
    async with talking(answer()) as (_, rest), Host(answer(b"abc", status)).open() as media:
        with pytest.raises(kind, match=words):
            await got(rest, media.url)


async def test_what_the_disk_refuses_while_a_file_comes_is_told_as_it_is():
    def full(piece):
        raise OSError(errno.ENOSPC, "full")

    async with talking(answer()) as (_, rest), Host(answer(b"abc")).open() as media:
        with pytest.raises(OSError, match="full"):
            await rest.download(media.url, full, limit=9)


# lies and bombs


async def test_a_body_shorter_than_it_says_is_no_file():
    host = Host(lambda w: cut(w, b"HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\nabc"))
    async with talking(answer()) as (_, rest), host.open() as media:
        with pytest.raises(Unreachable, match="broke the connection off"):
            await got(rest, media.url)


async def cut(writer, data):
    writer.write(data)
    await writer.drain()


async def endless(writer):
    writer.write(b"HTTP/1.1 200 X\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x" * 65536)
        await writer.drain()


@pytest.mark.parametrize(
    "media", [endless, answer(content_length=9_999_999), answer(gzip.compress(bytes(10**7)), content_encoding="gzip")]
)
async def test_a_file_that_is_too_large_is_given_up(media):
    taken = []
    async with talking(answer()) as (_, rest), Host(media).open() as host:
        with pytest.raises(BadAsset, match="larger than 1 MB"):
            await rest.download(host.url, lambda piece: taken.append(len(piece)), limit=1_000_000)

    assert sum(taken) <= 1_000_000


def bomb(size):
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()


async def test_a_packed_bomb_takes_neither_memory_nor_time():
    packed = answer(bomb(1 << 28), content_encoding="gzip")
    async with talking(packed) as (_, rest), Host(packed).open() as media, growth() as grown:
        with pytest.raises(Unreachable, match="far more than any real one"):
            await rest.post([{}])
        with pytest.raises(Unreachable, match="far more than any real one"):
            await rest.download(media.url, bytes, limit=2 << 30)

    assert grown["mb"] < 256
    assert grown["seconds"] < 2


async def test_an_endless_answer_is_given_up(monkeypatch):
    monkeypatch.setattr("runware_nb.api.transport.rest.LARGEST", 1 << 20)
    async with talking(endless) as (_, rest):
        with pytest.raises(Unreachable, match="larger than 1 MiB"):
            await rest.post([{}])


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity", "raw"])
async def test_packed_answers_are_read(encoding):
    plain = json.dumps({"data": list(range(9999))}).encode()
    raw = zlib.compressobj(wbits=-15)
    packed = {"gzip": gzip.compress(plain), "deflate": zlib.compress(plain), "identity": plain}.get(encoding)
    body = packed or raw.compress(plain) + raw.flush()
    async with talking(answer(body, content_encoding=encoding.replace("raw", "deflate"))) as (_, rest):
        assert len((await rest.post([{}])).payload["data"]) == 9999


@pytest.mark.parametrize(
    "headers", [{"content_encoding": "br"}, {"content_encoding": "gzip, gzip"}, {"content_encoding": "gzip"}]
)
async def test_what_cannot_be_unpacked_is_no_answer(headers):
    async with talking(answer(b"abc", **headers)) as (_, rest):
        with pytest.raises(Unreachable, match="packed"):
            await rest.post([{}])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"3",
        b"null",
        b'"x"',
        b"<html>",
        b'{"data": [',
        b"[" * 100_000,
        b"[" * 300 + b"]" * 300,
        b"\xff",
        b"9" * 9999,
    ],
)
async def test_only_whole_json_of_a_sane_depth_is_an_answer(body):
    async with talking(answer(body), answer(body, 500)) as (_, rest):
        with pytest.raises(Unreachable, match="not complete JSON"):
            await rest.post([{}])
        assert (await rest.post([{}])).payload is None


# slowness


@pytest.fixture
def hasty():
    return Downloads(ssl.create_default_context, local=True, pace=Pace(total=0.6, window=0.1, least=100))


async def silent(writer):
    await asyncio.sleep(5)


async def trickling_head(writer):
    for byte in b"HTTP/1.1 200 X\r\n" + b"x: y\r\n" * 99:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.02)


async def trickling_body(writer):
    writer.write(b"HTTP/1.1 200 X\r\ncontent-length: 99999\r\n\r\n")
    for _ in range(200):
        writer.write(b"x")
        await asyncio.sleep(0.02)


async def steady_body(writer):
    writer.write(b"HTTP/1.1 200 X\r\ncontent-length: 99999\r\n\r\n")
    for _ in range(200):
        writer.write(b"x" * 100)
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("host", "words"),
    [(silent, "in time"), (trickling_head, "in time"), (trickling_body, "too slowly"), (steady_body, "more than 1 s")],
)
async def test_a_slow_host_is_not_waited_for(hasty, host, words):
    async with Host(host).open() as media:
        with pytest.raises(Unreachable, match=words):
            await asyncio.wait_for(hasty.fetch(media.url, bytes, limit=10**6), 2)
    await hasty.close()


async def test_an_answer_that_trickles_has_an_end(monkeypatch):
    monkeypatch.setattr("runware_nb.api.transport.rest._BODY", -4.8)
    async with talking(trickling_body) as (_, rest):
        with pytest.raises(Unreachable, match="did not answer in full") as caught:
            await rest.post([{}])

    assert caught.value.sent is True


# pacing


@pytest.mark.parametrize(
    ("value", "expected"),
    [("3", 3), ("0", 0), (" 2.5 ", 2.5), ("9" * 500, 86_400), ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400)]
    + [("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Wed, 21 Oct 0001 07:28:00 -0000", 0)]
    + [(v, None) for v in ("", "-1", "soon", "nan", "inf", "1e9", "٣", "Fri, 99 Foo 2020", "1,2", "0x10")],
)
def test_retry_after_is_read_in_all_its_forms(value, expected):
    assert retry_after(value) == expected


@given(st.text())
def test_no_retry_after_breaks_the_reader(value):
    assert (wait := retry_after(value)) is None or 0 <= wait <= 86_400


async def test_a_host_that_asks_to_wait_is_left_alone():
    async with talking(answer(b"{}", 429, retry_after="0.3"), answer()) as (_, rest):
        await rest.post([{}])
        start = time.monotonic()
        await rest.post([{}])

    assert 0.25 < time.monotonic() - start < 3


async def test_questions_do_not_wait_behind_what_is_sent():
    async with talking(answer(b"{}", 429, retry_after="30"), answer()) as (_, rest):
        await rest.post([{}])
        asked = await asyncio.wait_for(rest.post([{"taskType": "getResponse"}]), 2)

    assert asked.status == 200


async def test_the_lane_halves_at_once_and_widens_bit_by_bit():
    now = 0.0
    lane = Lane(32, lambda: now)
    lane.narrow(None)
    lane.narrow(None)
    halved = lane.width
    for _ in range(17):
        lane.widen()

    assert (halved, 16.9 < lane.width < 17.1) == (16, True)


async def test_the_lane_never_holds_more_than_its_width():
    lane, inside, most = Lane(8, lambda: 0.0), 0, 0
    lane.narrow(None)

    async def work():
        nonlocal inside, most
        async with lane.turn():
            inside, most = inside + 1, max(most, inside + 1)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(work() for _ in range(50)))

    assert most == 4


async def test_an_outage_uses_the_quota_up_and_success_refills_it():
    async with talking(*[answer(b"{}", 503)] * 3, answer()) as (_, rest):
        rest.quota = Quota(size=10, price=5)
        again = [(await rest.post([{}])).again for _ in range(3)]
        for _ in range(5):
            await rest.post([{}])

    assert again == [True, True, False]
    assert rest.quota.spend()


async def test_a_stream_is_unpacked_told_and_counted():
    plain = answer(b"data: [DONE]\n\n", content_type="text/event-stream", x_runware_sandbox="1")
    async with talking(plain, answer(b"{}", 503), answer(b"<p>", 200)) as (_, rest):
        async with rest.stream({}) as chunks:
            assert b"".join([chunk async for chunk in chunks]) == b"data: [DONE]\n\n"
        async with rest.stream({}) as refusal:
            assert (refusal.status, rest.sandbox_seen, rest.quota.left) == (503, True, 495)
        with pytest.raises(Unreachable, match="not complete JSON"):
            async with rest.stream({}):
                pass


async def test_without_quota_a_lost_connection_is_not_tried_again():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        rest = Rest(Endpoint(f"http://127.0.0.1:{nobody.getsockname()[1]}/v1", "ws://127.0.0.1:1/v1", Secret(KEY)), 5)
        rest.quota = Quota(size=0)
        with pytest.raises(GivenUp, match="cannot be reached") as caught:
            await rest.post([{}])
        await rest.close()

    assert caught.value.sent is False


# any answer at all


@given(JSON, st.none() | st.integers(100, 599))
@settings(max_examples=300)
def test_any_json_is_read_or_refused_in_our_words(payload, status):
    frame = Frame.read(payload, status)

    assert all(str(problem) for problem in frame.problems)
    assert all(item.get("status") != "error" for item in frame.items)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=300)
def test_any_bytes_are_json_that_can_be_written_down_or_refused(body):
    try:
        found = bodies.parse(body)
    except ValueError:
        return

    json.dumps(found, ensure_ascii=False).encode()


@given(st.binary(max_size=300_000), st.lists(st.integers(0, 3000)), st.integers(1, 40))
async def test_packed_bytes_come_out_as_they_went_in(plain, cuts, times):
    packed = gzip.compress(plain * times)
    places = [0, *sorted(c % (len(packed) + 1) for c in cuts), len(packed)]

    async def given_chunks():
        for first, last in pairwise(places):
            yield packed[first:last]

    assert await bodies.whole(bodies.unpacked(given_chunks(), "gzip"), 1 << 24) == plain * times


@given(st.lists(st.binary(max_size=50)), st.sampled_from(["gzip", "deflate", "", "br", "x, y"]))
async def test_any_body_unpacks_or_is_refused_in_our_words(chunks, encoding):
    async def given_chunks():
        for chunk in chunks:
            yield chunk

    with suppress(RunwareError):
        await bodies.whole(bodies.unpacked(given_chunks(), encoding), 1 << 20)


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["arrays", "objects"])
@pytest.mark.parametrize("last", [b"1", b'"\\ud800"'], ids=["plain", "half a pair"])
def test_json_nested_deeper_than_any_answer_is_refused(opening, closing, last):
    def nested(levels):
        return opening * levels + last + closing * levels

    bodies.parse(nested(bodies.DEPTH - 10))
    with pytest.raises(ValueError, match=r"."):
        bodies.parse(nested(bodies.DEPTH + 10))
