"""Preferences: found in the order of the docs, checked, told by their place, and never a way to send the key elsewhere."""

from __future__ import annotations

import pytest

from runware_nb import preferences
from runware_nb.errors import UnknownName, UsageError
from runware_nb.preferences import OVERRIDES, found, value, with_defaults


@pytest.fixture(autouse=True)
def nowhere_else(tmp_path, monkeypatch):
    monkeypatch.setattr(preferences, "OVERRIDES", {})
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: tmp_path / "user")
    (tmp_path / "project" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project" / "deep")


def project(tmp_path, text):
    (tmp_path / "project" / "pyproject.toml").write_text(f"[tool.runware_nb]\n{text}\n")


def user(tmp_path, text):
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "config.toml").write_text(text)


def test_the_place_that_counts_most_is_taken(tmp_path, monkeypatch):
    sources = []
    for set_it in (
        lambda: None,
        lambda: user(tmp_path, "session_budget = 1"),
        lambda: project(tmp_path, "session_budget = 2"),
        lambda: monkeypatch.setenv("RUNWARE_BUDGET", "3"),
        lambda: preferences.OVERRIDES.update(session_budget=4),
    ):
        set_it()
        sources.append((found("session_budget").value, found("session_budget").source.rpartition("/")[2]))

    assert sources == [
        (None, "default"),
        (1, "config.toml"),
        (2, "pyproject.toml"),
        (3, "RUNWARE_BUDGET"),
        (4, "%config"),
    ]


def test_a_changed_file_is_read_again(tmp_path):
    project(tmp_path, 'cache = "fresh"')
    first = value("cache")
    project(tmp_path, 'cache = "off"  # now')

    assert (first, value("cache")) == ("fresh", "off")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('cache = "maybe"', r"cache is 'maybe' \(.*pyproject.toml\), but must be use, fresh, only or off"),
        ("max_cost = -1", "must be USD"),
        ("max_cost = true", "must be USD"),
        ("timeout = 0", "must be a number of seconds"),
        ('size = "big"', "must look like 1024x768"),
        ("gallery_limit = 0", "must be a whole number"),
        ("autoframe = 1", "must be true or false"),
        ("model_image = 3", "must be text"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_place(line, told, tmp_path):
    project(tmp_path, line)

    with pytest.raises(UsageError, match=told):
        value(line.partition(" ")[0])


@pytest.mark.parametrize("text", ["cache = ", "= 3", "\x00"])
def test_a_file_that_is_no_toml_is_named(text, tmp_path):
    project(tmp_path, text)

    with pytest.raises(UsageError, match=r"pyproject.toml is not TOML: .*line 2"):
        value("cache")


@pytest.mark.parametrize("name", ["api_key", "API-KEY", "key", "token"])
def test_a_key_in_a_file_is_refused_and_not_repeated(name, tmp_path):
    project(tmp_path, f'{name} = "s3cret-s3cret"')

    with pytest.raises(UsageError, match="does not go into a file") as refused:
        value("cache")
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("name", ["base_url", "ws_url", "cashe"])
def test_no_file_can_say_where_the_key_is_sent(name, tmp_path):
    project(tmp_path, f'{name} = "https://elsewhere.example"')

    with pytest.raises(UnknownName, match="there is no preference"):
        value("cache")


def test_what_a_task_does_not_say_is_taken_from_the_preferences(tmp_path):
    project(tmp_path, 'model_image = "bfl-flux-1-dev"\nsize = "512x512"')

    assert with_defaults("image", {"seed": 1}) == {"seed": 1, "model": "bfl-flux-1-dev", "size": "512x512"}
    assert with_defaults("image", {"model": "a:1@1", "width": 64}) == {"model": "a:1@1", "width": 64}
    assert with_defaults("upscale", {}) == {}


def test_every_default_can_be_set_as_it_is():
    assert all(p.read(p.default) == p.default for p in preferences.PREFERENCES)
    assert not OVERRIDES
