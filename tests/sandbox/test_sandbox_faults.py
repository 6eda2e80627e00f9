"""What can go wrong, by name."""

import contextlib

import httpx
import pytest

from runware_nb.sandbox import FAULTS, Fault

from .asking import Api, task


def test_a_rate_limit_passes(api: Api):
    api.box.inject("rate-limit", retry_after=3)
    wanted = task()
    first, second = api.post(wanted), api.post(wanted)

    assert (first.status_code, first.headers["retry-after"]) == (429, "3")
    assert second.status_code == 200


@pytest.mark.parametrize("status", [500, 503, 504])
def test_a_server_error_has_the_status_it_is_given(api: Api, status):
    api.box.inject("server-error", status=status)

    assert api.post(task()).status_code == status
    assert api.box.billed() == {}


def test_a_lost_answer_is_billed_and_can_be_fetched(api: Api):
    api.box.inject("lost-answer")
    wanted = task()
    with pytest.raises(httpx.TransportError):
        api.post(wanted)

    assert api.done(wanted["taskUUID"])[0]["status"] == "success"
    assert api.box.billed()[wanted["taskUUID"]].runs == 1


def test_a_refused_connection_costs_nothing(api: Api):
    api.box.inject("refused-connection")
    with pytest.raises(httpx.TransportError):
        api.post(task())

    assert api.box.billed() == {}


def test_a_truncated_answer_ends_in_the_middle(api: Api):
    api.box.inject("truncated")

    with pytest.raises(httpx.RemoteProtocolError):
        api.post(task())


@pytest.mark.parametrize("name", ["not-json", "html-200", "empty-200"])
def test_an_answer_that_is_no_json_has_status_200(api: Api, name):
    api.box.inject(name)
    answer = api.post(task())

    assert answer.status_code == 200
    with pytest.raises(ValueError):
        answer.json()


def test_a_slow_answer_comes_when_the_clock_says_so(api: Api):
    api.box.inject("slow", seconds=0.01)

    assert api.items(task())


@pytest.mark.parametrize(("name", "place"), [("provider-timeout", "errors"), ("failed-in-data", "data")])
def test_a_failed_task_is_polled_in_either_form_and_not_billed(api: Api, name, place):
    api.box.inject(name)
    wanted = task(deliveryMethod="async")
    api.items(wanted)
    api.done(wanted["taskUUID"])
    [failed] = api.poll(wanted["taskUUID"])[place]

    assert failed["status"] == "error"
    assert failed.get("code") or failed["error"]["code"]
    assert api.box.billed() == {}


def test_a_part_can_fail_and_the_rest_is_billed(api: Api):
    api.box.inject("partial")
    wanted = task(numberResults=3, includeCost=True)
    told = api.answer(wanted)

    assert [i["resultIndex"] for i in told["data"]] == [0, 1]
    assert [e["resultIndex"] for e in told["errors"]] == [2]
    assert api.box.billed()[wanted["taskUUID"]].usd == pytest.approx(2 * told["data"][0]["cost"])


def test_a_file_can_be_gone(api: Api):
    [item] = api.items(task())
    api.box.inject("gone")

    assert api.get(item["imageURL"]).status_code == 404
    assert api.get(item["imageURL"]).status_code == 200


def test_a_file_can_be_a_page_that_claims_to_be_a_picture(api: Api):
    [item] = api.items(task())
    api.box.inject("bad-asset")
    answer = api.get(item["imageURL"])

    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.text.startswith("<!doctype html>")


def test_items_can_come_in_another_order_and_twice(api: Api):
    api.box.inject("shuffled")
    assert [i["resultIndex"] for i in api.items(task(numberResults=3))] == [2, 1, 0]

    api.box.inject("duplicated")
    assert [i["resultIndex"] for i in api.items(task(numberResults=2))] == [0, 0, 1, 1]


def test_a_fault_strikes_as_often_and_as_late_as_it_is_told(api: Api):
    api.box.inject(Fault("server-error", times=2, skip=1))

    assert [api.post(task()).status_code for _ in range(4)] == [200, 500, 500, 200]


def test_a_fault_strikes_the_phase_it_is_told(api: Api):
    api.box.inject("server-error", phase="poll")
    wanted = task()

    assert api.post(wanted).status_code == 200
    assert api.post({"taskType": "getResponse", "taskUUID": wanted["taskUUID"]}).status_code == 500


def test_no_balance_refuses(api: Api):
    api.box.inject("no-balance")

    assert api.post(task()).status_code == 402


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_can_be_injected_by_name_and_outlived(api: Api, name):
    api.box.inject(name, **({"seconds": 0} if name == "slow" else {}))
    wanted = task()
    with contextlib.suppress(httpx.TransportError):
        api.post(wanted)

    assert api.post({"taskType": "ping"}).status_code == 200


def test_an_unknown_fault_is_an_error(api: Api):
    with pytest.raises(KeyError):
        api.box.inject("no-such-fault")


def test_what_cannot_be_made_fails_and_costs_nothing(api: Api, monkeypatch):
    from runware_nb.sandbox import making

    monkeypatch.setattr(making, "make", lambda *_: 1 / 0)
    wanted = task()
    error = api.error(wanted)

    assert error["code"] == "inferenceError"
    assert api.box.billed()[wanted["taskUUID"]].usd == 0
