"""What a page may have of a widget: chunks by name, files by key, in parts, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from runware_nb.display import builds
from runware_nb.widgets import serving
from runware_nb.widgets.serving import CHUNKS, PART_BYTES, POSTER_BYTES, Serving

JS = Path(__file__).parents[2] / "js" / "src"
WEBP = b"RIFF\x10\0\0\0WEBPVP8 "
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


class Page:
    """A widget as its page has it: asks, and is answered."""

    def __init__(self, files):
        self.answers = []
        self.serving = Serving(self, files.get)

    def on_msg(self, receive):
        self._receive = receive

    def send(self, content, buffers):
        self.answers.append((content, buffers))

    def ask(self, **content):
        self._receive(self, content, [])
        return self.answers.pop() if self.answers else None


@pytest.fixture
def built(tmp_path, monkeypatch):
    """A front end with one chunk and one widget."""
    code = {"mesh.mjs": b"export {};", "viewer.mjs": b"export default {};", "odd.mjs": b"export {};"}
    manifest = {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in code.items()}
    folder = tmp_path / "static"
    folder.mkdir()
    for name, data in {**code, "manifest.json": json.dumps(manifest).encode()}.items():
        (folder / name).write_bytes(data)
    monkeypatch.setattr(builds, "STATIC", folder)
    _forget()
    yield folder
    _forget()


def _forget():
    builds.built.cache_clear()
    serving._hashes.cache_clear()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "fox one.png"
    path.write_bytes(PNG + bytes(range(256)) * 5000)
    return path


def uri(data, mime="image/webp"):
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def test_a_chunk_is_sent_with_its_hash(built):
    answer, buffers = Page({}).ask(kind="chunk", name="mesh", have=[])

    assert buffers == [b"export {};"]
    assert answer == {"kind": "chunk", "name": "mesh", "sha256": hashlib.sha256(buffers[0]).hexdigest()}


def test_a_chunk_that_the_page_has_is_not_sent_again(built):
    page = Page({})
    sha256 = page.ask(kind="chunk", name="mesh", have=[])[0]["sha256"]

    answer, buffers = page.ask(kind="chunk", name="mesh", have=["another", sha256])

    assert answer["sha256"] == sha256
    assert buffers == []


@pytest.mark.parametrize("name", ["viewer", "odd", "manifest.json", "../mesh", "mesh.mjs", "", None, ["mesh"], "wave"])
def test_only_listed_chunks_that_are_built_are_sent(built, name):
    answer, buffers = Page({}).ask(kind="chunk", name=name, have=[])

    assert answer["error"] == "There is no such part of the viewer."
    assert buffers == []


def test_a_chunk_that_is_not_what_the_manifest_says_is_not_sent(built):
    (built / "mesh.mjs").write_bytes(b"export { evil };")

    answer, buffers = Page({}).ask(kind="chunk", name="mesh", have=[])

    assert "restart the kernel" in answer["error"]
    assert buffers == []


def test_every_chunk_in_the_source_is_listed():
    assert {path.stem for path in (JS / "chunks").glob("*.ts*") if ".d." not in path.name} == set(CHUNKS)


def test_a_file_is_told_of_without_its_path(file, tmp_path):
    answer, buffers = Page({"0": file}).ask(kind="asset", key="0", root="", base="")

    size = file.stat().st_size
    assert answer == {"kind": "asset", "key": "0", "href": "", "bytes": size, "mime": "image/png"}
    assert buffers == []
    assert str(tmp_path) not in json.dumps(answer)


@pytest.mark.parametrize("base", ["/", "/user/ann/"])
def test_a_file_below_the_servers_folder_is_linked(file, tmp_path, base):
    answer, _ = Page({"0": file}).ask(kind="asset", key="0", root=str(tmp_path), base=base)

    assert answer["href"] == f"{base}files/fox%20one.png"


def test_the_servers_folder_may_be_told_from_the_home(file, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path.parent))

    answer, _ = Page({"0": file}).ask(kind="asset", key="0", root=f"~/{tmp_path.name}", base="/")

    assert answer["href"] == "/files/fox%20one.png"


@pytest.mark.parametrize("root", ["/nowhere", "", None, 7, "~nobody-of-that-name/x", "\0"])
@pytest.mark.parametrize("base", ["/", "https://example.org/", None])
def test_a_file_elsewhere_is_not_linked(file, root, base):
    answer, _ = Page({"0": file}).ask(kind="asset", key="0", root=root, base=base)

    assert answer["href"] == ""


def test_a_file_that_the_server_would_hide_is_not_linked(tmp_path):
    hidden = tmp_path / ".cache" / "fox.png"
    hidden.parent.mkdir()
    hidden.write_bytes(PNG)

    answer, _ = Page({"0": hidden}).ask(kind="asset", key="0", root=str(tmp_path), base="/")

    assert answer["href"] == ""


def test_a_link_out_of_the_servers_folder_is_not_taken_for_a_file_in_it(file, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "link.png").symlink_to(file)

    answer, _ = Page({"0": root / "link.png"}).ask(kind="asset", key="0", root=str(root), base="/")

    assert answer["href"] == ""


def test_parts_make_up_the_file_and_none_is_large(file):
    page, parts = Page({"0": file}), []
    while sum(map(len, parts)) < file.stat().st_size:
        answer, [part] = page.ask(kind="part", key="0", offset=sum(map(len, parts)))
        assert answer["total"] == file.stat().st_size
        assert len(part) <= PART_BYTES == 512 * 1024
        parts.append(part)

    assert b"".join(parts) == file.read_bytes()


@pytest.mark.parametrize("offset", [-1, 10**12, 1.5, "0", True, None])
def test_a_part_that_is_none_is_refused(file, offset):
    answer, buffers = Page({"0": file}).ask(kind="part", key="0", offset=offset)

    assert "no such part" in answer["error"]
    assert buffers == []


@pytest.mark.parametrize("kind", ["asset", "part"])
@pytest.mark.parametrize("key", ["1", "/etc/passwd", "../fox one.png", None, ["0"], {}])
def test_only_known_keys_give_files(file, kind, key):
    answer, buffers = Page({"0": file}).ask(kind=kind, key=key, offset=0)

    assert answer["error"] == "The file is no longer on this machine."
    assert buffers == []


@pytest.mark.parametrize("kind", ["asset", "part"])
def test_a_file_that_is_gone_is_told_in_one_line_without_its_path(tmp_path, kind):
    answer, _ = Page({"0": tmp_path / "gone.png"}).ask(kind=kind, key="0", offset=0)

    assert answer["error"] == "The file is no longer on this machine."


@pytest.mark.parametrize(("data", "mime"), [(WEBP, "image/webp"), (PNG, "image/png")])
def test_a_poster_is_kept(file, data, mime):
    page = Page({"0": file})

    assert page.ask(kind="poster", key="0", picture=uri(data, mime)) is None
    assert page.serving.posters == {"0": uri(data, mime)}


@pytest.mark.parametrize(
    "picture",
    [
        uri(PNG),
        uri(b"RIFF\x10\0\0\0WAVEfmt "),
        uri(WEBP, "image/svg+xml"),
        uri(WEBP, "text/html"),
        uri(WEBP + b"\0" * POSTER_BYTES),
        "data:image/webp;base64,!!!",
        "data:image/webp;base64,Ã©",
        "javascript:alert(1)",
        "",
        None,
    ],
)
def test_a_poster_that_is_no_small_picture_is_not_kept(file, picture):
    page = Page({"0": file})

    page.ask(kind="poster", key="0", picture=picture)

    assert page.serving.posters == {}


@pytest.mark.parametrize("key", ["1", None, ["0"]])
def test_a_poster_of_no_known_source_is_not_kept(file, key):
    page = Page({"0": file})

    page.ask(kind="poster", key=key, picture=uri(WEBP))

    assert page.serving.posters == {}


@pytest.mark.parametrize("content", [None, "chunk", [], {}, {"kind": "run"}, {"kind": ["chunk"]}, {"kind": {}}])
def test_other_messages_are_left_to_the_widget(file, content):
    page = Page({"0": file})

    page._receive(page, content, [])

    assert page.answers == []
