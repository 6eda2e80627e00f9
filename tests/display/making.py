"""Real media and results for the tests of drawing."""

from __future__ import annotations

import dataclasses
import json
import math
import struct
import wave
from pathlib import Path
from typing import Any

from PIL import Image

from runware_nb.api.results import Result
from runware_nb.api.runs import Arrived, Run
from runware_nb.api.tasks import Task

URL = "https://im.example/x.jpg?sig=SIGNED"
IMAGE = {"imageURL": URL, "imageUUID": "u", "seed": 42, "cost": 0.0013}


def task(kind: str = "imageInference", **fields: Any) -> Task:
    return Task.of({"taskType": kind, "model": "runware:101@1", "positivePrompt": "a red fox", **fields})


def result(
    path: Path | None = None, asked: Task | None = None, index: int = 0, sandbox: bool = False, **item: Any
) -> Result:
    made = Result.of(asked or task(), index, item or IMAGE, latency=1.84, sandbox=sandbox)
    if path is None:
        return made
    size = path.stat().st_size if path.exists() else None
    kept = dataclasses.replace(made.assets[0], path=path, bytes=size)
    return made.keeping((kept, *made.assets[1:]))


def run(*results: Result, tasks: tuple[Task, ...] = (), name: str | None = None) -> Run:
    asked = list({r.task.task_uuid: r.task for r in results}.values())
    made = Run.of([*asked, *tasks], name)
    for one in results:
        made = made.after(Arrived(one))
    return made


def picture(path: Path, size: tuple[int, int] = (640, 400), mode: str = "RGB") -> Path:
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    if mode == "RGBA":
        image.putalpha(Image.radial_gradient("L").resize(size))
    image.save(path)
    return path


def sound(path: Path, seconds: float = 1.0, rate: int = 8000) -> Path:
    count = int(seconds * rate)
    samples = [int(20000 * math.sin(n / 5) * n / count) for n in range(count)]
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, count, "NONE", ""))
        file.writeframes(struct.pack(f"<{count}h", *samples))
    return path


def film(path: Path, size: tuple[int, int] = (64, 48)) -> Path:
    import av

    with av.open(str(path), "w") as box:
        stream = box.add_stream("libx264", rate=12)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        dark, bright = Image.new("RGB", size), Image.linear_gradient("L").resize(size).convert("RGB")
        for image in [dark] * 3 + [bright] * 9:
            box.mux(stream.encode(av.VideoFrame.from_image(image)))
        box.mux(stream.encode(None))
    return path


def drawing(path: Path, inside: str = "") -> Path:
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/>{inside}</svg>'
    )
    return path


def scene(**changes: Any) -> dict[str, Any]:
    """Return the JSON of one blue triangle; `blob` holds its bytes."""
    return {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorFactor": [0.05, 0.1, 0.9, 1]}}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5125, "count": 3, "type": "SCALAR"},
        ],
        "bufferViews": [{"buffer": 0, "byteLength": 36}, {"buffer": 0, "byteOffset": 36, "byteLength": 12}],
        "buffers": [{"byteLength": 48}],
        **changes,
    }


BLOB = struct.pack("<9f3I", -1, 0, 0, 1, 0, 0, 0, 1.5, 0, 0, 1, 2)


def glb(about: dict[str, Any] | None = None, blob: bytes = BLOB) -> bytes:
    text = json.dumps(about or scene()).encode()
    text += b" " * (-len(text) % 4)
    head = struct.pack("<4sII", b"glTF", 2, 28 + len(text) + len(blob))
    return head + struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(blob), b"BIN\0") + blob
