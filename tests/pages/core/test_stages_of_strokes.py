"""The stages that the page computes while the pen moves."""

import pytest

from tests.pages.walk_helpers import DRAWINGS
from tests.support.visitor import Visitor


@pytest.mark.parametrize("prepare", ["mnist", "resize", "uncentred", "own_pen"])
def test_the_page_computes_the_same_stages_as_the_service(service_js: Visitor, prepare: str) -> None:
    script = """const { stagesOfStrokes } = await import("/static/js/core/drawing.js");
        const { activations, stages } = await ask(a.prepare, a.request);
        const strokes = a.request.strokes.map((stroke) => stroke.map(([x, y]) => [x, y, 0]));
        const mine = stagesOfStrokes(strokes, { prepare: a.prepare, pen: 26 }, stages.images.shifted.data);
        return [mine, stages].map((s) => [s.scale, s.line, ...s.shift, ...m.onPad([9, 9, 12, 12], s, 280)])"""
    for name in ("a 2 by hand", "a seven of straight lines", "a dot"):
        _, request = DRAWINGS[name]
        mine, theirs = service_js.module(
            "core/geometry", script, {"prepare": prepare, "request": request | {"pen": 26}}
        )
        assert mine == pytest.approx(theirs, rel=1e-3, abs=0.01), name
