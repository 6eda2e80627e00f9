"""The store: what has its name is whole, inside its folder, and safe to show; what cannot be had says why."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import errno
import hashlib
import io
import json
import os
import re
import resource
import struct
import threading
import time
import wave
import zlib
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from runware_nb.api.results import Asset, Result
from runware_nb.api.tasks import Task
from runware_nb.errors import BadAsset, Unreachable
from runware_nb.memory import store as stores
from runware_nb.memory.folder import Folder
from runware_nb.memory.store import Store

PLAIN = re.compile(r"(sandbox-)?[0-9a-f]{20}\.[a-z0-9]{1,11}")
LINK = "https://im.runware.ai/image/a.png"


# samples


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, seed=0):
    """A picture of one colour: some kilobytes, whatever its size."""
    packer, row = zlib.compressobj(9), bytes([0, *[seed] * (3 * width)])
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def picture(name, **options):
    out = io.BytesIO()
    Image.effect_noise((64, 48), 80).convert("RGB").save(out, name, **options)
    return out.getvalue()


def sound():
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(8000))
    return out.getvalue()


def box(kind, data=b""):
    return struct.pack(">I4s", 8 + len(data), kind) + data


def glb(scene):
    text = json.dumps(scene).encode()
    text += b" " * (-len(text) % 4)
    rest = struct.pack("<II", 40, 0x004E4942) + bytes(40)
    return struct.pack("<4sIIII", b"glTF", 2, 20 + len(text) + len(rest), len(text), 0x4E4F534A) + text + rest


MESH = glb({"asset": {"version": "2.0"}, "buffers": [{"byteLength": 4, "uri": "data:,abcd"}]})
WHOLE = {
    "jpg": picture("JPEG"),
    "jpg-progressive": picture("JPEG", progressive=True),
    "png": picture("PNG"),
    "webp": picture("WEBP"),
    "webp-lossless": picture("WEBP", lossless=True),
    "tiff": picture("TIFF", compression="tiff_lzw"),
    "mp4": box(b"ftyp", b"isom") + box(b"moov", bytes(50)) + box(b"mdat", bytes(99)),
    "mov": box(b"ftyp", b"qt  ") + struct.pack(">I4sQ", 1, b"mdat", 66) + bytes(50) + box(b"moov", bytes(50)),
    "webm": b"\x1aE\xdf\xa3\x84webm\x18\x53\x80\x67\x01\x00\x00\x00\x00\x00\x00\x40" + bytes(64),
    "ogg": b"OggS" + bytes(22) + b"\x02\x30\x31" + bytes(0x61),
    "wav": sound(),
    "aac": box(b"ftyp", b"M4A ") + box(b"moov") + box(b"mdat"),
    "glb": MESH,
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>\n',
    "zip": b"PK\x03\x04" + bytes(60) + b"PK\x05\x06" + bytes(18),
    "safetensors": struct.pack("<Q", 64) + b'{"' + b" " * 61 + b"}",
}


def one(data=None, *, url=LINK, field="imageURL", medium="image", sandbox=False):
    task = Task.of({"taskType": "imageInference", "model": "runware:101@1"})
    asset = Asset(medium, field, url=None if data else url, data=data)
    return Result(task, 0, {}, (asset,), sandbox=sandbox)


def anything(url=LINK):
    return one(url=url, field="outputs.files", medium="3d")


def giving(data):
    async def fetch(url, sink):
        for start in range(0, len(data), 65536):
            sink(data[start : start + 65536])

    return fetch


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "out"


async def kept(folder, data, result=None):
    return (await Store(folder).keep(anything() if result is None else result, giving(data))).assets[0]


def files(folder):
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(stores, "_PAUSE", 0)


# whole or not at all


@pytest.mark.parametrize("kind", WHOLE)
async def test_a_whole_file_is_kept_under_its_content(folder, kind):
    data = WHOLE[kind]
    asset = await kept(folder, data)

    assert asset.problem is None
    assert asset.path == folder / f"{hashlib.sha256(data).hexdigest()[:20]}.{kind.partition('-')[0]}"
    assert (asset.path.read_bytes(), asset.bytes) == (data, len(data))
    assert asset.path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("share", [0.4, 0.7, 0.95])
@pytest.mark.parametrize("kind", WHOLE)
async def test_a_file_that_broke_off_is_noticed(folder, kind, share):
    asset = await kept(folder, WHOLE[kind][: int(len(WHOLE[kind]) * share)])

    assert (asset.path, asset.problem) == (None, "the file broke off, or is damaged.")
    assert files(folder) == []


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tiff", "mp4", "glb"])
async def test_a_file_that_lacks_its_last_byte_is_noticed(folder, kind):
    assert (await kept(folder, WHOLE[kind][:-1])).problem


async def test_a_flipped_bit_in_a_picture_is_noticed(folder):
    data = bytearray(WHOLE["png"])
    data[len(data) // 2] ^= 1

    assert (await kept(folder, bytes(data))).problem


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>not found</html>",
        b"%PDF-1.7\0",
        b"MZ\0\0",
        b"\x1f\x8b\x08\0",
        b"GIF89a\0",
        b"PK\x03\x04" + bytes(99),
    ],
)
async def test_what_is_not_a_picture_is_never_kept_as_one(folder, data):
    asset = await kept(folder, data, one())

    assert asset.path is None
    assert "\n" not in asset.problem
    assert files(folder) == []


async def test_a_link_that_lies_about_its_kind_changes_nothing(folder):
    asset = await kept(folder, WHOLE["png"], anything("https://im.runware.ai/a.html"))

    assert (asset.path.suffix, asset.medium) == (".png", "image")


async def test_base64_and_data_uris_are_kept(folder):
    text = base64.b64encode(WHOLE["png"]).decode()
    first = await kept(folder, b"", one(text))
    second = await kept(folder, b"", one(f"data:image/png;base64,{text}"))

    assert first.path == second.path == folder / files(folder)[0]


@pytest.mark.parametrize("text", ["data:image/png;base64", "%%%%", "data:text/html,<b>", "Zm9v\u00fc"])
async def test_damaged_base64_is_told(folder, text):
    assert (await kept(folder, b"", one(text))).problem in {"the base64 data is damaged.", "the file is empty."}


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xf1\x50\x80",
        glb({})[:4] + b"\1\0\0\0" + glb({})[8:],
        b"\x1aE\xdf\xa3\x84webm\x18\x53\x80\x67\xff" + bytes(9),
    ],
    ids=["raw-aac", "old-glb", "webm-of-unknown-length"],
)
async def test_what_tells_no_length_is_taken_as_it_is(folder, data):
    assert (await kept(folder, data)).problem is None


@pytest.mark.parametrize("url", ["https://x.y/a.mp4", "https://x.y/a.svg"])
async def test_an_unknown_file_is_never_taken_for_what_a_page_plays(folder, url):
    asset = await kept(folder, b"\x80\0", one(url=url, field="outputs.files", medium="video"))

    assert "is of no known type" in asset.problem


# the same content, and what is in the way


async def test_the_same_content_is_one_file(folder):
    store = Store(folder)
    results = await asyncio.gather(*(store.keep(anything(), giving(WHOLE["png"])) for _ in range(20)))

    assert len({r.path for r in results}) == len(files(folder)) == 1


async def test_a_damaged_file_of_the_same_name_is_replaced(folder):
    path = (await kept(folder, WHOLE["png"])).path
    path.write_bytes(b"\x89PNG\r\n\x1a\n")

    assert (await kept(folder, WHOLE["png"])).path.read_bytes() == WHOLE["png"]


async def test_a_link_in_place_of_the_file_is_refused(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("mine")
    path = (await kept(folder, WHOLE["png"])).path
    path.unlink()
    path.symlink_to(outside)

    assert "taken by what is not a file" in (await kept(folder, WHOLE["png"])).problem
    assert outside.read_text() == "mine"


async def test_a_folder_in_place_of_the_file_is_refused(folder):
    path = (await kept(folder, WHOLE["png"])).path
    path.unlink()
    path.mkdir()

    assert "taken by what is not a file" in (await kept(folder, WHOLE["png"])).problem


@pytest.mark.parametrize("place", ["file", "link"])
async def test_what_waits_under_a_temporary_name_is_never_written_to(folder, tmp_path, monkeypatch, place):
    monkeypatch.setattr("secrets.token_hex", lambda _: "0123456789abcdef")
    name = folder / f".{os.getpid()}-0123456789abcdef.part"
    folder.mkdir()
    (tmp_path / "outside").write_text("mine")
    name.write_text("mine") if place == "file" else name.symlink_to(tmp_path / "outside")
    asset = await kept(folder, WHOLE["png"])

    assert asset.path is None
    assert name.read_text() == "mine"


async def test_a_link_in_place_of_the_folder_is_refused(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    asset = await kept(folder, WHOLE["png"])

    assert "is a link, which is not followed" in asset.problem
    assert files(tmp_path / "elsewhere") == []


async def test_a_folder_that_is_swapped_meanwhile_changes_nothing(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()

    async def fetch(url, sink):
        folder.rename(tmp_path / "moved")
        folder.symlink_to(tmp_path / "elsewhere")
        sink(WHOLE["png"])

    await Store(folder).keep(anything(), fetch)

    assert files(tmp_path / "elsewhere") == []
    assert len(files(tmp_path / "moved")) == 1


async def test_a_file_in_place_of_the_folder_is_told(folder):
    folder.write_text("")

    assert "is not a folder" in (await kept(folder, WHOLE["png"])).problem


# names


LINKS = [
    *(f"https://x.y/{name}" for name in (
        "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "....//....//a.glb", "a/../../b.glb", "/abs.glb", "//abs.glb", "~/.bashrc",
        "$HOME/.ssh/id_rsa", "CON", "con.glb", "NUL.glb", "aux.h", "COM1.glb", "LPT9", "a.glb.", "a.glb ", "a. . .", ".", "..", "...",
        ".bashrc", ".htaccess", ".git/config", "a\0.glb", "a.glb\0.html", "a%00.html", "\u202egnp.exe", "a\u200b.glb", "e\u0301.glb",
        "日本.glb", "👩‍🚀.glb", "a" * 300 + ".glb", "a." + "b" * 300, "a.glb" * 999, "a\n.glb", "a\r\n.glb", "a\t.glb", "-rf", "--help",
        "; rm -rf ~", "$(id).glb", "`id`.glb", "a|b.glb", "a&b.glb", "a>b.glb", "a*b?.glb", "'a\".glb", "<svg onload=1>.glb", "a.html",
        "a.svg", "a.js", "a.exe", "a.py", "a.ipynb", "a.desktop", "a.lnk", "a.jpg.php", "a.GLB", "a.stl/..", "C:\\a.glb", "\\\\s\\h\\a.glb",
        "a.glb:stream", "a.glb::$DATA", "a.tar.gz", "%2e%2e/%2e%2e/a", "..;/a", "..\\..\\a.glb", "file.part", ".1-0123456789abcdef.part",
    )),
    *("", "not a link", "https://[::1", "https://x.y", "file:///etc/passwd", "data:,a", "\\\\server\\share\\a.glb", "https://x:99999/a.glb"),
]  # fmt: skip


def test_the_table_of_names_is_a_long_one():
    assert len(set(LINKS)) >= 60


@pytest.mark.parametrize("content", [b"\x80\0unknown", WHOLE["glb"]], ids=["unknown", "glb"])
@pytest.mark.parametrize("url", LINKS)
async def test_no_link_names_a_file(folder, tmp_path, url, content):
    asset = await kept(folder, content, anything(url))

    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [asset.path]
    assert asset.path.parent == folder
    assert PLAIN.fullmatch(asset.path.name)
    assert asset.path.suffix in {".glb", ".stl", ".bin"}


@given(st.text(), st.binary(min_size=1, max_size=600), st.booleans())
async def test_any_link_and_any_content_make_a_plain_name(tmp_path_factory, url, content, sandbox):
    folder = tmp_path_factory.mktemp("names")
    (asset,) = (await Store(folder / "out").keep(
        one(url=url or "x", field="outputs.files", medium="3d", sandbox=sandbox), giving(content)
    )).assets  # fmt: skip

    assert (asset.path is None) == (not files(folder / "out"))
    assert all(PLAIN.fullmatch(name) and name.startswith("sandbox-") == sandbox for name in files(folder / "out"))
    assert asset.path or "\n" not in asset.problem


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../a", "a/b", "a\\b", "/a", ".a", "a\0", "a" * 101, "A", "-a", "a b", "ü"]
)
def test_a_folder_takes_plain_names_only(folder, name):
    with Folder.opened(folder) as opened:
        temporary, file = opened.create()
        file.close()
        with pytest.raises(BadAsset):
            opened.settle(temporary, name, "")


# bombs


@contextlib.contextmanager
def growth():
    """Megabytes by which the process grew at most, and seconds it took."""
    process, told, done = psutil.Process(), {"mb": 0.0}, threading.Event()
    before, start = process.memory_info().rss, time.monotonic()

    def watch():
        while not done.wait(0.002):
            told["mb"] = max(told["mb"], (process.memory_info().rss - before) / 1e6)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield told
    finally:
        done.set()
        thread.join()
        told["seconds"] = time.monotonic() - start


@pytest.mark.parametrize(
    ("edge", "is_shown"), [(3990, True), (7990, True), (9000, False), (13_300, False), (60_000, False)]
)
async def test_a_pixel_bomb_takes_neither_memory_nor_time(folder, edge, is_shown):
    data = png(edge, min(edge, 13_300))
    with growth() as grown:
        asset = await kept(folder, data, one())

    assert asset.path.exists()
    assert asset.width == edge
    assert (asset.problem is None) == is_shown
    assert grown["mb"] < 256
    assert grown["seconds"] < 2


@pytest.mark.parametrize(
    "options",
    [{"format": "WEBP"}, {"format": "JPEG", "progressive": True}, {"format": "TIFF", "compression": "tiff_lzw"}],
)
async def test_large_pictures_of_any_format_stay_within_bounds(folder, options):
    out = io.BytesIO()
    Image.new("RGB", (4000, 3990), "red").save(out, **options)
    with growth() as grown:
        asset = await kept(folder, out.getvalue(), one())

    assert (asset.problem, asset.width) == (None, 4000)
    assert grown["mb"] < 256
    assert grown["seconds"] < 2


async def test_a_warning_of_pillow_reaches_nobody(folder, recwarn):
    await kept(folder, png(9800, 9800), one())

    assert not recwarn.list


async def test_many_scans_of_one_picture_are_not_gone_over(folder):
    out = io.BytesIO()
    Image.new("RGB", (3000, 3000)).save(out, "JPEG", progressive=True)
    data = out.getvalue()
    scan = data[data.rindex(b"\xff\xda") : -2]
    with growth() as grown:
        await kept(folder, data[:-2] + scan * 2000 + data[-2:], one())

    assert grown["seconds"] < 2


@pytest.mark.parametrize(
    "data",
    [
        glb({"asset": {}, "buffers": [{"uri": "http://127.0.0.1/a.bin"}], "images": [{"uri": "../../secret.png"}]}),
        json.dumps(
            {"asset": {}, "buffers": [{"uri": "file:///etc/passwd"}], "images": [{"uri": "//evil.com/a"}]}
        ).encode(),
    ],
    ids=["glb", "gltf"],
)
async def test_a_mesh_that_refers_elsewhere_is_kept_but_flagged(folder, data):
    asset = await kept(folder, data)

    assert asset.path.exists()
    assert asset.problem == "it refers to 2 files elsewhere, which are not fetched; it is kept but not shown."


@pytest.mark.parametrize(
    "text", [b"[1, 2", b'{"asset": 3}', b"[" * 5000, b'{"asset": {}, "buffers": 3, "images": [3, {"uri": 3}]}']
)
async def test_other_json_is_just_text(folder, text):
    assert (await kept(folder, text)).problem is None


# a disk that refuses


REFUSALS = {
    errno.ENOSPC: "is full",
    errno.EDQUOT: "quota",
    errno.EROFS: "read-only",
    errno.EACCES: "may not be written to",
    errno.EIO: "failed",
    errno.ENAMETOOLONG: "too long",
    errno.EXDEV: "cannot be used",
}


@pytest.mark.parametrize("number", REFUSALS, ids=errno.errorcode.get)
@pytest.mark.parametrize("step", ["mkdir", "open", "fchmod", "fsync", "replace"])
async def test_whatever_the_disk_refuses_leaves_a_clear_line_and_nothing_else(folder, monkeypatch, step, number):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, step, refuse)
        asset = await kept(folder, WHOLE["png"])

    assert REFUSALS[number] in asset.problem
    assert "\n" not in asset.problem
    assert (asset.path, files(folder)) == (None, [])


async def test_a_file_larger_than_may_be_written_leaves_nothing(folder):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        asset = await kept(folder, WHOLE["png"] + bytes(200_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert "larger than" in asset.problem
    assert files(folder) == []


async def test_a_path_that_is_too_long_is_told(tmp_path):
    asset = await kept(tmp_path / ("a" * 300), WHOLE["png"])

    assert "too long" in asset.problem
    assert len(asset.problem) < 300


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_folder_that_may_not_be_written_to_is_told(folder):
    folder.mkdir(mode=0o500)

    assert "may not be written to" in (await kept(folder, WHOLE["png"])).problem


# hosts that fail


class Failing:
    """Raises each of its errors, then gives a picture."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.asked = 0

    async def __call__(self, url, sink):
        self.asked += 1
        sink(WHOLE["png"][:30])
        if self.errors:
            raise self.errors.pop(0)
        sink(WHOLE["png"][30:])


