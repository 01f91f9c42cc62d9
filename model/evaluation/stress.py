"""Stress tests: altered digits, and images that are not digits.

The digits are altered MNIST test images, and the letters are printed in Pillow's built-in font. The names of the
fields, of the alterations and of the kinds of images appear in the output of `inkling evaluate --limits`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from model.data.mnist import Digits
from model.evaluation.accuracy import compute_logits, evaluate
from model.evaluation.reliability import SURE
from model.layers import CLASSES, SIDE
from model.network import Network
from model.preprocess import pipeline

Grey = NDArray[np.uint8]

LETTERS = "AEFHKMNRTWXfhkmnwx"  # none of these looks like a digit
SLANTS = (-0.3, -0.15, 0.0, 0.15, 0.3)  # px to the right per px up
PENS = (0, 1, 2)  # px, added to the stroke width of letters about 40 px high
PAIRS = 1000
NOISES = 1000


@dataclass(frozen=True)
class Altered:
    """The results for test digits after an alteration.

    `pictures` is the number of images. `sure_and_wrong` is the share of all images that have a wrong prediction with a
    confidence of at least 90 %. Shares are between 0 and 1.
    """

    name: str
    pictures: int
    accuracy: float
    sure_and_wrong: float


@dataclass(frozen=True)
class NonDigits:
    """The results for one kind of image that is not a digit.

    `pictures` is the number of images, `sure` is the share of images with a confidence of at least 90 %, `confidence`
    is the mean confidence, and `answer` is the digit that is predicted most often.
    """

    name: str
    pictures: int
    sure: float
    confidence: float
    answer: int


def altered(network: Network, digits: Digits, temperature: float = 1.0) -> Iterator[Altered]:
    """Evaluate the digits after each alteration. The digits must be on the network's device."""
    originals = digits.images.cpu().numpy()
    for name, change in ALTERATIONS.items():
        changed = torch.from_numpy(np.stack([change(image) for image in originals])).to(digits.images.device)
        result = evaluate(network, Digits(changed, digits.labels, digits.files), temperature)
        sure_and_wrong = ~result.is_correct & (result.confidence >= SURE)
        yield Altered(name, result.total, result.accuracy, float(sure_and_wrong.mean()))


def non_digits(network: Network, digits: Digits, temperature: float = 1.0) -> Iterator[NonDigits]:
    """Predict images that are not digits: letters, two digits side by side, noise, a blank image and a white image.

    The pairs of digits are made from `digits`, which must be on the network's device.
    """
    random = np.random.default_rng(0)
    originals = digits.images.cpu().numpy()
    kinds: tuple[tuple[str, Grey], ...] = (
        ("printed letters", np.stack(list(letters()))),
        ("two digits side by side", np.stack([_pair(originals, random) for _ in range(PAIRS)])),
        ("noise", random.integers(0, 256, (NOISES, SIDE, SIDE), dtype=np.uint8)),
        ("a blank image", np.zeros((1, SIDE, SIDE), np.uint8)),
        ("a white image", np.full((1, SIDE, SIDE), 255, np.uint8)),
    )
    device = digits.images.device
    for name, images in kinds:
        unlabelled = Digits(
            torch.from_numpy(images).to(device), torch.zeros(len(images), dtype=torch.int64, device=device), {}
        )
        confidence, predictions = (compute_logits(network, unlabelled.normalised()) / temperature).softmax(1).max(1)
        yield NonDigits(
            name,
            len(images),
            sure=(confidence >= SURE).float().mean().item(),
            confidence=confidence.mean().item(),
            answer=int(torch.bincount(predictions, minlength=CLASSES).argmax()),
        )


def letters() -> Iterator[Grey]:
    """Each letter with five slants and three stroke widths, preprocessed like a drawing: uint8, 28×28."""
    font = ImageFont.load_default(size=56)
    for letter in LETTERS:
        for slant in SLANTS:
            for pen in PENS:
                sheet = Image.new("L", (128, 128))
                ImageDraw.Draw(sheet).text((64, 64), letter, fill=255, font=font, anchor="mm", stroke_width=pen)
                # The pixel at (x, y) gets its value from (x + slant·(y − 64), y), so the middle row stays in place.
                sheared = sheet.transform(
                    sheet.size, Image.Transform.AFFINE, (1, slant, -64 * slant, 0, 1, 0), Image.Resampling.BILINEAR
                )
                yield pipeline.from_pixels(np.asarray(sheared)).image


def _pair(originals: Grey, random: np.random.Generator) -> Grey:
    left, right = originals[random.integers(0, len(originals), 2)]
    return pipeline.from_pixels(np.hstack([left, right])).image


def _shifted(right: int, down: int) -> Callable[[Grey], Grey]:
    """A function that shifts an image by whole pixels without wrapping around."""

    def shift(image: Grey) -> Grey:
        padded = np.pad(image, max(right, down))
        top, left = max(right, down) - down, max(right, down) - right
        return padded[top : top + SIDE, left : left + SIDE]

    return shift


def _rotated(degrees: float) -> Callable[[Grey], Grey]:
    """A function that rotates an image clockwise around its centre."""
    return lambda image: np.asarray(Image.fromarray(image).rotate(-degrees, Image.Resampling.BILINEAR))


def _filtered(kernel: ImageFilter.Filter | type[ImageFilter.Filter]) -> Callable[[Grey], Grey]:
    return lambda image: np.asarray(Image.fromarray(image).filter(kernel))


ALTERATIONS: dict[str, Callable[[Grey], Grey]] = {
    "unchanged": lambda image: image,
    "shifted right by 2 pixels": _shifted(2, 0),
    "shifted right by 4 pixels": _shifted(4, 0),
    "rotated by 15°": _rotated(15),
    "rotated by 30°": _rotated(30),
    "rotated by 45°": _rotated(45),
    "thinner lines (3×3 minimum)": _filtered(ImageFilter.MinFilter(3)),
    "thicker lines (3×3 maximum)": _filtered(ImageFilter.MaxFilter(3)),
    "black ink on white": lambda image: 255 - image,
}
