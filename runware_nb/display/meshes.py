"""Meshes, drawn: a still of a mesh from the front right, by numpy alone.

Fragments first, colours last: triangles of like size are cut into pixels together, the nearest fragment of
each pixel is kept, and only those are lit and textured. Work is bounded by `_BUDGET`, whatever the mesh.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from runware_nb.display.glb import BadMesh, Mesh

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

MAX_BYTES: Final = 120_000_000
EDGE: Final = 384
_BUDGET: Final = 24_000_000
"""Fragments looked at, at most: about two seconds of work. Beyond it the still is drawn coarser, then refused."""
_CHUNK: Final = 1_000_000
_EDGE_ON: Final = 1e-9
"""Twice the area in pixels below which a triangle is seen edge on, and not at all."""
_SLACK: Final = -1e-6
"""What a share may lack, so that no gap opens between neighbours."""
_TURN, _TILT, _DISTANCE = 0.62, 0.36, 3.4
"""Camera: radians to the right, radians from above, distance in radii of the mesh."""
_LIGHTS: Final = (((-0.45, 0.75, 0.6), 1.9), ((0.8, 0.15, 0.45), 0.55), ((0.2, 0.3, -0.9), 0.5))
"""Key, fill and rim: direction to the light as the camera sees it, and strength."""


def drawn(mesh: Mesh) -> Image:
    """Draw a mesh on a transparent ground, `EDGE` pixels square, its longest side filling most of it.

    Raises
    ------
    BadMesh
        When it would take too much work.
    """
    import numpy as np
    from PIL import Image

    for edge in (2 * EDGE, EDGE, EDGE // 3):
        with np.errstate(all="ignore"):
            points, view_normals = _seen(mesh, edge)
            spans = _spans(points, mesh.triangles, edge)
            if spans.sum() > _BUDGET:
                continue
            pixels = _painted(mesh, points, view_normals, edge, spans)
            return Image.fromarray(pixels, "RGBA").resize((EDGE, EDGE), Image.Resampling.BOX)
    raise BadMesh("too large to draw")


def _seen(mesh: Mesh, edge: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the vertices as the camera sees them (x and y in pixels, z a depth) and their normals, turned."""
    import numpy as np

    used = mesh.positions[np.unique(mesh.triangles)]
    middle = (used.min(axis=0) + used.max(axis=0)) / 2
    radius = float(np.linalg.norm(used - middle, axis=1).max())
    if not 0 < radius < np.inf:
        raise BadMesh("nothing to draw")
    ct, st, ck, sk = np.cos(_TURN), np.sin(_TURN), np.cos(_TILT), np.sin(_TILT)
    camera = np.array([[1, 0, 0], [0, ck, -sk], [0, sk, ck]]) @ np.array([[ct, 0, -st], [0, 1, 0], [st, 0, ct]])
    points = (mesh.positions - middle) / radius @ camera.T
    depth = np.maximum(_DISTANCE - points[:, 2], 0.1)
    flat = points[:, :2] / depth[:, None] * [1, -1]
    corners = flat[np.unique(mesh.triangles)]
    low, high = corners.min(axis=0), corners.max(axis=0)
    scale = 0.9 * edge / max(float((high - low).max()), 1e-9)
    placed = (flat - (low + high) / 2) * scale + edge / 2
    return np.column_stack([placed, depth]), mesh.normals @ camera.T


def _spans(points: np.ndarray, triangles: np.ndarray, edge: int) -> np.ndarray:
    """Return the fragments each triangle may need: the square of its longest side in pixels, a power of two."""
    import numpy as np

    flat = np.clip(points[:, :2], 0, edge)
    corners = flat[triangles]
    side = np.ceil((corners.max(axis=1) - corners.min(axis=1)).max(axis=1)) + 1
    return np.asarray(4.0 ** np.ceil(np.log2(np.maximum(side, 2))))


