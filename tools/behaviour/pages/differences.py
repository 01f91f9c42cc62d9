"""Compares two sets of screenshots, pixel by pixel."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_NEAR = 24  # grey levels; a smaller difference may come from the antialiasing of text
_SPECKS = 20  # the number of pixels in a screenshot that may differ by more than _NEAR


def compare_screenshots(before: Path, after: Path, out: Path | None = None) -> int:
    """Print the screenshots that differ, the largest difference first. Returns 1 if any differs, else 0.

    With `out`, write both screenshots and their difference to that folder, side by side in one image.
    """
    names = sorted({str(path.relative_to(folder)) for folder in (before, after) for path in folder.rglob("*.png")})
    found: list[tuple[float, str]] = []
    for name in names:
        if not (before / name).exists() or not (after / name).exists():
            found.append((2, f"{name}: only {'after' if (after / name).exists() else 'before'}"))
            continue
        a, b = (Image.open(folder / name).convert("RGB") for folder in (before, after))
        wrong = _differing(a, b)
        if wrong.sum() <= _SPECKS and a.size == b.size:
            continue
        sizes = "" if a.size == b.size else f", {a.width}×{a.height} -> {b.width}×{b.height}"
        found.append((float(wrong.mean()), f"{name}: {100 * wrong.mean():.2f} %{sizes}"))
        if out:
            _write(out / name, a, b, wrong)
    for _, line in sorted(found, reverse=True):
        print(line)
    print(f"{len(names)} screenshots, {len(found)} differ.")
    return 1 if found else 0


def _differing(a: Image.Image, b: Image.Image) -> NDArray[np.bool_]:
    """Which pixels differ. Pixels that only one of the images has count as different."""
    width, height = max(a.width, b.width), max(a.height, b.height)
    wrong = np.ones((height, width), bool)
    both = min(a.height, b.height), min(a.width, b.width)
    first, second = (np.asarray(image, np.int16)[: both[0], : both[1]] for image in (a, b))
    wrong[: both[0], : both[1]] = np.abs(first - second).max(2) > _NEAR
    return wrong


def _write(path: Path, a: Image.Image, b: Image.Image, wrong: NDArray[np.bool_]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = wrong.shape
    side_by_side = Image.new("RGB", (3 * width + 20, height), "grey")
    side_by_side.paste(a, (0, 0))
    side_by_side.paste(b, (width + 10, 0))
    side_by_side.paste(Image.fromarray(np.where(wrong, 255, 0).astype(np.uint8)), (2 * width + 20, 0))
    side_by_side.save(path)
