"""Helpers of the page's tests."""

import io
from collections.abc import Callable

from PIL import Image, ImageOps
from playwright.sync_api import Position, expect

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
