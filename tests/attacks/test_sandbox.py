"""Attacks on the sandbox from a page of elsewhere, under another name, and without its key: every route refuses."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from runware_nb.sandbox import Sandbox
from tests.sandbox.asking import Api, task

TABLE = Path("/proc/net/tcp")
ROUTES = [
    "/v1",
    "/v1/chat/completions",
    "/v1/models",
    "/models",
    "/registry.json",
    "/image/os/sandbox/ws/2/a/b.png",
    "/x",
]
HOSTS = [
    "evil.example", "evil.example:80", "127.0.0.1", "localhost", "127.0.0.1.evil.example", "127.0.0.1:1", "[::1]", "0.0.0.0",
    "2130706433", "0x7f.1", "localhost.evil.example", "127.0.0.1:{port}.evil.example", "evil.example#127.0.0.1:{port}",
    "user@127.0.0.1:{port}", "127.0.0.1:{port}, evil.example", "127.0.0.1:0{port}", "",
]  # fmt: skip
ORIGINS = [
    "https://evil.example", "null", "http://evil.example:{port}", "http://127.0.0.1.evil.example", "https://127.0.0.1:{port}",
    "http://127.0.0.1:1", "http://localhost:8888", "http://127.0.0.1:{port}.evil.example", "http://127.0.0.1:{port}/",
    "file://", "http://[::1]:{port}", "HTTP://127.0.0.1:{port}", "http://127.0.0.1:{port}, https://evil.example", "about:blank",
]  # fmt: skip
KEYS = [
    "",
    "Bearer",
    "Bearer null",
    "Bearer {key}x",
    "Basic {key}",
    "bearer  {key}",
    "{key}",
    "Bearer {key} x",
]


@pytest.fixture(scope="module")
def api():
    with Sandbox(latency=(0, 0)) as box:
        api = Api(box)
        yield api
        api.http.close()


@pytest.fixture(scope="module")
def port(api):
    return api.box.origin.rpartition(":")[2]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("host", HOSTS)
def test_no_route_answers_to_another_name(api: Api, port, route, host):
    name = host.replace("{port}", port)
    for method in ("GET", "POST", "OPTIONS"):
        answer = api.http.request(method, f"{api.box.origin}{route}", headers={"Host": name}, json=[task()])

        assert answer.status_code in {400, 403}
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", ORIGINS)
def test_no_page_of_elsewhere_starts_a_task_or_reads_an_answer(api: Api, port, origin):
    name = origin.replace("{port}", port)
    for headers in ({}, {"Content-Type": "text/plain"}, {"Access-Control-Request-Method": "POST"}):
        answer = api.post(task(), headers={"Origin": name, **headers})

        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
    assert api.box.billed() == {}


@pytest.mark.parametrize("origin", ORIGINS)
async def test_no_page_of_elsewhere_opens_a_socket(api: Api, port, origin):
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        async with connect(api.box.ws_url, origin=origin.replace("{port}", port)) as held:
            await held.recv()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1"])
async def test_no_socket_opens_under_another_name(api: Api, port, host):
    with (
        socket.create_connection(("127.0.0.1", int(port))) as here,
        pytest.raises((InvalidStatus, ConnectionClosed)),
    ):
        async with connect(f"ws://{host}/v1", sock=here) as held:
            await held.recv()


@pytest.mark.parametrize("header", KEYS)
@pytest.mark.parametrize("route", ["/v1", "/v1/chat/completions"])
def test_no_key_but_the_right_one_is_taken(api: Api, header, route):
    name = header.replace("{key}", api.box.api_key)
    answer = httpx.post(f"{api.box.origin}{route}", json=[task()], headers={"Authorization": name}, trust_env=False)

    assert answer.status_code == 401
    assert api.box.billed() == {}
    assert api.box.api_key not in answer.text


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_a_form_can_send_is_no_task(api: Api, kind):
    answer = api.http.post(api.box.http_url, content=b'[{"taskType":"ping"}]', headers={"Content-Type": kind})

    assert answer.status_code == 415


def test_two_sandboxes_have_two_keys():
    assert Sandbox().api_key != Sandbox().api_key


@pytest.mark.skipif(not TABLE.exists(), reason="only Linux tells so")
def test_only_loopback_is_listened_on(port):
    rows = [line.split() for line in TABLE.read_text().splitlines()[1:]]
    bound = [row[1].split(":") for row in rows if row[3] == "0A"]

    assert [address for address, number in bound if int(number, 16) == int(port)] == ["0100007F"]
