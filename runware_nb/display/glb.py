"""GLB: as much of glTF 2.0 as a still needs. Every count and offset in a file is a claim, checked before use.

Only what is inside the file is read: no link is followed. Compressed meshes (Draco, meshopt) are refused.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np

MAX_VERTICES = MAX_TRIANGLES = 1_500_000
_MAX_DEPTH, _MAX_NODES, _MAX_PARTS = 64, 20_000, 4_000
_MAX_TEXTURES: Final = 8
_TEXTURE_PIXELS: Final = 17_000_000
_TEXTURE_EDGE: Final = 512
_TYPES: Final = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_PARTS: Final = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_TRIANGLES: Final = 4


class BadMesh(ValueError):
    """A mesh cannot be drawn; the message says why, in words for its card."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles in the space of the scene: +Y is up, +Z comes towards the viewer.

    Parameters
    ----------
    positions, normals, colours
        One row of three a vertex; colours are linear, 0 to 1.
    places
        Where on its texture a vertex lies, one row of two a vertex.
    triangles
        Three vertices a row.
    textures, texture_of
        RGB pictures, and the number of the one each triangle wears (-1 for none).
    """

    positions: np.ndarray
    normals: np.ndarray
    colours: np.ndarray
    places: np.ndarray
    triangles: np.ndarray
    textures: tuple[np.ndarray, ...]
    texture_of: np.ndarray

    @classmethod
    def read(cls, data: bytes) -> Mesh:
        """Read a GLB file.

        Raises
        ------
        BadMesh
            When it is compressed, broken, empty or too large.
        """
        import numpy as np

        try:
            with np.errstate(all="ignore"):
                return _Reader(data).mesh()
        except BadMesh:
            raise
        except Exception as error:
            raise BadMesh("broken file") from error


class _Reader:
    """The parts of one file, and what has been gathered of it."""

    def __init__(self, data: bytes) -> None:
        magic, version, _ = struct.unpack_from("<4sII", data)
        length, kind = struct.unpack_from("<I4s", data, 12)
        if magic != b"glTF" or version != 2 or kind != b"JSON" or 20 + length > len(data):  # noqa: PLR2004
            raise BadMesh("not a GLB file")
        self.scene: dict[str, Any] = json.loads(data[20 : 20 + length])
        start = 20 + length
        self.bin = b""
        if start + 8 <= len(data):
            size, _ = struct.unpack_from("<I4s", data, start)
            self.bin = data[start + 8 : start + 8 + size]
        self.vertices = self.triangles = self.parts = 0
        self.pictures: list[np.ndarray] = []
        self.number_of: dict[int, int] = {}

    def mesh(self) -> Mesh:
        import numpy as np

        parts = [part for index, matrix in self.placed() for part in self.primitives(index, matrix)]
        if not parts:
            raise BadMesh("nothing to draw")
        starts = np.cumsum([0] + [len(p[0]) for p in parts[:-1]])
        whole = [np.concatenate([p[n] for p in parts]) for n in range(4)]
        triangles = np.concatenate([p[4] + s for p, s in zip(parts, starts, strict=True)])
        texture_of = np.concatenate([np.full(len(p[4]), p[5], np.int16) for p in parts])
        return Mesh(whole[0], whole[1], whole[2], whole[3], triangles, tuple(self.pictures), texture_of)

    def placed(self) -> Iterator[tuple[int, np.ndarray]]:
        """Walk the nodes of the scene: number of a mesh, and the matrix that places it."""
        import numpy as np

        nodes = self.scene.get("nodes", [])
        scenes = self.scene.get("scenes") or [{"nodes": list(range(len(nodes)))}]
        stack = [(n, np.eye(4), 0) for n in scenes[self.scene.get("scene", 0)].get("nodes", [])]
        seen: set[int] = set()
        while stack:
            number, above, depth = stack.pop()
            if number in seen or depth > _MAX_DEPTH or len(seen) + len(stack) > _MAX_NODES:
                raise BadMesh("broken file")
            seen.add(number)
            node = nodes[number]
            matrix = above @ _matrix(node)
            if "mesh" in node:
                yield node["mesh"], matrix
            stack += [(child, matrix, depth + 1) for child in node.get("children", [])]

    def primitives(self, index: int, matrix: np.ndarray) -> Iterator[tuple[Any, ...]]:
        """Give the triangles of one mesh, placed: positions, normals, colours, places, triangles, texture."""
        import numpy as np

        for primitive in self.scene["meshes"][index]["primitives"]:
            self.parts += 1
            if self.parts > _MAX_PARTS:
                raise BadMesh("too many parts to draw")
            if primitive.get("mode", _TRIANGLES) != _TRIANGLES:
                continue
            if "KHR_draco_mesh_compression" in primitive.get("extensions", {}):
                raise BadMesh("Draco-compressed")
            attributes = primitive["attributes"]
            raw = self.accessor(attributes["POSITION"])
            count = len(raw)
            corners = self.accessor(primitive["indices"]) if "indices" in primitive else np.arange(count)
            triangles = corners[: len(corners) // 3 * 3].reshape(-1, 3).astype(np.int64)
            if len(triangles) and not (triangles.min() >= 0 and triangles.max() < count):
                raise BadMesh("broken file")
            self.count(count, len(triangles))
            positions = raw @ matrix[:3, :3].T + matrix[:3, 3]
            if not np.isfinite(positions).all():
                raise BadMesh("broken file")
            colours, texture = self.material(primitive, attributes, count)
            yield (
                positions,
                self.normals(attributes, positions, triangles, matrix),
                colours,
                self.optional(attributes, "TEXCOORD_0", count, 2),
                triangles,
                texture,
            )

    def count(self, vertices: int, triangles: int) -> None:
        """Keep the sums bounded: one mesh may be placed by any number of nodes."""
        self.vertices += vertices
        self.triangles += triangles
        if self.vertices > MAX_VERTICES or self.triangles > MAX_TRIANGLES:
            raise BadMesh("too large to draw")

    def accessor(self, number: int) -> np.ndarray:
        """Return an array, one row an element; scalars come flat. All of it must lie inside the file."""
        import numpy as np

        about = self.scene["accessors"][number]
        if "bufferView" not in about or "sparse" in about:
            raise BadMesh("of a form that is not drawn here")
        view = self.view(about["bufferView"])
        dtype, parts, count = np.dtype(_TYPES[about["componentType"]]), _PARTS[about["type"]], about["count"]
        stride = self.scene["bufferViews"][about["bufferView"]].get("byteStride") or dtype.itemsize * parts
        start = about.get("byteOffset", 0)
        if not (
            isinstance(count, int)
            and 0 < count <= 3 * MAX_TRIANGLES
            and start >= 0
            and stride >= dtype.itemsize * parts
        ):
            raise BadMesh("broken file")
        array = np.ndarray((count, parts), dtype, view, start, (stride, dtype.itemsize))
        values = array[:, 0] if parts == 1 else array
        if about.get("normalized") and dtype.kind in "iu":
            return values / float(np.iinfo(dtype).max)
        return values.astype(np.float64) if parts > 1 else values.copy()

    def view(self, number: int) -> bytes:
        about = self.scene["bufferViews"][number]
        if "EXT_meshopt_compression" in about.get("extensions", {}):
            raise BadMesh("meshopt-compressed")
        start, length = about.get("byteOffset", 0), about["byteLength"]
        if about.get("buffer", 0) != 0 or start < 0 or length < 0 or start + length > len(self.bin):
            raise BadMesh("broken file")
        return self.bin[start : start + length]

    def optional(self, attributes: Mapping[str, Any], name: str, count: int, parts: int) -> np.ndarray:
        """Return an attribute of every vertex, zeros where the mesh has none."""
        import numpy as np

        if name not in attributes:
            return np.zeros((count, parts))
        values = self.accessor(attributes[name])
        if values.shape[0] != count or values.shape[1] < parts:
            raise BadMesh("broken file")
        return values[:, :parts]

    def normals(
        self, attributes: Mapping[str, Any], positions: np.ndarray, triangles: np.ndarray, matrix: np.ndarray
    ) -> np.ndarray:
        """Return unit normals: those of the file, else those of the faces around each vertex."""
        import numpy as np

        if "NORMAL" in attributes:
            turned = self.optional(attributes, "NORMAL", len(positions), 3) @ np.linalg.pinv(matrix[:3, :3])
        else:
            a, b, c = (positions[triangles[:, n]] for n in range(3))
            faces = np.cross(b - a, c - a)
            turned = np.stack(
                [
                    sum(np.bincount(triangles[:, n], faces[:, axis], len(positions)) for n in range(3))
                    for axis in range(3)
                ],
                axis=1,
            )
        lengths = np.linalg.norm(turned, axis=1, keepdims=True)
        return np.nan_to_num(turned / np.where(lengths == 0, 1, lengths))

    def material(
        self, primitive: Mapping[str, Any], attributes: Mapping[str, Any], count: int
    ) -> tuple[np.ndarray, int]:
        """Return the linear colour of every vertex, and the number of the texture or -1."""
        import numpy as np

        materials = self.scene.get("materials", [])
        about = materials[primitive["material"]] if "material" in primitive else {}
        surface = about.get("pbrMetallicRoughness", {})
        shiny = about.get("extensions", {}).get("KHR_materials_pbrSpecularGlossiness", {})
        factor = surface.get("baseColorFactor") or shiny.get("diffuseFactor") or [0.72, 0.72, 0.74, 1]
        texture = surface.get("baseColorTexture") or shiny.get("diffuseTexture")
        number = self.texture(texture["index"]) if texture and "TEXCOORD_0" in attributes else -1
        if number >= 0 and "baseColorFactor" not in surface and "diffuseFactor" not in shiny:
            factor = [1, 1, 1, 1]
        colours = np.tile(np.clip(np.asarray(factor[:3], float), 0, 1), (count, 1))
        if "COLOR_0" in attributes:
            colours *= np.clip(self.optional(attributes, "COLOR_0", count, 3), 0, 1)
        return colours, number

    def texture(self, index: int) -> int:
        """Decode a texture once, at most 512 px; -1 for a format that is not read (KTX2) or not inside the file."""
        import numpy as np

        from runware_nb.display import previews

        about = self.scene["textures"][index]
        source = about.get("extensions", {}).get("EXT_texture_webp", {}).get("source", about.get("source"))
        if source is None:
            return -1
        if source not in self.number_of:
            image = self.scene["images"][source]
            found = None
            if "bufferView" in image and len(self.number_of) < _MAX_TEXTURES:
                found = previews.opened(self.view(image["bufferView"]), _TEXTURE_EDGE, _TEXTURE_PIXELS)
            self.number_of[source] = len(self.pictures) if found else -1
            if found:
                self.pictures.append(np.asarray(found[0].convert("RGB")))
        return self.number_of[source]


def _matrix(node: Mapping[str, Any]) -> np.ndarray:
    """Return the matrix of a node: as given, or from its translation, rotation (a quaternion) and scale."""
    import numpy as np

    if "matrix" in node:
        return np.asarray(node["matrix"], float).reshape(4, 4).T
    x, y, z, w = (float(v) for v in node.get("rotation", (0, 0, 0, 1)))
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = turn * np.asarray(node.get("scale", (1, 1, 1)), float)
    matrix[:3, 3] = node.get("translation", (0, 0, 0))
    return matrix
