"""Practice in the walk: the page asks for a number of the calculation and hides it until it is given."""

from playwright.sync_api import expect

from tests.support.visitor import Visitor, number, seen


def pin(visitor: Visitor, layer: str) -> None:
    visitor.find(f'[data-layer="{layer}"] .plot').click(position={"x": 14, "y": 12})


def test_the_walk_asks_for_a_number_and_accepts_the_services(visitor: Visitor) -> None:
    visitor.press("#work")
    where = visitor.find("#where")
    for layer in ("input", "conv1", "relu1", "pool1", "conv2", "dense1", "logits", "probabilities"):
        if layer == "probabilities":
            visitor.find("#bars li").nth(7).click()
        else:
            pin(visitor, layer)
        expect(where).to_contain_text(layer)
        expect(visitor.find("#value"), layer).to_be_empty()
        expect(visitor.find("#calculation .result"), layer).to_have_text("?")
        # The number is shown if the student asks for it, and accepted if the student types it.
        name = visitor.text("#where")
        visitor.find("#show-answer").press("Enter")
        expect(visitor.find("#value"), layer).not_to_be_empty()
        expect(visitor.find("#calculation"), layer).to_be_focused()
        value = visitor.text("#value")
        visitor.press("#work").press("#work")
        expect(where).to_have_text(name)
        expect(visitor.find("#value"), layer).to_be_empty()
        visitor.find(".asked .answer-box").fill("4321")
        visitor.find(".asked .answer-box").press("Enter")
        expect(visitor.find(".check-says"), layer).not_to_be_empty()
        visitor.find(".asked .answer-box").fill(value)
        visitor.find(".asked .answer-box").press("Enter")
        expect(visitor.find("#value"), layer).to_have_text(value)
        expect(visitor.find("#asked"), layer).to_be_hidden()


def test_the_hint_for_a_sum_without_its_bias_names_the_mistake(visitor: Visitor) -> None:
    visitor.start_again("work=true&at=dense1.5")
    expect(visitor.find("#work")).to_have_attribute("aria-pressed", "true")
    shown = visitor.find("#calculation .sums p .num")
    expect(shown.first).to_be_visible()
    ten, rest = (number(text) for text in seen(shown).all_inner_texts()[:2])
    visitor.find(".asked .answer-box").fill(f"{ten + rest:.4f}")
    visitor.find(".asked .answer-box").press("Enter")
    expect(visitor.find(".check-says")).to_contain_text("without the bias")
    visitor.find("#tab-numpy").click()
    expect(visitor.find("#code")).to_contain_text("import json")
    expect(visitor.find("#code")).not_to_contain_text("the page shows")
    assert visitor.violations("#strip") == []
