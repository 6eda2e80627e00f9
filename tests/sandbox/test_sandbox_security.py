"""Who may talk to the sandbox."""

import socket

import httpx
import pytest

from runware_nb.sandbox import Sandbox

from .asking import Api, serving, task

EVIL = "https://evil.example"


def test_every_answer_says_that_this_is_the_sandbox(api: Api):
    answers = [api.post(task()), api.post(task(width=1)), api.get(f"{api.box.origin}/nothing")]

    assert [a.headers["x-runware-sandbox"] for a in answers] == ["1"] * 3


@pytest.mark.parametrize("header", [None, "Bearer wrong", "k" * 24])
def test_without_the_key_nothing_happens(api: Api, header):
    headers = {} if header is None else {"Authorization": header}
    answer = httpx.post(api.box.http_url, json=[task()], headers=headers, trust_env=False)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "invalidApiKey")
    assert api.box.billed() == {}


def test_the_key_may_come_as_the_first_task(api: Api):
    first = {"taskType": "authentication", "apiKey": api.box.api_key}
    answer = httpx.post(api.box.http_url, json=[first, task()], trust_env=False)

    assert answer.json()["data"][0]["imageURL"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example"])
def test_another_host_name_is_refused(api: Api, host):
    assert api.post(task(), headers={"Host": host}).status_code == 403


def test_localhost_is_this_host(api: Api):
    port = api.box.origin.rpartition(":")[2]

    assert api.post(task(), headers={"Host": f"localhost:{port}"}).status_code == 200


@pytest.mark.parametrize("origin", [EVIL, "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example"])
def test_a_page_of_elsewhere_cannot_use_the_api(api: Api, origin):
    assert api.post(task(), headers={"Origin": origin}).status_code == 403
    assert api.box.billed() == {}


def test_a_jupyter_page_may_read_media(api: Api):
    [item] = api.items(task())
    answer = api.get(item["imageURL"], headers={"Origin": "http://localhost:8888"})

    assert answer.headers["access-control-allow-origin"] == "http://localhost:8888"


def test_a_page_of_elsewhere_may_not_read_media(api: Api):
    [item] = api.items(task())
    answer = api.get(item["imageURL"], headers={"Origin": EVIL})

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_only_json_is_read(api: Api):
    answer = api.http.post(api.box.http_url, content=b"[]", headers={"Content-Type": "text/plain"})

    assert answer.status_code == 415


def test_a_body_has_a_size():
    with serving(max_body=1000) as api:
        assert api.post(task(positivePrompt="x" * 2000)).status_code == 413


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"[]", b"null", b"[" * 50_000])
def test_what_is_no_array_of_objects_is_refused(api: Api, body):
    answer = api.http.post(api.box.http_url, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400


def test_only_this_machine_is_served(api: Api):
    port = int(api.box.origin.rpartition(":")[2])
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}

    for address in others:
        with pytest.raises(OSError), socket.create_connection((address, port), timeout=1):
            pass


def test_a_webhook_to_elsewhere_is_left_alone(api: Api, monkeypatch):
    import http.client

    monkeypatch.setattr(http.client.HTTPConnection, "request", lambda *_, **__: pytest.fail("it was called"))

    assert api.items(task(webhookURL="https://example.com/hook", uploadEndpoint="http://169.254.169.254/x"))


def test_a_taken_port_is_an_error(api: Api):
    with pytest.raises(OSError):
        Sandbox(port=int(api.box.origin.rpartition(":")[2])).start()


def test_a_random_key_is_long_and_not_in_the_repr():
    box = Sandbox()

    assert len(box.api_key) >= 32
    assert box.api_key not in repr(box) + repr(box._world)
