"""Meshes: a knot, a turned vase or a soft solid as GLB, with the prompt on its texture. Units are metres.

GLB only, uncompressed: FBX has no open description, and meshopt or Draco would need a library of their own.
"""

from __future__ import annotations

import io
import json
import random
import struct
from collections.abc import Callable
from typing import Any, Final

from runware_nb.sandbox.samples import image, lettering, palette
from runware_nb.sandbox.samples.palette import Brief, Colour

_FLOAT, _UINT32 = 5126, 5125
_VERTICES, _INDICES = 34962, 34963
_TEXTURE: Final = (1024, 512)


def glb(brief: Brief) -> bytes:
    """Make a mesh of 2,000 to 10,000 triangles, with normals, texture coordinates and one material."""
    import numpy as np

    chance = brief.dice("mesh")
    shades = palette.colours(brief.prompt, chance)
    shape, rings, sides = chance.choice(SHAPES)
    around, along = np.meshgrid(np.linspace(0, 1, sides + 1), np.linspace(0, 1, rings + 1))
    points = shape(chance, along, around)
    points -= (points.reshape(-1, 3).max(0) + points.reshape(-1, 3).min(0)) / 2
    points /= np.abs(points).max()
    normals = _normals(points)
    # A knot is long and thin: its texture runs along it, three times over.
    places = np.stack([3 * (1 - along), around] if shape is _knot else [around, along], axis=-1)
    texture = _texture(brief, chance, shades)
    arrays = [a.reshape(-1, a.shape[-1]).astype("<f4") for a in (points, normals, places)]
    return _packed(arrays, _faces(rings, sides), texture, _material(chance))


def _knot(chance: random.Random, along: Any, around: Any) -> Any:
    """Place a tube along a torus knot."""
    import numpy as np

    p, q = chance.choice(((2, 3), (3, 2), (2, 5), (3, 4)))
    thick = chance.uniform(0.22, 0.32)

    def centre(u: Any) -> Any:
        angle = u * 2 * np.pi
        far = 2 + np.cos(q * angle)
        return np.stack([far * np.cos(p * angle), np.sin(q * angle), far * np.sin(p * angle)], axis=-1) * 0.5

    step = 1e-3
    ahead = _unit(centre(along + step) - centre(along - step))
    side = _unit(np.cross(ahead, centre(along)))
    up = np.cross(side, ahead)
    turn = (around * 2 * np.pi)[..., None]
    return centre(along) + thick * (np.cos(turn) * side + np.sin(turn) * up)


def _vase(chance: random.Random, along: Any, around: Any) -> Any:
    """Turn a vase: a soft profile, fluted a little, closed at both ends and hollow at the top."""
    import numpy as np

    a, b = chance.uniform(0.12, 0.2), chance.uniform(2.2, 3.4)
    flutes, deep = chance.choice((0, 7, 12, 16)), chance.uniform(0.01, 0.03)
    up = 1 - along
    outside = np.clip(up / 0.62, 0, 1)
    inside = np.clip((up - 0.62) / 0.38, 0, 1)
    height = np.where(up < 0.62, outside, 1 - 0.86 * inside)  # noqa: PLR2004
    profile = 0.34 + a * np.sin(height * np.pi * b + chance.uniform(0, 1.2)) * (1.1 - 0.5 * height)
    radius = np.where(inside > 0, profile - 0.035, profile + deep * np.cos(flutes * around * 2 * np.pi))
    radius = radius * np.clip(outside / 0.03, 0, 1) * np.clip((1 - inside) / 0.03, 0, 1)
    angle = around * 2 * np.pi
    return np.stack([radius * np.cos(angle), height * 1.5, -radius * np.sin(angle)], axis=-1)


def _pebble(chance: random.Random, along: Any, around: Any) -> Any:
    """Twist a superquadric: something between a ball, a cushion and a star."""
    import numpy as np

    e, n = chance.choice(((0.35, 0.35), (1.0, 0.4), (0.5, 1.6), (1.7, 0.8), (0.25, 1.0)))
    twist = chance.uniform(-1.6, 1.6)

    def power(value: Any, exponent: float) -> Any:
        return np.sign(value) * np.abs(value) ** exponent

    lat, lon = (0.5 - along) * np.pi, around * 2 * np.pi
    flat = power(np.cos(lat), n)
    y = power(np.sin(lat), n) * chance.uniform(0.7, 1.1)
    x, z = flat * power(np.cos(lon), e), -flat * power(np.sin(lon), e)
    turn = twist * y
    return np.stack([x * np.cos(turn) - z * np.sin(turn), y, x * np.sin(turn) + z * np.cos(turn)], axis=-1)


