"""What a tracker would find on a grey picture: corners, edges, contrast, sharpness, repetition, and a fingerprint.

Sources of each measure stand with the score that is made of them, in `asperguide.ar.markers`.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from asperguide.adapters.pillow.grey import GreyCopy
from asperguide.ar.markers import Measured

Plane: TypeAlias = NDArray[np.floating[Any]]

GRID = 8
"""Cells across and down."""
FULL_CELL = 4
"""Corners with which a cell is full."""
WINDOW = 2
"""Pixels on each side of one over which gradients are summed up."""
APART = 4
"""Pixels on each side of a corner in which there is no other."""
CORNER = 25.0
"""The lesser eigenvalue of the mean squared gradients from which on it is a corner: 5 greys a pixel, each way."""
EDGE = 12.0
"""Greys a pixel from which on it is an edge."""
RESPONSE = 400.0
"""A corner that is stronger counts no more than this one when repetition is looked for."""
COARSE = 2
"""Pixels to one in which repetition is looked for."""
NEAR = 5
"""Coarse pixels in which everything looks like itself."""
NOTHING = 0.5
"""Mean square of greys below which there is nothing that could repeat itself."""
HASHED = 32


def seen_on(picture: GreyCopy) -> Measured:
    """All that is measured, to be judged by `report_of`."""
    grey = np.asarray(picture.pixels, dtype=np.float32)
    across, down = _gradients(_smooth(grey))
    response = _lesser_eigenvalue(across, down)
    cells = _per_cell(_peaks(response))
    return Measured(
        width=picture.width, height=picture.height, corners=int(cells.sum()),
        richness=float(np.minimum(cells / FULL_CELL, 1).mean()), coverage=float((cells > 0).mean()),
        edge_density=float((np.hypot(across, down) > EDGE).mean()), contrast=float(grey.std() / 255),
        sharpness=float(_laplacian(grey).var()), brightness=float(grey.mean() / 255),
        repetition=_repetition(grey, response), fingerprint=fingerprint(picture.pixels),
    )  # fmt: skip


def _smooth(grey: Plane) -> Plane:
    """By a binomial of 3 by 3: what is one pixel large is noise to a camera."""
    wide = np.pad(grey, 1, mode="edge")
    rows = wide[:-2] + 2 * wide[1:-1] + wide[2:]
    smooth: Plane = (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 16
    return smooth


def _gradients(grey: Plane) -> tuple[Plane, Plane]:
    """Central differences, in greys a pixel."""
    wide = np.pad(grey, 1, mode="edge")
    return (wide[1:-1, 2:] - wide[1:-1, :-2]) / 2, (wide[2:, 1:-1] - wide[:-2, 1:-1]) / 2


def _laplacian(grey: Plane) -> Plane:
    inner: Plane = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * grey[1:-1, 1:-1]
    return inner if inner.size else np.zeros((1, 1), dtype=np.float32)


def _lesser_eigenvalue(across: Plane, down: Plane) -> Plane:
    """Of the structure tensor at each pixel (Shi and Tomasi 1994): large where grey changes whichever way one goes."""
    xx, yy, xy = (_mean_around(product, WINDOW) for product in (across * across, down * down, across * down))
    lesser: Plane = (xx + yy) / 2 - np.hypot((xx - yy) / 2, xy)
    return lesser


def _mean_around(plane: Plane, reach: int) -> Plane:
    size = 2 * reach + 1
    wide = np.pad(plane, reach, mode="edge")
    height, width = plane.shape
    rows = wide[:height].copy()
    for at in range(1, size):
        rows += wide[at : at + height]
    around = rows[:, :width].copy()
    for at in range(1, size):
        around += rows[:, at : at + width]
    mean: Plane = around / size**2
    return mean


def _peaks(response: Plane) -> NDArray[np.bool_]:
    """Corners: stronger than anything around them."""
    size = 2 * APART + 1
    wide = np.pad(response, APART, mode="constant")
    height, width = response.shape
    highest = wide[:height].copy()
    for at in range(1, size):
        np.maximum(highest, wide[at : at + height], out=highest)
    around = highest[:, :width].copy()
    for at in range(1, size):
        np.maximum(around, highest[:, at : at + width], out=around)
    return (response >= around) & (response > CORNER)


def _per_cell(corners: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many there are in each cell of the grid."""
    height, width = corners.shape
    rows, columns = np.nonzero(corners)
    cells = rows * GRID // height * GRID + columns * GRID // width
    return np.bincount(cells, minlength=GRID * GRID)


def _repetition(grey: Plane, response: Plane) -> float:
    """The highest autocorrelation at a distance of what is around corners, from 0 to 1.

    Straight edges look like themselves wherever one goes along them, and do not count. It is looked for in up to half
    of the picture's width and height, each shift by what then still overlaps.
    """
    held = np.sqrt(np.clip(response, 0, RESPONSE)) / np.float32(RESPONSE**0.5)
    varied = _coarse((grey - _mean_around(grey, COARSE * NEAR)) * held)
    height, width = varied.shape
    padded = (2 * height, 2 * width)
    alike = np.fft.irfft2(np.abs(np.fft.rfft2(varied, padded)) ** 2, padded)
    if alike[0, 0] <= NOTHING * varied.size:
        return 0.0
    down, across = np.arange(-(height // 2), height // 2 + 1), np.arange(width // 2 + 1)
    overlap = np.outer(height - np.abs(down), width - across) / varied.size
    shifted = alike[down][:, across] / alike[0, 0] / overlap
    shifted[np.hypot(down[:, None], across[None, :]) <= NEAR] = 0
    return float(np.clip(shifted.max(), 0, 1))


def _coarse(plane: Plane) -> Plane:
    height, width = (side // COARSE * COARSE for side in plane.shape)
    blocks = plane[:height, :width].reshape(height // COARSE, COARSE, width // COARSE, COARSE)
    coarse: Plane = blocks.mean(axis=(1, 3))
    return coarse


def fingerprint(grey: Image.Image) -> int:
    """By the signs of its slowest waves: the DCT hash of Zauner (2010), "Implementation and benchmarking of perceptual
    image hash functions", section 3.2.1.
    """
    small = np.asarray(grey.resize((HASHED, HASHED), Image.Resampling.BOX), dtype=np.float64)
    at = np.arange(HASHED)
    waves = np.cos(np.pi / HASHED * np.outer(at, at + 0.5))
    slowest = (waves @ small @ waves.T)[1:9, 1:9].round(3)
    bits = (slowest > np.median(slowest)).ravel()
    return int.from_bytes(np.packbits(bits).tobytes())
