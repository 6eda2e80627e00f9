"""The errors: which class a code belongs to, and the one line a cell shows."""

from __future__ import annotations

import pytest

from runware_nb import errors


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("invalidApiKey", 401, errors.AuthenticationFailed),
        ("missingApiKey", 401, errors.AuthenticationFailed),
        ("insufficientCredits", 402, errors.InsufficientCredits),
        ("conflictTaskUUID", 400, errors.DuplicateTask),
        ("invalidCustomHeight", 400, errors.InvalidTask),
        ("unsupportedDuration", 400, errors.InvalidTask),
        ("unknownModel", 404, errors.NotFound),
        ("taskFailedOrNotFound", 200, errors.NotFound),
        ("providerContentPolicyViolation", 200, errors.ContentRefused),
        ("inferenceError", 200, errors.ProviderFailed),
        ("internalServerError", 500, errors.ServerFailed),
        ("timeoutProvider", 200, errors.TaskTimeout),
        ("contentModeration", 200, errors.ContentRefused),
        ("queueCapacityExceeded", 429, errors.RateLimited),
        ("tooManyRequests", 429, errors.RateLimited),
        ("somethingNew", None, errors.ApiError),
        ("somethingNew", 503, errors.ServerFailed),
        ("somethingNew", 402, errors.InsufficientCredits),
    ],
)
def test_codes_become_classes(code, status, kind):
    assert errors.classify(code, status) is kind


def test_the_line_says_the_parameter_the_range_and_the_docs():
    error = errors.from_wire(
        {
            "code": "invalidCustomHeight",
            "message": "Invalid value.",
            "parameter": ["width", "height"],
            "min": 128,
            "max": 2048,
            "multiplier": 64,
            "documentation": "https://runware.ai/docs",
        }
    )

    assert str(error) == (
        "width, height: Invalid value; allowed: 128 to 2048 in steps of 64 [invalidCustomHeight]."
        " See https://runware.ai/docs"
    )


def test_an_error_without_anything_is_still_an_error():
    assert str(errors.from_wire({})) == "the API gave no reason [unknown]."


def test_a_cell_shows_one_line():
    assert errors.UsageError("no such thing.")._render_traceback_() == ["UsageError: no such thing."]


def test_unknown_names_come_with_the_nearest():
    error = errors.UnknownName("model", "fluks", ["flux", "sdxl"])

    assert (error.suggestions, "Did you mean flux?" in str(error)) == (("flux",), True)


def test_only_what_may_pass_is_worth_trying_again():
    retryable = {c.__name__ for c in errors.ApiError.__subclasses__() if c.retryable}

    assert retryable == {"RateLimited", "TaskTimeout", "ProviderFailed", "ServerFailed"}
