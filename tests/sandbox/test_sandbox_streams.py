"""Texts as server-sent events."""

import json

from runware_nb.sandbox import Fault

from .asking import Api, other, task


def asked(**fields):
    messages = [{"role": "user", "content": "Grüße? 🦊"}]
    return other("textInference", "minimax:m3@0", messages=messages, deliveryMethod="stream", **fields)


def events(api: Api, wanted):
    lines = api.post(wanted, headers={"Accept": "text/event-stream"}).text.splitlines()
    return lines, [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


def test_the_pieces_make_the_text_a_poll_gives(api: Api):
    wanted = asked()
    _, told = events(api, wanted)

    text = "".join(e["delta"].get("text", "") for e in told)
    assert text == api.done(wanted["taskUUID"])[0]["text"]
    assert "SANDBOX" in text
    assert "Grüße? 🦊" in text


def test_a_stream_ends_with_its_reason_and_done(api: Api):
    lines, told = events(api, asked())

    assert lines[-2] == "data: [DONE]"
    assert told[-1]["finishReason"] == "stop"
    assert ": ping" in lines


def test_usage_and_cost_come_last_and_only_when_asked(api: Api):
    _, plain = events(api, asked())
    _, full = events(api, asked(includeUsage=True, includeCost=True))

    assert not {"usage", "cost"} & set(plain[-1])
    assert full[-1]["usage"]["totalTokens"] > full[-1]["usage"]["promptTokens"]
    assert full[-1]["cost"] > 0


def test_some_models_tell_what_they_thought(api: Api):
    _, told = events(api, asked())

    assert any("reasoningContent" in e["delta"] for e in told)


def test_a_refusal_before_the_first_byte_is_json(api: Api):
    answer = api.post(asked(numberResults=2))

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")


def test_only_text_streams(api: Api):
    assert api.error(task(deliveryMethod="stream"))["code"] == "invalidDeliveryMethod"


def test_a_stream_can_fail_half_way(api: Api):
    api.box.inject("stream-error")
    _, told = events(api, asked())

    assert told[-1]["errors"][0]["code"] == "timeoutProvider"
    assert "delta" in told[0]


def test_a_stream_can_be_refused(api: Api):
    api.box.inject(Fault("stream-refused"))
    answer = api.post(asked())

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "serviceUnavailable")
