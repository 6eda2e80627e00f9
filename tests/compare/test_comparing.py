"""Comparisons: what is counted is what the formulas say, and what an axis does is what was put into it."""

from __future__ import annotations

import math
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter
from scipy.stats import t as students_t

from runware_nb import display, errors, hindsight, reprs
from runware_nb.api.results import Asset, Result
from runware_nb.api.runs import Arrived, Refused, Run
from runware_nb.api.tasks import Task
from runware_nb.compare import measures
from runware_nb.compare.comparing import compare, student
from runware_nb.errors import UsageError

assert display  # registers the drawings


def noise(path, seed=0, size=(96, 64), blur=0.0):
    levels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    picture = Image.fromarray(levels).resize((size[0] * 2, size[1] * 2), Image.Resampling.BICUBIC)
    picture.filter(ImageFilter.GaussianBlur(blur)).save(path)
    return path


def swept(make, axes=None):
    """A run of 2 models x 3 seeds; `make` gives the wire item and path of a point, or an error."""
    axes = axes or {"model": ["a:1@1", "b:1@1"], "seed": [1, 2, 3]}
    points = [{"model": m, "seed": s} for m in axes["model"] for s in axes["seed"]]
    tasks = [Task.of({"taskType": "imageInference", "positivePrompt": "fox", **p}) for p in points]
    run = Run.of(tasks, "sweep", points)
    for task, point in zip(tasks, points, strict=True):
        told = make(point)
        if isinstance(told, errors.RunwareError):
            run = run.after(Refused(task.task_uuid, told))
            continue
        item, path, latency = told
        assets = (Asset("image", "imageURL", path=path),) if path else ()
        run = run.after(Arrived(replace(Result.of(task, 0, item, latency=latency), assets=assets)))
    return run.end()


def test_means_intervals_and_effects_are_those_of_the_books():
    cost = {"a:1@1": 0.01, "b:1@1": 0.03}
    run = swept(lambda p: ({"cost": cost[p["model"]], "text": f"{p}"}, None, float(p["seed"])))
    told = compare(run)
    row = next(s for s in told.spreads if (s.axis, s.value, s.figure) == ("model", "b:1@1", "latency_s"))
    effects = {(e.axis, e.figure): e for e in told.effects}

    assert (row.count, row.mean, row.deviation) == (3, 2.0, 1.0)
    assert row.high - row.mean == pytest.approx(students_t.ppf(0.975, 2) / math.sqrt(3), rel=1e-4)
    assert effects["model", "cost_usd"].share == pytest.approx(1)
    assert effects["seed", "cost_usd"].share == pytest.approx(0)
    assert effects["seed", "latency_s"].share == pytest.approx(1)
    assert (effects["seed", "latency_s"].least, effects["seed", "latency_s"].most) == ("1", "3")


def test_an_effect_that_chance_reaches_is_not_told():
    chance = np.random.default_rng(5)
    axes = {"model": ["a:1@1", "b:1@1"], "seed": list(range(12))}
    cost = {"a:1@1": 0.01, "b:1@1": 0.02}
    told = compare(
        swept(lambda p: ({"cost": cost[p["model"]], "text": f"{p}"}, None, float(chance.normal(5, 1))), axes)
    )
    effects = {(e.axis, e.figure): e for e in told.effects}
    plain = reprs.mimebundle(told)[0]["text/plain"]

    assert effects["model", "cost_usd"].share > effects["model", "cost_usd"].chance
    assert effects["model", "latency_s"].share < effects["model", "latency_s"].chance
    assert "model explains 100% of the variance of cost" in plain
    assert "variance of time" not in plain


@pytest.mark.parametrize("freedom", [1, 2, 4, 5, 8, 20, 200])
def test_students_t_is_that_of_scipy(freedom):
    assert student(freedom) == pytest.approx(students_t.ppf(0.975, freedom), rel=1e-3)


def test_failures_are_counted_by_cause_and_by_value():
    run = swept(
        lambda p: (
            errors.ContentRefused("no", code="promptBlocked")
            if p["model"] == "b:1@1" and p["seed"] < 3
            else ({"text": "x", "cost": 0.1}, None, 1.0)
        )
    )
    told = compare(run)

    assert told.failures == {"promptBlocked": 2}
    assert told.failed["model", "b:1@1"] == (2, 3)
    assert told.failed["seed", "3"] == (0, 2)
    assert "promptBlocked 2" in reprs.mimebundle(told)[0]["text/plain"]


def test_a_model_that_ignores_the_seed_is_told(tmp_path):
    files = {m: noise(tmp_path / f"{n}.png", n) for n, m in enumerate(["a:1@1", "b:1@1"])}
    told = compare(swept(lambda p: ({"imageURL": "u", "cost": 0.1}, files[p["model"]], 1.0)))
    alike = {a.axis: (a.alike, a.pairs) for a in told.alike}

    assert alike == {"model": (0, 3), "seed": (6, 6)}
    assert (
        "6 of 6 pairs that differ in seed alone look or read the same. It may be ignored."
        in (reprs.mimebundle(told)[0]["text/plain"])
    )


def test_blur_lowers_sharpness_and_likeness_to_the_reference(tmp_path):
    sharp, soft = noise(tmp_path / "a.png"), noise(tmp_path / "b.png", blur=2)
    one, other = (measures.grey(p) for p in (sharp, soft))

    assert measures.sharpness(one) > 20 * measures.sharpness(other)
    assert measures.ssim(one, one) == pytest.approx(1)
    assert measures.ssim(one, other) < 0.8
    assert measures.psnr(one, one) is None
    assert measures.psnr(one, one + 1) == pytest.approx(20 * math.log10(255))


def test_ssim_is_that_of_scikit_image():
    """The value is that of `structural_similarity(..., gaussian_weights=True, use_sample_covariance=False)`."""
    chance = np.random.default_rng(3)
    one = chance.integers(0, 255, (48, 64)).astype(float)
    other = np.clip(one + chance.normal(0, 25, one.shape), 0, 255)

    assert measures.ssim(one, other) == pytest.approx(SSIM, abs=1e-6)


SSIM = 0.9465836999971454


def test_the_reference_is_made_the_size_of_the_picture(tmp_path):
    small, large = noise(tmp_path / "s.png", size=(40, 30)), noise(tmp_path / "l.png", size=(80, 60))
    run = swept(lambda p: ({"imageURL": "u"}, small, 1.0))
    told = hindsight.effects(run, reference=large)

    assert {"ssim", "psnr_db", "sharpness"} <= set(told.figures)
    with pytest.raises(UsageError, match="no picture"):
        hindsight.effects(run, reference=Path(__file__))


def test_loudness_is_in_db_of_full_scale(tmp_path):
    path = tmp_path / "tone.wav"
    values = (0.5 * np.sin(np.arange(16_000) * 0.2) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, len(values), "NONE", ""))
        file.writeframes(values.tobytes())

    assert measures.loudness(path) == pytest.approx(20 * math.log10(0.5 / math.sqrt(2)), abs=0.02)


def test_words_and_tokens_of_texts_are_counted():
    task = Task.of({"taskType": "textInference", "messages": []})
    told = measures.measured(Result.of(task, 0, {"text": "one two  three", "usage": {"completionTokens": 5}}))

    assert (told["words"], told["tokens"]) == (3, 5)


def test_stars_are_compared_too():
    run = swept(lambda p: ({"text": f"{p}", "cost": 0.1}, None, 1.0))
    told = compare(run, stars=lambda r: 5 if r.model == "a:1@1" else 2)

    assert next(e for e in told.effects if (e.axis, e.figure) == ("model", "stars")).most == "a:1@1"
    assert list(told.df.columns) == ["axis", "value", "figure", "count", "mean", "deviation", "low", "high"]


def test_a_run_without_axes_is_compared_by_what_varies():
    run = replace(swept(lambda p: ({"text": f"{p}", "cost": 0.1}, None, 1.0)), axes={})

    assert set(compare(run).axes) == {"model", "seed"}
    with pytest.raises(UsageError, match="nothing to compare"):
        compare(Run())


def test_values_are_escaped_and_nothing_is_called_quality():
    run = swept(lambda p: ({"text": f"{p}", "cost": 0.1}, None, 1.0), {"model": ["<b>a</b>", "b:1@1"], "seed": [1, 2]})
    page = reprs.mimebundle(compare(run))[0]["text/html"]

    assert "<b>a" not in page
    assert page.count("quality") == page.count("None of these is quality") == 1