def _bloom(chance: random.Random, along: Any, around: Any) -> Any:
    """Put petals on a ball: waves on a sphere."""
    import numpy as np

    m, n = chance.choice((4, 5, 6, 8)), chance.choice((2, 3, 4))
    lat, lon = (0.5 - along) * np.pi, around * 2 * np.pi
    radius = 1 + 0.22 * np.cos(m * lon) * np.cos(lat) ** 2 + 0.12 * np.cos(2 * n * lat)
    flat = radius * np.cos(lat)
    return np.stack([flat * np.cos(lon), radius * np.sin(lat), -flat * np.sin(lon)], axis=-1)


SHAPES: Final[tuple[tuple[Callable[..., Any], int, int], ...]] = (
    (_knot, 180, 24),
    (_vase, 72, 64),
    (_pebble, 56, 80),
    (_bloom, 56, 80),
)
"""Each: what places its points, and how many rings and sides it has."""


def _unit(arrows: Any) -> Any:
    import numpy as np

    length = np.linalg.norm(arrows, axis=-1, keepdims=True)
    return arrows / np.where(length > 0, length, 1)


def _normals(points: Any) -> Any:
    """Return the smooth outward normal of each point of a closed grid, seams included."""
    import numpy as np

    across = np.empty_like(points)
    across[:, 1:-1] = points[:, 2:] - points[:, :-2]
    across[:, 0] = across[:, -1] = points[:, 1] - points[:, -2]
    down = np.gradient(points, axis=0)
    if np.allclose(points[0], points[-1]):
        down[0] = down[-1] = points[1] - points[-2]
    normals = _unit(np.cross(down, across))
    for end, pole in ((0, 1), (-1, -2)):
        if np.ptp(points[end], axis=0).max() < 1e-6:  # noqa: PLR2004  (a pole: all its points are one)
            normals[end] = _unit(normals[pole].mean(axis=0))
    return normals


def _faces(rings: int, sides: int) -> Any:
    """Return the triangles of a grid, counter-clockwise from outside."""
    import numpy as np

    row, column = np.mgrid[0:rings, 0:sides]
    a = row * (sides + 1) + column
    b, c = a + 1, a + sides + 1
    d = c + 1
    return np.stack([a, c, b, b, c, d], axis=-1).reshape(-1).astype("<u4")


def _texture(brief: Brief, chance: random.Random, shades: list[Colour]) -> bytes:
    """Draw a texture with the prompt across the middle of both halves, so that it is seen from every side."""
    width, height = _TEXTURE
    sheet = image.scene(chance, shades, width, height)
    label = lettering.plate((width // 2, height), brief.prompt, brief.note, shades[3])
    for left in (0, width // 2):
        sheet.paste(label, (left, 0), label)
    written = io.BytesIO()
    sheet.save(written, "JPEG", quality=88)
    return written.getvalue()


def _material(chance: random.Random) -> dict[str, Any]:
    metal = chance.choice((0.0, 0.0, 0.35))
    return {
        "name": "sample",
        "doubleSided": True,
        "pbrMetallicRoughness": {
            "baseColorTexture": {"index": 0},
            "metallicFactor": metal,
            "roughnessFactor": round(chance.uniform(0.25, 0.6), 2),
        },
    }


def _packed(arrays: list[Any], faces: Any, texture: bytes, material: dict[str, Any]) -> bytes:
    """Pack positions, normals, texture coordinates, triangles and a texture into one GLB file."""
    blocks = [*(a.tobytes() for a in arrays), faces.tobytes(), texture]
    views, body = [], b""
    for block, target in zip(blocks, (_VERTICES, _VERTICES, _VERTICES, _INDICES, None), strict=True):
        view = {"buffer": 0, "byteOffset": len(body), "byteLength": len(block)}
        views.append(view if target is None else {**view, "target": target})
        body += block + bytes(-len(block) % 4)
    points = arrays[0]
    corners = {"min": points.min(0).tolist(), "max": points.max(0).tolist()}
    count = len(points)
    accessors = [
        {"bufferView": 0, "componentType": _FLOAT, "count": count, "type": "VEC3", **corners},
        {"bufferView": 1, "componentType": _FLOAT, "count": count, "type": "VEC3"},
        {"bufferView": 2, "componentType": _FLOAT, "count": count, "type": "VEC2"},
        {"bufferView": 3, "componentType": _UINT32, "count": len(faces), "type": "SCALAR"},
    ]
    told = {
        "asset": {"version": "2.0", "generator": "runware_nb SANDBOX"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "SANDBOX sample"}],
        "meshes": [
            {"primitives": [{"attributes": {"POSITION": 0, "NORMAL": 1, "TEXCOORD_0": 2}, "indices": 3, "material": 0}]}
        ],
        "materials": [material],
        "textures": [{"source": 0, "sampler": 0}],
        "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 10497, "wrapT": 10497}],
        "images": [{"bufferView": 4, "mimeType": "image/jpeg"}],
        "bufferViews": views,
        "accessors": accessors,
        "buffers": [{"byteLength": len(body)}],
    }
    text = json.dumps(told, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(body), b"BIN\0") + body
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks
