import base64
import json
from dataclasses import replace

import pytest

from runware_nb import display, errors, reprs
from runware_nb.api.runs import Accepted, Refused, Run
from runware_nb.display.bundles import FACTS

from .making import IMAGE, drawing, film, glb, picture, result, run, sound, task


def drawn(obj):
    return reprs.mimebundle(obj)[0]


@pytest.fixture
def kept(tmp_path):
    return picture(tmp_path / "x.png")


def test_a_result_comes_as_page_paper_words_and_facts(kept):
    assert set(drawn(result(kept))) == {"text/html", "image/jpeg", "text/plain", FACTS}


def test_the_words_of_a_result_are_stable(kept):
    assert drawn(result(kept, sandbox=True))["text/plain"] == "Result(image, runware:101@1, seed 42, $0.0013, sandbox)"


def test_the_words_of_a_run_are_stable(kept):
    asked = task(numberResults=2)
    made = run(*(result(kept, asked, n, **IMAGE, resultIndex=n) for n in range(2)))

    assert drawn(made)["text/plain"] == "Run(image, 2 of 2, $0.0026)"


def test_a_run_of_one_is_its_card(kept):
    one = result(kept)

    assert drawn(run(one))["text/html"] == drawn(one)["text/html"]


def test_pictures_in_a_bundle_are_base64_text_of_at_most_384_pixels(kept):
    import io

    from PIL import Image

    data = drawn(result(kept))["image/jpeg"]

    assert max(Image.open(io.BytesIO(base64.b64decode(data))).size) == 384


def test_no_bundle_has_a_webp_of_its_own(tmp_path):
    assert "image/webp" not in drawn(result(picture(tmp_path / "x.webp")))


def test_facts_hold_no_prompt_and_no_address(kept):
    facts = json.dumps(drawn(result(kept))[FACTS])

    assert "fox" not in facts
    assert "SIGNED" not in facts


def test_a_kept_result_does_not_show_its_signed_address(kept):
    assert "SIGNED" not in drawn(result(kept))["text/html"]


def test_an_unknown_cost_is_told_as_such(kept):
    page = drawn(result(kept, imageURL="https://im.example/x", seed=1))

    assert "cost unknown" in page["text/html"]
    assert "cost unknown" in page["text/plain"]


def test_a_sandbox_result_is_marked_and_its_price_is_play_money(kept):
    page = drawn(result(kept, sandbox=True))["text/html"]

    assert "sandbox · sample, not billed" in page
    assert "play $0.0013" in page


def test_every_tile_of_a_sandbox_run_is_marked(kept):
    asked = task(numberResults=3)
    made = run(*(result(kept, asked, n, sandbox=True, **IMAGE, resultIndex=n) for n in range(3)))

    assert drawn(made)["text/html"].count(">sandbox</span>") == 3


def test_a_flagged_picture_is_folded_away_and_off_paper(kept):
    bundle = drawn(result(kept, **IMAGE, NSFWContent=True))

    assert bundle["text/html"].index("Flagged as not safe") < bundle["text/html"].index("<img")
    assert not any(mime.startswith("image/") for mime in bundle)


def test_a_text_is_its_own_words():
    bundle = drawn(result(asked=task("textInference"), text="A **fox**.\x1b[2J", cost=0.1))

    assert bundle["text/plain"] == "A **fox**.[2J"
    assert "<strong>fox</strong>" in bundle["text/html"]


def test_what_a_model_thought_is_folded_away():
    page = drawn(result(asked=task("textInference"), text="Fox.", reasoningContent="They want a fox."))["text/html"]

    assert page.index("<details") < page.index("They want a fox.")


def test_what_several_results_of_one_task_were_asked_with_is_told_once(kept):
    asked = task(steps=20)
    page = drawn(run(*(result(kept, asked, n, **IMAGE, resultIndex=n) for n in range(3))))["text/html"]
    other = drawn(run(*(result(kept, task(steps=20), **IMAGE) for _ in range(3))))["text/html"]

    assert [page.count(words) for words in (">request<", ">steps<", ">details<")] == [1, 1, 0]
    assert [other.count(words) for words in (">request<", ">steps<", ">details<")] == [3, 3, 3]


def test_a_file_that_could_not_be_kept_says_why_and_leads_to_the_api(kept):
    import dataclasses

    made = result()
    lost = made.keeping((dataclasses.replace(made.assets[0], problem="404 from the host"),))
    page = drawn(lost)["text/html"]

    assert "404 from the host" in page
    assert 'href="https://im.example/x.jpg' in page


def test_detections_are_a_table(kept):
    page = drawn(result(kept, maskImageURL="https://im.example/m", detections=[{"x_min": 1, "x_max": 9}]))["text/html"]

    assert ">x_min</th>" in page


def test_a_secret_address_in_the_request_is_masked(kept):
    asked = task(
        uploadEndpoint="https://s3.example/put?signature=TOPSECRET", webhookURL="https://h.example/?t=TOPSECRET"
    )

    assert "TOPSECRET" not in json.dumps(drawn(result(kept, asked)))


def test_a_file_in_the_request_is_cut_short(kept):
    asked = task(inputs={"seedImage": "data:image/png;base64," + "A" * 500_000})

    assert "A" * 100 not in drawn(result(kept, asked))["text/html"]


def test_a_run_shows_twelve_tiles_and_counts_the_rest(kept):
    asked = task(numberResults=14)
    page = drawn(run(*(result(kept, asked, n, **IMAGE, resultIndex=n) for n in range(14))))["text/html"]

    assert page.count("<img") == 12
    assert "+2 more" in page


def test_a_failure_is_a_tile_with_its_code_and_docs(kept):
    bad = task()
    error = errors.InvalidTask("width is 5.", code="invalidWidth", documentation="https://runware.ai/docs/x")
    page = drawn(run(result(kept), tasks=(bad,)).after(Refused(bad.task_uuid, error)))["text/html"]

    assert "invalidWidth" in page
    assert 'href="https://runware.ai/docs/x"' in page


def test_docs_that_are_no_web_address_are_no_link(kept):
    bad = task()
    error = errors.InvalidTask("no.", documentation="javascript:alert(1)")

    assert "javascript:" not in drawn(run(result(kept), tasks=(bad,)).after(Refused(bad.task_uuid, error)))["text/html"]


def test_an_unfinished_task_is_listed_by_its_uuid(kept):
    slow = task()

    assert slow.task_uuid in drawn(run(result(kept), tasks=(slow,)).after(Accepted(slow.task_uuid)))["text/html"]


def test_money_and_play_money_are_totalled_apart(kept):
    page = drawn(run(result(kept), result(kept, sandbox=True)))["text/html"]

    assert "$0.0013 + play $0.0013" in page


def test_an_unknown_price_is_not_lost_in_a_total(kept):
    assert (
        "$0.0013 + 1 of unknown cost"
        in drawn(run(result(kept), result(kept, imageURL="https://im.example/x")))["text/html"]
    )


def test_every_medium_is_played_by_src_alone(tmp_path):
    (tmp_path / "x.glb").write_bytes(glb())
    made = [
        result(film(tmp_path / "x.mp4"), task("videoInference"), videoURL="https://im.example/x"),
        result(sound(tmp_path / "x.wav"), task("audioInference"), audioURL="https://im.example/x"),
        result(drawing(tmp_path / "x.svg"), task("vectorize"), imageURL="https://im.example/x"),
        result(tmp_path / "x.glb", task("3dInference"), outputs={"files": [{"url": "https://im.example/x.glb"}]}),
    ]
    page = drawn(run(*made))["text/html"]

    assert all(f"<{tag} src=" in page for tag in ("video", "audio", "img"))
    assert not any(word in page for word in ("<source", "<style", "<script", "autoplay", " id=", "aria-"))


def test_an_empty_run_is_drawn():
    assert drawn(Run())["text/plain"] == "Run(empty, 0 of 0, $0.00)"


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"imageURL": 5},
        {"text": None, "usage": "many", "seed": "x", "cost": "free"},
        {"outputs": [1], "detections": 7, "structuredData": [None], "finishReason": {}},
        {"imageURL": "https://im.example/x", "NSFWContent": "maybe", "cost": float("nan")},
        {"text": "half \ud800", "reasoningContent": ["x"]},
    ],
    ids=str,
)
def test_odd_answers_are_drawn_and_can_be_sent(item):
    json.dumps(drawn(result(**(item or {"taskUUID": "x"}))), allow_nan=False, ensure_ascii=False).encode()


def test_odd_words_of_the_user_can_be_sent():
    json.dumps(drawn(result(asked=task(positivePrompt="\ud800", model="\udfff"))), ensure_ascii=False).encode()


def test_a_file_that_has_gone_is_told(tmp_path):
    assert "no longer here" in drawn(result(tmp_path / "gone.png"))["text/html"]


def test_importing_display_registers_the_drawings():
    assert display.result_bundle is not None
    assert reprs.mimebundle.dispatch(Run) is display.run_bundle


def test_a_file_that_is_kept_but_suspect_is_named_and_not_shown(kept):
    suspect = replace(result(kept), assets=(replace(result(kept).assets[0], problem="it names files elsewhere"),))
    page = drawn(suspect)["text/html"]

    assert "kept, but not shown: it names files elsewhere" in page
    assert "<img" not in page