def _painted(mesh: Mesh, points: np.ndarray, normals: np.ndarray, edge: int, spans: np.ndarray) -> np.ndarray:
    """Find the nearest triangle under each pixel, then colour the pixels that have one."""
    import numpy as np

    canvas = _Canvas(edge)
    for area in np.unique(spans):
        members = np.flatnonzero(spans == area)
        step = max(1, int(_CHUNK // area))
        for start in range(0, len(members), step):
            canvas.cut(points, mesh.triangles, members[start : start + step], int(np.sqrt(area)))
    shown = np.flatnonzero(canvas.owner >= 0)
    picture = np.zeros((edge * edge, 4), np.uint8)
    picture[shown, :3] = _lit(mesh, normals, canvas.owner[shown], canvas.share[shown])
    picture[shown, 3] = 255
    return picture.reshape(edge, edge, 4)


class _Canvas:
    """For each pixel: depth and number of the nearest triangle, and the share each of its corners has there."""

    def __init__(self, edge: int) -> None:
        import numpy as np

        self.edge = edge
        self.nearest = np.full(edge * edge, np.inf)
        self.owner = np.full(edge * edge, -1, np.int64)
        self.share = np.zeros((edge * edge, 3), np.float32)

    def cut(self, points: np.ndarray, triangles: np.ndarray, chosen: np.ndarray, side: int) -> None:
        """Cut triangles that fit in squares of `side` pixels into fragments; keep those nearer than what is here."""
        import numpy as np

        a, b, c = (points[triangles[chosen, n]] for n in range(3))
        low = np.floor(np.clip(np.minimum(np.minimum(a, b), c)[:, :2], 0, self.edge))
        steps = np.arange(side)
        x = low[:, 0, None, None] + steps[None, None, :] + 0.5
        y = low[:, 1, None, None] + steps[None, :, None] + 0.5
        ax, ay, bx, by, cx, cy = (p[:, n, None, None] for p in (a, b, c) for n in (0, 1))
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        area = np.where(np.abs(area) < _EDGE_ON, np.nan, area)
        u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
        v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
        w = 1 - u - v
        inside = (u >= _SLACK) & (v >= _SLACK) & (w >= _SLACK) & (x < self.edge) & (y < self.edge)
        which, row, column = np.nonzero(inside)
        # Divided by depth, shares are in perspective: a texture would bend at the edges of large triangles without.
        shares = np.column_stack([u[inside] / a[which, 2], v[inside] / b[which, 2], w[inside] / c[which, 2]])
        depth = 1 / shares.sum(axis=1)
        pixel = ((low[which, 1] + row) * self.edge + low[which, 0] + column).astype(np.int64)
        near = np.flatnonzero(depth < self.nearest[pixel])
        near = near[np.argsort(-depth[near], kind="stable")]  # far to near, so that the nearest is written last
        pixel = pixel[near]
        self.nearest[pixel] = depth[near]
        self.owner[pixel] = chosen[which[near]]
        self.share[pixel] = shares[near] * depth[near, None]


def _lit(mesh: Mesh, normals: np.ndarray, owner: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Colour fragments: base colour and texture, under three lights and an even sky. Returns 8-bit sRGB."""
    import numpy as np

    corners = mesh.triangles[owner]
    weights = share[:, :, None]
    normal = (normals[corners] * weights).sum(axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    normal[normal[:, 2] < 0] *= -1  # both sides are lit: many meshes are open shells
    colour = (mesh.colours[corners] * weights).sum(axis=1)
    places = (mesh.places[corners] * weights).sum(axis=1)
    worn = mesh.texture_of[owner]
    for number, texture in enumerate(mesh.textures):
        mine = np.flatnonzero(worn == number)
        height, width = texture.shape[:2]
        column = (np.nan_to_num(places[mine, 0]) % 1 * width).astype(np.int64) % width
        row = (np.nan_to_num(places[mine, 1]) % 1 * height).astype(np.int64) % height
        colour[mine] *= (texture[row, column] / 255.0) ** 2.2
    light = 0.34 + 0.16 * normal[:, 1]
    for direction, strength in _LIGHTS:
        towards = np.asarray(direction) / np.linalg.norm(direction)
        light = light + strength * 0.5 * np.maximum(normal @ towards, 0)
    shown = colour * light[:, None]
    return np.asarray(255 * np.clip(shown / (1 + 0.12 * shown), 0, 1) ** (1 / 2.2)).astype(np.uint8)
