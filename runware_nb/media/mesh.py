"""3D: mesh files. GLB is glTF 2.0 in one file; textures and buffers are inside."""

from __future__ import annotations

from typing import Final

from runware_nb.media.medium import Format, Medium, starts

MESH: Final = Medium(
    "3d",
    (
        Format("glb", "model/gltf-binary", starts(b"glTF")),
        Format("fbx", "application/octet-stream", starts(b"Kaydara FBX Binary")),
        Format("ply", "application/octet-stream", starts(b"ply\n", b"ply\r")),
        Format("obj", "model/obj", starts(b"# OBJ", b"mtllib ", b"o ", b"v ")),
        Format("stl", "model/stl", starts(b"solid ")),
    ),
    element=None,
)
