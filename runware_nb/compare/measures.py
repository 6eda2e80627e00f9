"""Measures: what can be counted of one result, without a model. None is a measure of quality.

Own numpy, of the published formulas: scikit-image would bring SciPy and four more packages for thirty lines, pyiqa
PyTorch. SSIM agrees with scikit-image within 1e-6 (`gaussian_weights`, no sample covariance).
A new measure is a row in `FIGURES` and a line in `measured`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from runware_nb.api.results import Result
from runware_nb.errors import UsageError
from runware_nb.media import sounds

if TYPE_CHECKING:
    import numpy as np

FIGURES: Final[Mapping[str, str]] = {
    "cost_usd": "USD, as priced",
    "latency_s": "seconds from sending to arrival",
    "stars": "1 to 5, as people gave",
    "sharpness": "variance of the Laplacian, of grey levels 0 to 255, longer side 1024 px at most; noise raises it",
    "ssim": "structural similarity to the reference, 1 for the same (Wang et al. 2004)",
    "psnr_db": "dB, peak signal to noise against the reference",
    "loudness_dbfs": "dB of full scale, root mean square; 0 is the loudest there can be",
    "duration_s": "seconds of the file",
    "words": "words of the text",
    "tokens": "tokens written, as the API counts",
}
"""What is compared, and its unit."""
_LARGEST: Final = 1024
_SILENT: Final = 1e-10
_RADIUS, _SIGMA = 5, 1.5
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "TIFF")


def measured(result: Result, reference: Path | None = None) -> dict[str, float]:
    """Return what can be counted of a result: figure to value. What is unknown is left out."""
    told: dict[str, float | None] = {"cost_usd": result.price, "latency_s": result.latency}
    if result.asset is not None:
        told["duration_s"] = result.asset.duration
    if result.text is not None:
        told |= {"words": len(result.text.split()), "tokens": _tokens(result)}
    if result.path is not None and result.path.is_file():
        told |= _of_file(result.path, result.medium, reference)
    return {name: float(value) for name, value in told.items() if value is not None}


def _of_file(path: Path, medium: str, reference: Path | None) -> dict[str, float | None]:
    if medium == "audio":
        return {"loudness_dbfs": loudness(path)}
    if medium != "image":
        return {}
    picture = grey(path)
    if picture is None:
        return {}
    told: dict[str, float | None] = {"sharpness": sharpness(picture)}
    if reference is not None:
        other = grey(reference, (picture.shape[1], picture.shape[0]))
        if other is None:
            raise UsageError(f"the reference {reference.name} is no picture that can be read.")
        told |= {"ssim": ssim(picture, other), "psnr_db": psnr(picture, other)}
    return told


def _tokens(result: Result) -> float | None:
    usage = result.wire.get("usage")
    count = usage.get("completionTokens") if isinstance(usage, Mapping) else None
    return count if isinstance(count, int) and not isinstance(count, bool) else None


def grey(path: Path, size: tuple[int, int] | None = None) -> np.ndarray[Any, Any] | None:
    """Return a picture's grey levels, 0 to 255, its longer side 1024 px at most, or of a size; None if it is none."""
    import numpy as np
    from PIL import Image

    try:
        with Image.open(path, formats=_FORMATS) as opened:
            picture = opened.convert("L")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    if size is not None:
        picture = picture.resize(size, Image.Resampling.LANCZOS) if picture.size != size else picture
    else:
        picture.thumbnail((_LARGEST, _LARGEST))
    return np.asarray(picture, dtype=np.float64)


def sharpness(picture: np.ndarray[Any, Any]) -> float | None:
    """Return the variance of the Laplacian (Pech-Pacheco et al. 2000); None for less than 3 x 3 pixels."""
    if min(picture.shape) < 3:  # noqa: PLR2004
        return None
    middle = picture[1:-1, 1:-1]
    laplacian = picture[:-2, 1:-1] + picture[2:, 1:-1] + picture[1:-1, :-2] + picture[1:-1, 2:] - 4 * middle
    return float(laplacian.var())


def psnr(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float | None:
    """Return the peak signal to noise ratio in dB; None if they are the same, for then it has no bound."""
    error = float(((one - other) ** 2).mean())
    return 10 * math.log10(255**2 / error) if error else None


def ssim(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float | None:
    """Return the mean structural similarity, under a Gaussian window of 11 x 11; None for smaller pictures."""
    if min(one.shape) <= 2 * _RADIUS:
        return None
    small, tiny = (0.03 * 255) ** 2, (0.01 * 255) ** 2
    a, b = _blurred(one), _blurred(other)
    spread_a, spread_b = _blurred(one * one) - a * a, _blurred(other * other) - b * b
    shared = _blurred(one * other) - a * b
    likeness = (2 * a * b + tiny) * (2 * shared + small) / ((a * a + b * b + tiny) * (spread_a + spread_b + small))
    return float(likeness.mean())


def _blurred(picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Weigh each pixel's neighbours by a Gaussian, where all of them are inside."""
    import numpy as np

    away = np.arange(-_RADIUS, _RADIUS + 1)
    weights = np.exp(-(away**2) / (2 * _SIGMA**2))
    weights /= weights.sum()
    height, width = picture.shape
    down = sum(w * picture[n : height - 2 * _RADIUS + n] for n, w in enumerate(weights))
    across = sum(w * down[:, n : width - 2 * _RADIUS + n] for n, w in enumerate(weights))
    return np.asarray(across)


def loudness(path: Path) -> float | None:
    """Return the root mean square in dB of full scale, -100 for silence; None if it cannot be read."""
    import numpy as np

    found = sounds.read(path)
    if found is None:
        return None
    power = float(np.mean(np.square(found.values, dtype=np.float64)))
    return 10 * math.log10(max(power, _SILENT))


def looks(picture: np.ndarray[Any, Any]) -> int:
    """Return the difference hash of a picture, 64 bits: pictures that look the same have nearly the same."""
    import numpy as np
    from PIL import Image

    small = Image.fromarray(picture.astype(np.uint8)).resize((9, 8), Image.Resampling.BOX)
    levels = np.asarray(small, dtype=np.int16)
    bits = (levels[:, :-1] < levels[:, 1:]).ravel()
    return int("".join("1" if bit else "0" for bit in bits), 2)
