"""Helpers of the page's tests."""

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from playwright.sync_api import Position, Route, expect

from model.layers import LAYERS
from tests import ROOT
from tests.support.visitor import Visitor, bounds

ON_PAGE = [layer.name for layer in LAYERS if layer.name != "probabilities"]


def photograph(digit: int = 4, kind: str = "PNG") -> bytes:
    """A large dark digit on light paper, as an image file."""
    sheet = Image.open(ROOT / "static/samples/digits.png").convert("L")
    one = ImageOps.invert(sheet.crop((28 * digit, 0, 28 * digit + 28, 28))).resize((280, 280))
    paper = Image.new("L", (640, 480), 255)
    paper.paste(one, (300, 120))
    file = io.BytesIO()
    paper.save(file, kind)
    return file.getvalue()


Touch = Callable[..., None]


def fingers(visitor: Visitor) -> Touch:
    """A function touch(kind, *points) for the touch screen; `kind` is touchStart, touchMove or touchEnd.

    The points are those of all fingers that are down, in pad units.
    """
    session = visitor.page.context.new_cdp_session(visitor.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        places = [dict(zip(("x", "y"), visitor.client(*point), strict=True)) for point in points]
        touches = [place | {"id": number} for number, place in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    return touch


HAND_OVER = """
([data, kind, type]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], "image", { type }));
  if (kind === "paste") document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: carried, bubbles: true }));
  else for (const step of ["dragover", "drop"]) {
    const event = new DragEvent(step, { dataTransfer: carried, bubbles: true, cancelable: true });
    document.querySelector(".answer").dispatchEvent(event);
  }
}
"""


def cell(visitor: Visitor, name: str, index: tuple[int, ...], *, look: bool = False) -> str:
    """Press a cell, or only point at it, and read its number in the cell panel."""
    where = visitor.module(
        "core/layers",
        """const layer = m.byName[a[0]];
        const [map, row, col] = layer.grid
          ? [0, Math.floor(a[1][0] / layer.cols), a[1][0] % layer.cols] : a[1];
        const [left, top] = layer.maps === 1 ? [0, 0] : m.tileAt(layer, map);
        return [(left + col + 0.5) / layer.width, (top + row + 0.5) / layer.height]""",
        [name, list(index)],
    )
    target = visitor.find(f'[data-layer="{name}"] ' + ("#bars" if name == "probabilities" else ".maps"))
    box = bounds(target)
    place = Position(x=where[0] * box["width"], y=where[1] * box["height"])
    if look:
        target.hover(position=place)
    else:
        target.click(position=place)
    expect(visitor.find("#where")).to_have_text(f"{name}[{', '.join(map(str, index))}]")
    return visitor.text("#value")


Change = Callable[[dict[str, Any], dict[str, NDArray[np.float32]]], dict[str, Any]]


def change_predictions(visitor: Visitor, change: Change) -> None:
    """Change all predictions from now on. `change` gets a prediction and its layers, and returns the changed fields."""

    def answer(route: Route) -> None:
        answered = route.fetch()
        file = answered.body()
        size = int.from_bytes(file[:8], "little")
        header, values = json.loads(file[8 : 8 + size]), file[8 + size :]
        layers = {
            name: np.frombuffer(values[slice(*about["data_offsets"])], np.float32)
            for name, about in header.items()
            if about.get("dtype") == "F32"
        }
        prediction = json.loads(header["__metadata__"]["prediction"])
        header["__metadata__"]["prediction"] = json.dumps(prediction | change(prediction, layers))
        written = json.dumps(header).encode()
        written += b" " * (-len(written) % 8)
        body = len(written).to_bytes(8, "little") + written + values
        kept = {name: value for name, value in answered.headers.items() if name != "content-length"}
        route.fulfill(body=body, headers=kept)

    visitor.page.route("**/feature-maps*", answer)
