"""The command, and the sandbox as an object."""

import json
import signal
import subprocess
import sys

import httpx
import pytest

from runware_nb.sandbox import Sandbox

from .asking import Api, task


def run(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "runware_nb.sandbox", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_where_it_is_and_stops_when_told(number):
    with run("--key", "secret", "--latency", "0,0.01", "--seed", "3") as process:
        told = json.loads(process.stdout.readline())
        answer = httpx.post(
            told["http_url"], json=[task()], headers={"Authorization": "Bearer secret"}, trust_env=False
        )
        process.send_signal(number)
        rest, noise = process.communicate(timeout=20)

    assert told["api_key"] == "secret"
    assert told["ws_url"].startswith("ws://127.0.0.1:")
    assert answer.status_code == 200
    assert (process.returncode, rest, noise) == (0, "", "")


def test_the_command_injects_faults():
    with run("--key", "k", "--fault", "rate-limit") as process:
        told = json.loads(process.stdout.readline())
        headers = {"Authorization": "Bearer k"}
        codes = [
            httpx.post(told["http_url"], json=[task()], headers=headers, trust_env=False).status_code for _ in range(2)
        ]
        process.terminate()
        process.communicate(timeout=20)

    assert codes == [429, 200]


@pytest.mark.parametrize("options", [("--latency", "fast"), ("--fault", "no-such"), ("--host", "0.0.0.0")])
def test_the_command_refuses_what_it_does_not_know(options):
    with run(*options) as process:
        _, noise = process.communicate(timeout=20)

    assert process.returncode == 2
    assert "usage:" in noise


def test_it_stops_and_starts_again_at_the_same_place():
    box = Sandbox(latency=(0, 0))
    with box:
        place = box.http_url
    with box:
        assert box.http_url == place
        assert (
            httpx.post(place, json=[], headers={"Authorization": f"Bearer {box.api_key}"}, trust_env=False).status_code
            == 400
        )
    with pytest.raises(httpx.ConnectError):
        httpx.post(place, trust_env=False)


def test_two_sandboxes_know_nothing_of_each_other(api: Api):
    with Sandbox(latency=(0, 0)) as second:
        api.items(task())

        assert second.billed() == {}
        assert second.http_url != api.box.http_url


def test_importing_it_loads_no_media_library():
    code = "import sys, runware_nb.sandbox; print({'av', 'numpy', 'PIL'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "set()"
