"""The key: in which order it is looked for, what a login keeps, and that it has no printable form."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import os
import pickle
import sys
import types

import pytest

from runware_nb import keys
from runware_nb.errors import MissingKey, UsageError
from runware_nb.keys import Secret
from runware_nb.settings import endpoint

KEY = "canary-3f9b1c7de2a84065"
# A keyring as the library has it: three functions. Kept in a file, as most are, so that it outlives a kernel.
KEYRING = """
import json, os, pathlib
_FILE = pathlib.Path(os.environ["KEYRING_FILE"])
def _all():
    return json.loads(_FILE.read_text()) if _FILE.exists() else {}
def get_password(service, name):
    return _all().get(f"{service} {name}")
def set_password(service, name, value):
    _FILE.write_text(json.dumps(_all() | {f"{service} {name}": value}))
def delete_password(service, name):
    _FILE.write_text(json.dumps({k: v for k, v in _all().items() if k != f"{service} {name}"}))
"""


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)  # as if it were not installed
    monkeypatch.setattr(keys, "_here", [])


@pytest.fixture
def keyring(monkeypatch, tmp_path):
    monkeypatch.setenv("KEYRING_FILE", str(tmp_path / "keyring.json"))
    module = types.ModuleType("keyring")
    exec(KEYRING, vars(module))
    monkeypatch.setitem(sys.modules, "keyring", module)
    return module


@pytest.fixture
def colab(monkeypatch):
    colab = types.ModuleType("google.colab")
    colab.userdata = types.SimpleNamespace(get={"RUNWARE_API_KEY": "of-colab-12345"}.__getitem__)
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    return colab


def found(**environ):
    place = keys.find(environ)
    return place and (place.key.reveal(), place.source)


# Where it is looked for


def test_without_a_key_anywhere_there_is_none():
    assert found() is None
    with pytest.raises(MissingKey, match="RUNWARE_API_KEY or use %runware login"):
        endpoint(environ={})


def test_what_the_caller_gives_comes_first(colab):
    assert endpoint(KEY, environ={"RUNWARE_API_KEY": "other"}).key == Secret(KEY)


def test_each_place_comes_before_the_next(colab, keyring, tmp_path, monkeypatch):
    keys.keep(Secret("of-keyring-123"))
    (tmp_path / ".env").write_text("RUNWARE_API_KEY=of-dotenv-1234")
    dotenv = {"RUNWARE_DOTENV": str(tmp_path / ".env")}

    assert found(RUNWARE_API_KEY="of-environment", **dotenv) == ("of-environment", "environment")
    assert found(**dotenv) == ("of-colab-12345", "Colab")
    monkeypatch.delitem(sys.modules, "google.colab")
    assert found(**dotenv) == ("of-keyring-123", "keyring")
    keys.forget()
    assert found(**dotenv) == ("of-dotenv-1234", ".env")


def test_colab_without_that_secret_is_passed_over(colab):
    colab.userdata.get = {}.__getitem__

    assert found() is None


def test_colab_is_never_imported():
    found()

    assert "google.colab" not in sys.modules


def test_without_a_keyring_a_login_lasts_as_long_as_the_kernel():
    assert keys.keep(Secret(KEY)) == "this kernel"
    assert found() == (KEY, "this kernel")


def test_a_keyring_keeps_a_login(keyring):
    assert keys.keep(Secret(KEY)) == "keyring"
    assert keys._here == []


@pytest.mark.parametrize("broken", ["set_password", "get_password"])
def test_a_keyring_that_keeps_nothing_is_not_relied_on(keyring, monkeypatch, broken):
    monkeypatch.setattr(keyring, broken, lambda *_: None)

    assert keys.keep(Secret(KEY)) == "this kernel"


def test_a_locked_keyring_is_passed_over(keyring, monkeypatch):
    def locked(*_):
        raise RuntimeError("locked")

    for name in ("get_password", "set_password"):
        monkeypatch.setattr(keyring, name, locked)

    assert keys.keep(Secret(KEY)) == "this kernel"
    assert found() == (KEY, "this kernel")


@pytest.mark.parametrize("kept_in", ["keyring", "this kernel"])
def test_what_was_kept_is_forgotten(kept_in, request):
    if kept_in == "keyring":
        request.getfixturevalue("keyring")
    keys.keep(Secret(KEY))

    assert (keys.forget(), found(), keys.forget()) == (True, None, False)


def test_a_keyring_that_gives_nothing_up_is_an_error(keyring, monkeypatch):
    keys.keep(Secret(KEY))
    monkeypatch.delattr(keyring, "delete_password")

    with pytest.raises(UsageError, match="does not give the key up"):
        keys.forget()


# .env


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("RUNWARE_API_KEY=abc-123", "abc-123"),
        ("  export RUNWARE_API_KEY = 'abc-123'  # mine\n", "abc-123"),
        ('A=1\r\nRUNWARE_API_KEY="abc-123"\r\nB=2', "abc-123"),
        ("\ufeffRUNWARE_API_KEY=abc-123", "abc-123"),
        ("RUNWARE_API_KEY=old-1\nRUNWARE_API_KEY=abc-123", "abc-123"),
        ("RUNWARE_API_KEY=", None),
        ("# RUNWARE_API_KEY=abc-123", None),
        ("MY_RUNWARE_API_KEY=abc-123", None),
        ("RUNWARE_API_KEY=${HOME}/x", "${HOME}/x"),
        ("RUNWARE_BASE_URL=https://evil.example/v1", None),
    ],
)
def test_one_line_of_a_dotenv_file_is_read(tmp_path, monkeypatch, text, key):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(text, encoding="utf-8", newline="")

    assert (found(RUNWARE_DOTENV="1") or (None,))[0] == key


@pytest.mark.parametrize("asked", [None, "", "0", "false"])
def test_a_dotenv_file_is_left_alone_unless_asked_for(tmp_path, monkeypatch, asked):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(f"RUNWARE_API_KEY={KEY}")

    assert found(**({} if asked is None else {"RUNWARE_DOTENV": asked})) is None


def test_only_the_key_of_a_dotenv_file_counts(tmp_path):
    (tmp_path / "mine").write_text(f"RUNWARE_BASE_URL=https://evil.example/v1\nRUNWARE_API_KEY={KEY}")

    assert endpoint(environ={"RUNWARE_DOTENV": str(tmp_path / "mine")}).base_url == "https://api.runware.ai/v1"


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00R"])
def test_a_dotenv_file_that_cannot_be_read_is_an_error(tmp_path, content):
    path = tmp_path / "missing"
    if content:
        path.write_bytes(content)

    with pytest.raises(UsageError, match="cannot be read"):
        found(RUNWARE_DOTENV=str(path))


# What can be a key


@pytest.mark.parametrize("text", ["a b", "a\nb", "ä" * 9, '"abc"', "'abc'", "a\0b", "x" * 600, "Bearer abc"])
def test_what_no_key_looks_like_is_refused_and_not_repeated(text):
    with pytest.raises(UsageError, match="RUNWARE_API_KEY has characters") as caught:
        found(RUNWARE_API_KEY=text)

    assert text not in str(caught.value)


def test_blanks_around_a_key_are_taken_off():
    assert found(RUNWARE_API_KEY=f" {KEY}\n") == (KEY, "environment")


def test_blanks_alone_are_no_key():
    assert found(RUNWARE_API_KEY="  ") is None


@pytest.mark.parametrize("url", ["http://api.example/v1", "ftp://127.0.0.1/v1", "api.example"])
def test_a_key_never_goes_unencrypted_to_another_machine(url):
    with pytest.raises(UsageError):
        endpoint(KEY, url)


# It has no printable form

FORMS = {
    "repr": repr,
    "str": str,
    "format": lambda s: format(s, ">80") + f"{s} {s!r} {s!s:>9}",
    "percent": lambda s: "%s %r" % (s, s),  # noqa: UP031
    "bytes": lambda s: str(s).encode(),
    "dir": lambda s: [getattr(s, name, None) for name in dir(s)],
    "fields": lambda s: [repr(getattr(s, name)) for name in type(s).__slots__],
    "hash": hash,
    "endpoint": lambda s: repr(endpoint(s)) + str(dataclasses.asdict(endpoint(s))),
    "json with a fallback": lambda s: json.dumps(s, default=str),
    "message of an error": lambda s: str(ValueError(s)),
    "log record": lambda s: logging.makeLogRecord({"msg": "%s %r", "args": (s, s)}).getMessage(),
}


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_a_secret_shows_it(form):
    assert KEY[:4] not in repr(FORMS[form](Secret(KEY)))


@pytest.mark.parametrize("way", [vars, json.dumps, pickle.dumps, bytes, len, iter, lambda s: s + "", lambda s: s[0]])
def test_a_secret_refuses_to_be_taken_for_text(way):
    with pytest.raises(TypeError) as caught:
        way(Secret(KEY))

    assert KEY not in str(caught.value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_in_no_pickle(protocol):
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(endpoint(KEY), protocol)


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_secret_is_the_secret(way):
    secret = Secret(KEY)

    assert way(secret) is secret
    assert way([endpoint(secret)])[0].key is secret


def test_secrets_compare_by_value_and_with_nothing_else():
    assert (Secret(KEY) == Secret(KEY), Secret(KEY) == Secret(KEY + "x"), Secret(KEY) == KEY) == (True, False, False)
    assert hash(Secret(KEY)) == hash(Secret("another"))


def test_a_key_is_redacted_at_any_depth():
    told = {"errors": [{"message": f"key {KEY} is wrong", KEY: [KEY, 1, None, {"a": f"<{KEY}>"}]}]}

    assert Secret(KEY).redacted(told) == {
        "errors": [{"message": "key [key] is wrong", "[key]": ["[key]", 1, None, {"a": "<[key]>"}]}]
    }


def test_too_short_a_key_redacts_nothing():
    assert Secret("abc").redacted("abcdef") == "abcdef"


def test_looking_for_a_key_changes_no_environment():
    before = dict(os.environ)
    keys.find()

    assert dict(os.environ) == before
