from pathlib import Path

import pytest

from runware_nb.display import links


@pytest.mark.parametrize("url", ["https://a.example/x?y=1", "http://127.0.0.1:8/x"])
def test_web_addresses_are_links(url):
    assert links.web_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " https://a.example",
        "java\nscript:x",
        "data:text/html,x",
        "//a.example",
        "https:",
        "file:///x",
        "http://[",
        7,
        None,
    ],
    ids=repr,
)
def test_anything_else_is_no_link(url):
    assert links.web_url(url) is None


def test_a_file_is_linked_relative_to_the_current_folder_and_quoted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert links.file_href(tmp_path / "out" / "a b#1.png") == "out/a%20b%231.png"


def test_a_file_below_the_current_folder_is_told_from_there_and_any_other_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert links.told_path(tmp_path / "out" / "a.png") == links.told_path(Path("out/a.png")) == "out/a.png"
    assert links.told_path(tmp_path.parent / "a.png") == str(tmp_path.parent / "a.png")


def test_no_name_of_a_file_reads_as_a_scheme():
    assert links.file_href(Path("javascript:alert(1)")) == "javascript%3Aalert%281%29"


def test_of_a_secret_address_only_the_host_is_told():
    assert links.origin("https://user:pw@host.example/p?token=1") == "https://host.example/…"