@pytest.mark.parametrize(
    ("errors", "asked", "is_kept"),
    [
        ([Unreachable("x")] * 2, 3, True),
        ([Unreachable("x")] * 3, 3, False),
        ([BadAsset("x")], 2, True),
        ([BadAsset("x")] * 2, 2, False),
        ([Unreachable("x"), BadAsset("x")], 2, False),
    ],
)
async def test_a_host_is_asked_again_within_reason(folder, errors, asked, is_kept):
    fetch = Failing(*errors)
    asset = (await Store(folder).keep(anything(), fetch)).assets[0]

    assert (fetch.asked, asset.path is not None, len(files(folder))) == (asked, is_kept, int(is_kept))


async def test_cancelling_leaves_nothing_half_written(folder):
    begun = asyncio.Event()

    async def fetch(url, sink):
        sink(b"x")
        begun.set()
        await asyncio.Event().wait()

    work = asyncio.create_task(Store(folder).keep(anything(), fetch))
    await begun.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    assert files(folder) == []


# what was left behind


def part(folder, name, age):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("")
    os.utime(path, (time.time() - age,) * 2)
    return name


async def test_leftovers_of_the_dead_are_cleared_after_a_day(folder):
    dead, day = "99999999", 90_000
    gone = [part(folder, f".{dead}-0123456789abcdef.part", day), part(folder, ".tmpabc.part", day)]
    stay = [
        part(folder, f".{dead}-0123456789abcdee.part", 60),
        part(folder, f".{os.getpid()}-0123456789abcdef.part", day),
        part(folder, "mine.part", day),
        part(folder, ".hidden", day),
    ]
    await kept(folder, WHOLE["png"])

    assert not set(gone) & set(files(folder))
    assert set(stay) <= set(files(folder))


async def test_a_link_among_the_leftovers_takes_nothing_with_it(folder, tmp_path):
    (tmp_path / "mine").write_text("mine")
    folder.mkdir()
    (folder / ".99999999-0123456789abcdef.part").symlink_to(tmp_path / "mine")
    await kept(folder, WHOLE["png"])

    assert Path(tmp_path / "mine").read_text() == "mine"
