"""The tab "The path": the recap of a walk, from the ink to the probability."""

from playwright.sync_api import expect

from model import layers
from tests.pages.explorer.walk.helpers import pin, steps
from tests.support.visitor import PROJECTOR, Visitor

LAYER_NAMES = list(layers.LAYER_NAMES)
LIST = "#path-steps button"


def names(visitor: Visitor) -> list[str]:
    titles: list[str] = visitor.seen(LIST).evaluate_all("(steps) => steps.map((step) => step.title.split('[')[0])")
    return titles


def test_the_walk_ends_in_a_recap_of_all_its_steps_that_can_be_pressed(visitor: Visitor) -> None:
    visitor.press("#why")
    said = {}
    for name in reversed(LAYER_NAMES):
        said[name] = (visitor.text("#where"), visitor.text("#value"), visitor.text("#plain"))
        assert all(said[name]), name
        visitor.press("#step")
    expect(visitor.find("#view-path")).to_be_visible()
    assert names(visitor) == LAYER_NAMES, "from the ink to the probability"
    shown = visitor.seen(LIST).evaluate_all(
        """(steps) => steps.map((step) =>
          [step.title, ...["number", "says"].map((part) => step.querySelector(`.path-${part}`).textContent)])"""
    )
    assert [tuple(text.replace("\u00a0", " ") for text in step) for step in shown] == [
        said[name] for name in LAYER_NAMES
    ]
    visitor.press(visitor.find(LIST).nth(4))
    expect(visitor.find("#where")).to_have_text(said["conv2"][0])
    assert len(steps(visitor)) == 8
    assert names(visitor) == LAYER_NAMES, "the recap stays while the walk goes along it"
    expect(visitor.find(f"{LIST}[aria-current]")).to_have_count(1)
    assert visitor.violations("#view-path") == []
    visitor.press("#path-why-not")
    expect(visitor.find("#contrast-digit")).to_have_value("7")
    expect(visitor.find("#contrast-against")).to_have_value("1")


def test_a_path_that_has_not_reached_the_ink_is_continued_along_the_largest_contributions(visitor: Visitor) -> None:
    pin(visitor, "logits", 3)
    expect(visitor.find("#why-not")).to_have_text("Why 3 and not 7?")
    visitor.press("#tab-path")
    assert names(visitor) == LAYER_NAMES[:-1]
    expect(visitor.find("#path-title")).to_contain_text("logits[3], in 11 steps")
    visitor.press("#kept")
    assert names(visitor) == LAYER_NAMES, "without a pinned cell, it is the path of the answer"


def test_the_recap_fits_on_the_screen_of_a_projector_and_of_a_tablet(visitor: Visitor) -> None:
    for viewport in (PROJECTOR, {"width": 820, "height": 1180}):
        visitor.start_again(size=viewport)
        visitor.press("#digit").press("#tab-path")
        assert visitor.seen("#view-path").evaluate("(e) => e.scrollHeight - e.clientHeight") <= 0, viewport
