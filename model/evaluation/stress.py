"""What the network is bad at, measured: digits that are not as MNIST's, and pictures that are no digits at all.

Nothing here is downloaded: the digits are MNIST's test pictures, altered; the letters come from the font in Pillow.
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

LETTERS = "AEFHKMNRTWXfhkmnwx"  # nobody reads one of these as a digit
SLANTS = (-0.3, -0.15, 0.0, 0.15, 0.3)  # pixels to the right for each pixel up
PENS = (0, 1, 2)  # additional stroke width, at a letter height of about 40 pixels
PAIRS = 1000
NOISES = 1000


@dataclass(frozen=True)
class Altered:
    """How well the test digits are still read after a change. All figures are shares, 0 to 1.

    `sure_and_wrong` is the share of all pictures that were read wrong with a confidence of at least 90 %.
    """

    name: str
    pictures: int
    accuracy: float
    sure_and_wrong: float


@dataclass(frozen=True)
class NonDigits:
    """What the network makes of pictures that are no digits.

    `sure` is the share called some digit with a confidence of at least 90 %, `confidence` the mean confidence, `answer`
    the digit most often seen in them.
    """

    name: str
    pictures: int
    sure: float
    confidence: float
    answer: int


def altered(network: Network, digits: Digits, temperature: float = 1.0) -> Iterator[Altered]:
    """Read the digits again: moved, turned, thinner, thicker, inverted. Takes digits on the network's device."""
    originals = digits.images.cpu().numpy()
    for name, change in ALTERATIONS.items():
        changed = torch.from_numpy(np.stack([change(picture) for picture in originals])).to(digits.images.device)
        result = evaluate(network, Digits(changed, digits.labels, digits.files), temperature)
        wrong = result.labels != result.predictions
        yield Altered(name, result.total, result.accuracy, float((wrong & (result.confidence >= SURE)).mean()))


def non_digits(network: Network, digits: Digits, temperature: float = 1.0) -> Iterator[NonDigits]:
    """Show the network what is no digit: letters, two digits at once, noise, an empty and a full picture."""
    random = np.random.default_rng(0)
    originals = digits.images.cpu().numpy()
    kinds: tuple[tuple[str, Grey], ...] = (
        ("printed letters", np.stack(list(letters()))),
        ("two digits side by side", np.stack([_pair(originals, random) for _ in range(PAIRS)])),
        ("noise", random.integers(0, 256, (NOISES, SIDE, SIDE), dtype=np.uint8)),
        ("an empty picture", np.zeros((1, SIDE, SIDE), np.uint8)),
        ("a white picture", np.full((1, SIDE, SIDE), 255, np.uint8)),
    )
    device = digits.images.device
    for name, shown in kinds:
        blind = Digits(
            torch.from_numpy(shown).to(device), torch.zeros(len(shown), dtype=torch.int64, device=device), {}
        )
        confidence, answers = (compute_logits(network, blind.normalised()) / temperature).softmax(1).max(1)
        yield NonDigits(
            name,
            len(shown),
            sure=(confidence >= SURE).float().mean().item(),
            confidence=confidence.mean().item(),
            answer=int(torch.bincount(answers, minlength=CLASSES).argmax()),
        )


def letters() -> Iterator[Grey]:
    """Each letter in five slants and three stroke widths, prepared as a drawing is: uint8, 28×28."""
    font = ImageFont.load_default(size=56)
    for letter in LETTERS:
        for slant in SLANTS:
            for pen in PENS:
                sheet = Image.new("L", (128, 128))
                ImageDraw.Draw(sheet).text((64, 64), letter, fill=255, font=font, anchor="mm", stroke_width=pen)
                # x' = x + slant·(y − 64): the middle row stays where it is
                sheared = sheet.transform(
                    sheet.size, Image.Transform.AFFINE, (1, slant, -64 * slant, 0, 1, 0), Image.Resampling.BILINEAR
                )
                yield pipeline.from_pixels(np.asarray(sheared)).image


def _pair(originals: Grey, random: np.random.Generator) -> Grey:
    left, right = originals[random.integers(0, len(originals), 2)]
    return pipeline.from_pixels(np.hstack([left, right])).image


def _moved(right: int, down: int) -> Callable[[Grey], Grey]:
    """Moved by whole pixels; what leaves the picture is gone, nothing comes in on the other side."""

    def move(picture: Grey) -> Grey:
        padded = np.pad(picture, max(right, down))
        top, left = max(right, down) - down, max(right, down) - right
        return padded[top : top + SIDE, left : left + SIDE]

    return move


def _turned(degrees: float) -> Callable[[Grey], Grey]:
    """Turned clockwise about the middle."""
    return lambda picture: np.asarray(Image.fromarray(picture).rotate(-degrees, Image.Resampling.BILINEAR))


def _filtered(kernel: ImageFilter.Filter | type[ImageFilter.Filter]) -> Callable[[Grey], Grey]:
    return lambda picture: np.asarray(Image.fromarray(picture).filter(kernel))


ALTERATIONS: dict[str, Callable[[Grey], Grey]] = {
    "as they are": lambda picture: picture,
    "moved right by 2 pixels": _moved(2, 0),
    "moved right by 4 pixels": _moved(4, 0),
    "turned by 15°": _turned(15),
    "turned by 30°": _turned(30),
    "turned by 45°": _turned(45),
    "a thinner pen (3×3 minimum)": _filtered(ImageFilter.MinFilter(3)),
    "a thicker pen (3×3 maximum)": _filtered(ImageFilter.MaxFilter(3)),
    "black ink on white": lambda picture: 255 - picture,
}
