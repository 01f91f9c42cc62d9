"""The walk on the page: pinning, operands, back, the strongest path, the sliding window, links and what they hide."""

import json
import re
from itertools import pairwise
from typing import Any

import httpx2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Position, Route, expect

from model.layers import LAYER_NAMES, LAYERS
from tests import ROOT
from tests.visitor import ONE, PHONE, PROJECTOR, SEVEN, Opener, Visitor, answering, bounds, number, seen


@pytest.fixture
def context_options() -> dict[str, Any]:
    """Without motion nothing goes on by itself: the walk takes a step for each press."""
    return {"viewport": PROJECTOR, "reduced_motion": "reduce"}


def near(values: Any) -> Any:
    """Equal to 1e-4 relative, or to the last of the four decimals that are shown."""
    return pytest.approx(np.asarray(values).tolist(), rel=1e-4, abs=6e-5)


def numbers(locator: Locator) -> list[float]:
    return [number(text) for text in seen(locator).all_inner_texts()]


def plot(visitor: Visitor, layer: str) -> Locator:
    return visitor.find(f'.layer[data-layer="{layer}"] .plot')


def place(visitor: Visitor, layer: str, index: tuple[int, ...]) -> Position:
    """Where a cell lies on its plot while maps stand by number."""
    if layer == "probabilities":
        bar = bounds(visitor.find("#bars li").nth(index[0]))
        frame = bounds(plot(visitor, layer))
        return Position(x=20, y=bar["y"] - frame["y"] + bar["height"] / 2)
    x, y = visitor.module(
        "core/layers",
        """const layer = m.byName[a[0]];
        const [map, row, col] = layer.grid ? [0, Math.floor(a[1][0] / layer.cols), a[1][0] % layer.cols] : a[1];
        const [left, top] = layer.maps === 1 ? [0, 0] : m.tileAt(layer, map);
        return [(left + col + 0.5) / layer.width, (top + row + 0.5) / layer.height]""",
        [layer, list(index)],
    )
    box = visitor.bounds(f'.layer[data-layer="{layer}"] .maps')
    return Position(x=x * box["width"], y=y * box["height"])


def pin(visitor: Visitor, layer: str, *index: int) -> None:
    plot(visitor, layer).click(position=place(visitor, layer, index))
    expect(visitor.find("#where")).to_have_text(f"{layer}[{', '.join(map(str, index))}]")
    expect(visitor.find("#calculation")).to_be_visible()


def activations(visitor: Visitor, live_server: str) -> dict[str, NDArray[np.float64]]:
    """What the service says to the drawing on the page, layer by layer."""
    body = visitor.asked()[-1]["body"]
    answer = httpx2.post(f"{live_server}/feature-maps", content=body, headers={"Content-Type": "application/json"})
    return {layer["name"]: np.array(layer["values"]) for layer in answer.json()["layers"]}


def steps(visitor: Visitor) -> list[str]:
    """The path in the strip, without the answer it begins at."""
    labels = "(crumbs) => crumbs.slice(1).map((crumb) => crumb.getAttribute('aria-label'))"
    crumbs: list[str] = visitor.seen("#crumbs button").evaluate_all(labels)
    return crumbs


# ---------------------------------------------------------------- calculations


def test_a_pinned_cell_of_the_first_convolution_is_nine_products_and_a_bias(visitor: Visitor, live_server: str) -> None:
    visitor.clear().draw(SEVEN)
    pin(visitor, "conv1", 7, 12, 13)
    patch, kernel, products = (numbers(visitor.find(f"#calculation .grid >> nth={i} >> .num")) for i in range(3))
    found = activations(visitor, live_server)
    assert patch == near(found["input"][0, 12:15, 13:16].ravel())
    assert products == pytest.approx((np.array(patch) * kernel).tolist(), abs=3e-4)
    total, bias, z, passed = numbers(visitor.find("#calculation .sums .num"))
    assert total == pytest.approx(sum(products), abs=1e-3)
    assert z == pytest.approx(total + bias, abs=1.1e-4)
    assert z == near(found["conv1"][7, 12, 13])
    assert passed == max(0, z)
    assert "Rounded to four decimals" in visitor.text("#calculation")


def test_the_second_convolution_opens_each_of_its_32_channels(visitor: Visitor, live_server: str) -> None:
    visitor.clear().draw(SEVEN)
    pin(visitor, "conv2", 20, 5, 6)
    bars = visitor.find(".channels button")
    labels: list[str] = seen(bars).evaluate_all("(bars) => bars.map((bar) => bar.ariaLabel)")
    sums = [number(label.rpartition("sum ")[2]) for label in labels]
    assert len(sums) == 32
    assert all(abs(a) >= abs(b) for a, b in pairwise(sums)), "the largest magnitude comes first"
    found = activations(visitor, live_server)
    for i in (0, 3, 31):
        bars.nth(i).click()
        expect(bars.nth(i)).to_have_attribute("aria-pressed", "true")
        channel = int(seen(bars.nth(i)).inner_text())
        patch = numbers(visitor.find("#calculation .grid >> nth=0 >> .num"))
        assert patch == near(found["pool1"][channel, 5:8, 6:9].ravel())
        own, total, bias, z, _ = numbers(visitor.find("#calculation .sums .num"))
        assert own == pytest.approx(sums[i], abs=1e-4)
        assert total == pytest.approx(sum(sums), abs=2e-3)
        assert z == pytest.approx(total + bias, abs=1.1e-4)
        assert z == near(found["conv2"][20, 5, 6])


@pytest.mark.parametrize(("layer", "unit", "count"), [("dense1", 34, 1600), ("logits", 7, 128)])
def test_a_dense_unit_shows_its_ten_largest_contributions_and_the_sum_of_the_others(
    visitor: Visitor, live_server: str, layer: str, unit: int, count: int
) -> None:
    visitor.clear().draw(SEVEN)
    pin(visitor, layer, unit)
    products = numbers(visitor.find(".contributions li > .num"))
    assert len(products) == 10
    assert all(abs(a) >= abs(b) - 1e-4 for a, b in pairwise(products))
    ten, others, bias, z = numbers(visitor.find("#calculation .sums .num"))[:4]
    assert f"the other {count - 10:,}" in visitor.text("#calculation")
    assert ten == pytest.approx(sum(products), abs=6e-4)
    assert z == pytest.approx(ten + others + bias, abs=2e-4)
    assert z == near(activations(visitor, live_server)[layer][unit])


def test_softmax_shows_ten_exponentials_and_the_division(visitor: Visitor, live_server: str) -> None:
    visitor.clear().draw(ONE)
    found = activations(visitor, live_server)
    for digit in (1, 7):
        pin(visitor, "probabilities", digit)
        logits = numbers(visitor.find(".powers button"))
        assert logits == near(found["logits"])
        temperature = float(visitor.seen("main").get_attribute("data-temperature") or "")
        scaled = found["logits"] / temperature
        powers = numbers(visitor.find('.powers [data-part="P"]'))
        assert powers == pytest.approx(np.exp(scaled - scaled.max()).tolist(), rel=6e-3, abs=6e-5)
        *_, own, total, p = numbers(visitor.find("#calculation .sums .num"))
        assert p == pytest.approx(own / total, rel=6e-3, abs=1e-4)
        assert p == pytest.approx(found["probabilities"][digit], rel=6e-3, abs=6e-5)


def heated(visitor: Visitor, temperature: float) -> Visitor:
    """The page of a service whose weights are calibrated: its logits are divided by this temperature."""

    def serve(route: Route) -> None:
        page = re.sub(r'data-temperature="[^"]*"', f'data-temperature="{temperature}"', route.fetch().text())
        route.fulfill(body=page, content_type="text/html")

    def divide(_: dict[str, Any], layers: dict[str, NDArray[np.float32]]) -> dict[str, Any]:
        if "logits" not in layers:
            return {}
        powers = np.exp(layers["logits"].astype(float) / temperature)
        shares = (powers / powers.sum()).tolist()
        return {"probabilities": shares, "confidence": max(shares)}

    visitor.page.route(visitor.url + "/", serve)
    answering(visitor, divide)
    return visitor.open()


def test_a_calibrated_softmax_shows_the_division_by_the_temperature(visitors: Opener) -> None:
    visitor = heated(visitors(None), 4.3217)
    pin(visitor, "probabilities", 7)
    logits = np.array(numbers(visitor.find(".powers button")))
    assert numbers(visitor.find('.powers [data-part="T"]')) == near(logits / 4.3217)
    assert visitor.text('.sums [data-part="T"]') == "4.3217"
    assert "training did not see" in visitor.text("#calculation")
    powers = np.exp((logits - logits.max()) / 4.3217)
    shown = number(visitor.seen('#calculation .sums [data-part="O"] .num').inner_text())
    assert shown == near(powers[7] / powers.sum())
    assert f"{100 * shown:.1f} %" in visitor.seen("#bars li").nth(7).inner_text()
    letter = visitor.find('#formula [data-means="T"]').first
    letter.hover()
    expect(visitor.find('.powers [data-part="T"]').first).to_have_class(re.compile("lit"))
    for spare in ("#calculation", "#formula"):
        cut = visitor.seen(spare).evaluate("(e) => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]")
        assert cut[0] <= 0, spare
        assert cut[1] <= 0 or spare == "#formula", spare
    assert visitor.violations("#strip") == []
    visitor.press("#tab-numpy")
    assert "T = 4.3217" in visitor.text("#code")


def test_pooling_rings_its_winner_and_the_others_say_where_they_come_from(visitor: Visitor, live_server: str) -> None:
    visitor.clear().draw(SEVEN)
    found = activations(visitor, live_server)
    map_, row, col = np.unravel_index(int(found["pool1"].argmax()), found["pool1"].shape)
    pin(visitor, "pool1", int(map_), int(row), int(col))
    four = numbers(visitor.find("#calculation .grid .num"))
    block = found["relu1"][map_, 2 * row : 2 * row + 2, 2 * col : 2 * col + 2]
    assert four == near(block.ravel())
    assert number(visitor.text("#calculation .winner")) == max(four)
    pin(visitor, "relu1", 3, 10, 10)
    assert "max(0," in visitor.text("#calculation")
    pin(visitor, "flatten", 423)
    assert "423 = 25 · 16 + 5 · 4 + 3, so it is a copy of pool2[16, 4, 3]" in visitor.text("#calculation")
    pin(visitor, "input", 0, 14, 14)
    assert "The end of the walk" in visitor.text("#calculation")


# ---------------------------------------------------------------- the way


def test_every_operand_is_a_step_back_and_escape_and_crumbs_retrace_it(visitor: Visitor) -> None:
    visitor.clear().draw(SEVEN)
    pin(visitor, "probabilities", 7)
    for _ in range(11):
        visitor.press(visitor.find("#calculation button.num:not([data-part=next])").first)
    path = steps(visitor)
    assert [re.sub(r"\[.*", "", step) for step in path] == list(reversed(LAYER_NAMES))
    expect(visitor.find("#calculation button.num")).to_have_count(0)  # ink is made of nothing else
    visitor.key("Escape")
    assert steps(visitor) == path[:-1]
    visitor.press("#back")
    assert steps(visitor) == path[:-2]
    visitor.press(visitor.find("#crumbs button").nth(2))
    assert steps(visitor) == path[:2]
    visitor.press(".network-head h2")  # empty space
    assert steps(visitor) == path[:1]
    visitor.press("#kept")
    assert steps(visitor) == []
    visitor.press(visitor.find("#crumbs button").first)
    assert steps(visitor) == ["probabilities[7]"]


def test_the_focus_goes_along_so_that_the_walk_needs_no_mouse(visitor: Visitor) -> None:
    plot(visitor, "probabilities").focus()
    visitor.key("Home")
    for _ in range(7):
        visitor.key("ArrowDown")
    visitor.key("Enter")
    expect(visitor.find("#where")).to_have_text("probabilities[7]")
    for step in ("logits", "relu3"):
        button = visitor.find(
            "#calculation button.num.winner, #calculation .winner button.num, .contributions button"
        ).first
        button.focus()
        visitor.key("Enter")
        expect(visitor.find("#where")).to_contain_text(step)
        assert visitor.run("document.activeElement.id") == "calculation"
        expect(visitor.find("#spoken")).to_contain_text(f"{step}[")
        visitor.key("Tab")
        assert visitor.run("document.activeElement.closest('#calculation') !== null")


def test_enter_keeps_the_cell_that_the_arrow_keys_have_led_to(visitor: Visitor) -> None:
    """They take the pin along, so Enter there is no second press of a pinned cell; Esc lets go."""
    pin(visitor, "probabilities", 3)
    plot(visitor, "probabilities").focus()
    for key in ("ArrowDown", "ArrowDown", "Enter", "Enter", "Space"):
        visitor.key(key)
        expect(visitor.find("#kept")).to_be_visible()
    assert steps(visitor) == ["probabilities[5]"]
    visitor.key("Escape")
    assert steps(visitor) == []
    for view in ("map", "table"):
        visitor.press(f"#tab-{view}")
        panel = visitor.find(f"#view-{view}")
        panel.locator("select").select_option("conv1")
        panel.locator(".map-plot, td[aria-current] button").first.focus()
        for key in ("ArrowRight", "Enter", "ArrowDown", "Enter"):
            visitor.key(key)
        assert len(steps(visitor)) == 1, view
        visitor.key("Escape")


def test_the_strongest_path_leads_from_the_winning_bar_to_ink_one_press_a_step_without_motion(
    visitor: Visitor, live_server: str
) -> None:
    visitor.clear().draw(SEVEN)
    visitor.press("#why")
    for _ in range(11):
        visitor.press("#step")
    path = steps(visitor)
    assert [re.sub(r"\[.*", "", step) for step in path] == list(reversed(LAYER_NAMES))
    assert path[0] == "probabilities[7]"
    row, col = (int(n) for n in re.findall(r"\d+", path[-1])[1:])
    assert activations(visitor, live_server)["input"][0, row, col] > 0, "it ends on ink"


def test_with_motion_the_path_walks_by_itself_and_any_press_stops_it(visitors: Opener) -> None:
    visitor = visitors(reduced_motion="no-preference")
    visitor.stop_clock()
    visitor.press("#follow")
    visitor.pass_time(5100)
    assert len(steps(visitor)) == 3
    expect(visitor.find("#follow")).to_have_attribute("aria-pressed", "true")
    visitor.pass_time(40_000)
    assert len(steps(visitor)) == 12
    expect(visitor.find("#follow")).to_have_attribute("aria-pressed", "false")
    visitor.press("#why")
    visitor.pass_time(2600)
    visitor.key("Escape")
    visitor.pass_time(100)
    left = steps(visitor)
    visitor.pass_time(10_000)
    assert steps(visitor) == left


def test_the_window_slides_with_the_arrow_keys_by_a_press_and_by_itself(visitors: Opener) -> None:
    visitor = visitors(reduced_motion="no-preference")
    pin(visitor, "conv1", 3, 10, 10)
    lens, where = visitor.find("#lens-plot"), visitor.find("#where")
    lens.focus()
    visitor.key("ArrowRight")
    expect(where).to_have_text("conv1[3, 10, 11]")
    visitor.key("ArrowDown")
    expect(where).to_have_text("conv1[3, 11, 11]")
    assert len(steps(visitor)) == 1, "the window slides; that is no step of the walk"
    plot(visitor, "conv1").focus()
    visitor.key("ArrowLeft")
    expect(where).to_have_text("conv1[3, 11, 10]")
    box = visitor.bounds("#lens")
    visitor.page.mouse.click(box["x"] + 5.5 * box["width"] / 28, box["y"] + 6.5 * box["height"] / 28)
    expect(where).to_have_text("conv1[3, 5, 4]")
    visitor.stop_clock()
    visitor.press("#play")
    visitor.pass_time(340)
    expect(where).to_have_text("conv1[3, 5, 7]")
    visitor.press("#play")
    visitor.pass_time(1000)
    expect(where).to_have_text("conv1[3, 5, 7]")
    assert len(steps(visitor)) == 1


# ---------------------------------------------------------------- looking


def test_looking_moves_nothing_and_lights_what_feeds_and_what_is_fed(visitor: Visitor) -> None:
    visitor.clear().draw(SEVEN)
    boxes = """() => [...document.querySelectorAll("section, .plot, .maps")]
        .map((e) => JSON.stringify(e.getBoundingClientRect()))"""
    reached = "() => [...document.querySelectorAll('.network canvas.reach')].filter((e) => !e.hidden).length"
    still: list[str] = []
    pin(visitor, "pool1", 3, 5, 5)
    for layer in LAYERS:
        index = tuple(side // 2 for side in layer.shape)
        plot(visitor, layer.name).hover(position=place(visitor, layer.name, index))
        expect(visitor.find("#where")).to_have_text(f"{layer.name}[{', '.join(map(str, index))}]")
        still = still or visitor.run(boxes)
        assert visitor.run(boxes) == still, layer.name
        assert visitor.run(reached) >= 9, f"{layer.name} lights the others"
    visitor.find("#digit").hover()
    expect(visitor.find("#where")).to_have_text("pool1[3, 5, 5]")


def test_the_frame_on_the_drawing_is_the_ink_that_a_cell_looks_at(visitor: Visitor) -> None:
    visitor.clear().draw(SEVEN)
    sides = []
    for layer in ("input", "conv1", "pool1", "conv2", "pool2"):
        shape = next(entry.shape for entry in LAYERS if entry.name == layer)
        plot(visitor, layer).hover(position=place(visitor, layer, tuple(side // 2 for side in shape)))
        expect(visitor.find("#where")).to_contain_text(layer)
        box = visitor.bounds(".pad-mark")
        sides.append(box["width"])
    assert [side / sides[0] for side in sides] == pytest.approx([1, 3, 4, 8, 10], rel=0.05)


def test_a_look_shows_the_map_in_three_numbers_and_its_kernels(visitor: Visitor, live_server: str) -> None:
    found = activations(visitor, live_server)
    for layer, channels in (("relu1", 1), ("conv2", 32)):
        plot(visitor, layer).hover(position=place(visitor, layer, (5, 4, 4)))
        expect(visitor.find("#map-facts")).to_contain_text("map 5: min")
        shown = [number(text) for text in re.findall(r"(?:min|max|mean) (−?[\d.]+)", visitor.text("#map-facts"))]
        own = found[layer][5]
        assert shown == near([own.min(), own.max(), own.mean()])
        label = visitor.seen("#kernel").get_attribute("aria-label") or ""
        assert ("The 32 kernels" in label) == (channels == 32)


def test_letters_and_nouns_light_what_they_stand_for(visitor: Visitor) -> None:
    pin(visitor, "conv1", 3, 10, 10)
    kernel = visitor.find('#calculation .grid[data-part="K"]')
    expect(visitor.find("#formula math")).to_have_count(1)
    visitor.find('#formula mi[data-means="K"]').hover()
    expect(kernel).to_have_class(re.compile("lit"))
    visitor.find("#digit").hover()
    expect(kernel).not_to_have_class(re.compile("lit"))
    visitor.find('.letter[data-means="I"]').focus()
    expect(visitor.find('.layer[data-layer="input"]')).to_have_class(re.compile("lit"))
    visitor.press("#kept")
    plot(visitor, "flatten").focus()
    visitor.key("ArrowRight")
    plot(visitor, "conv1").hover(position=place(visitor, "conv1", (3, 3, 3)))
    noun = visitor.find('.noun[data-lights="input"]').first
    assert seen(noun).inner_text() in ("picture", "input")
    pin(visitor, "flatten", 423)
    visitor.find('#calculation .noun[data-lights="pool2"]').hover()
    expect(visitor.find('.layer[data-layer="pool2"]')).to_have_class(re.compile("lit"))
    visitor.find("#digit").hover()
    expect(visitor.find('.layer[data-layer="pool2"]')).not_to_have_class(re.compile("lit"))


def test_maps_that_are_all_zero_are_struck_out_and_strength_sorts_them_last(visitor: Visitor, live_server: str) -> None:
    visitor.clear().draw(ONE)
    found = activations(visitor, live_server)
    dead = [int(i) for i in np.flatnonzero(found["relu2"].reshape(64, -1).max(axis=1) == 0)]
    assert dead, "this drawing leaves some maps empty"
    struck = visitor.module(
        "explorer/network-view", "return m.deadMaps(a).relu2", {name: v.ravel().tolist() for name, v in found.items()}
    )
    assert struck == dead
    by_number = visitor.pixels('.layer[data-layer="relu2"] .maps')
    visitor.press("#sorted")
    strengths = found["relu2"].reshape(64, -1).max(axis=1)
    first = int(strengths.argmax())
    plot(visitor, "relu2").hover(position=Position(x=3, y=3))
    expect(visitor.find("#where")).to_have_text(re.compile(rf"relu2\[{first}, "))
    assert not np.array_equal(by_number, visitor.pixels('.layer[data-layer="relu2"] .maps'))
    plot(visitor, "pool2").hover(position=Position(x=3, y=3))
    expect(visitor.find("#where")).to_have_text(re.compile(rf"pool2\[{first}, "))


# ---------------------------------------------------------------- links


def test_a_link_opens_the_same_drawing_walk_and_panels_elsewhere(visitors: Opener) -> None:
    visitor = visitors()
    visitor.clear().draw(SEVEN).draw(ONE)
    pin(visitor, "conv2", 20, 5, 6)
    visitor.press(visitor.find(".channels button").nth(4))
    visitor.press(visitor.find("#calculation .grid button.num").nth(4))
    visitor.choose("scale", "map")
    visitor.press("#tab-map")
    visitor.press("#tab-numpy")
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.press("#copy-link")
    expect(visitor.find("#message")).to_contain_text("copied")
    link: str = visitor.run("navigator.clipboard.readText()")
    assert link == visitor.run("location.href")
    other = visitors(link.removeprefix(visitor.url))
    expect(other.find("#view-map")).to_be_visible()
    for part in ("#where", "#value", "#code", "#verdict", "#crumbs", "#legend-text"):
        assert other.text(part) == visitor.text(part), part
    assert other.asked()[-1]["body"] == visitor.asked()[-1]["body"]
    shown = '.layer[data-layer="conv1"] .maps'
    assert np.array_equal(other.pixels(shown), visitor.pixels(shown))


def test_back_and_forward_go_through_the_walk(visitor: Visitor) -> None:
    pin(visitor, "probabilities", 7)
    visitor.press(".powers .winner button")
    visitor.press("#tab-table")
    visitor.page.go_back()
    expect(visitor.find("#columns")).to_be_visible()
    assert steps(visitor) == ["probabilities[7]", "logits[7]"]
    visitor.page.go_back()
    expect(visitor.find("#where")).to_have_text("probabilities[7]")
    assert steps(visitor) == ["probabilities[7]"]
    visitor.page.go_forward()
    expect(visitor.find("#where")).to_have_text("logits[7]")
    assert visitor.digit == "7"


def test_a_drawing_that_a_link_replaces_comes_back_with_undo(visitor: Visitor) -> None:
    visitor.clear().draw(ONE)
    body = visitor.asked()[-1]["body"]
    visitor.run("(hash) => { location.hash = hash }", "#d=digit.4.27.mnist")
    expect(visitor.find("#digit")).to_have_text("4")
    visitor.press("#undo").settle()
    assert visitor.digit == "1"
    assert visitor.asked()[-1]["body"] == body


@pytest.mark.parametrize(
    ("fragment", "said"),
    [
        ("d=ink.26.Zz!!", "This link is damaged"),
        ("at=conv1.99.0.0&d=digit.7.0.mnist", "This link is damaged"),
        ("d=digit.7.9999.mnist", "not one of the samples"),
        ("m=other-00000000&d=digit.4.27.mnist", "made with other weights (other-00000000)"),
    ],
)
def test_a_link_that_is_damaged_or_of_other_weights_says_so_and_opens_the_page(
    visitors: Opener, fragment: str, said: str
) -> None:
    visitor = visitors(None)
    visitor.page.goto(f"{visitor.url}/#{fragment}")
    expect(visitor.find("#message")).to_contain_text(said)  # looked for first, as it goes by itself
    assert visitor.settle().digit in ("4", "7")
    visitor.clear().draw(ONE)
    assert visitor.digit == "1"


def test_a_teacher_can_hide_controls(visitors: Opener, live_server: str) -> None:
    names = visitors().module("core/links/permalink", "return Object.keys(m.HIDEABLE)")
    everything = visitors("/")
    controls = {
        "tools": "#undo", "pen": ".pen", "samples": "#samples", "upload": "#upload", "prepare": "#prepare",
        "stages": "#stages", "scale": "#scale", "views": "#views", "code": "#code-tabs", "link": "#copy-link",
        "follow": "#step", "work": "#work",
    }  # fmt: skip
    assert sorted(names) == sorted(controls)
    for selector in controls.values():
        expect(everything.find(selector)).to_be_visible()
    bare = visitors("/?hide=" + ",".join(names))
    for selector in controls.values():
        expect(bare.find(selector)).to_be_hidden()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in readme for name in names)


def test_an_upload_travels_in_a_link_as_what_the_network_saw(visitors: Opener) -> None:
    visitor = visitors()
    with visitor.page.expect_file_chooser() as chooser:
        visitor.press("#upload")
    chooser.value.set_files(ROOT / "docs/seven.png")
    expect(visitor.find('#samples [aria-pressed="true"]')).to_have_count(0)
    visitor.settle()
    pin(visitor, "conv1", 3, 10, 10)
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.press("#copy-link")
    expect(visitor.find("#message")).to_contain_text("copied")
    other = visitors(visitor.run("location.pathname + location.hash"))
    assert other.digit == visitor.digit
    shown = '.layer[data-layer="conv1"] .maps'
    assert np.array_equal(other.pixels(shown), visitor.pixels(shown))


# ---------------------------------------------------------------- code


def test_the_code_is_that_of_the_number_on_the_screen(visitor: Visitor) -> None:
    visitor.clear().draw(SEVEN)
    pin(visitor, "conv1", 7, 12, 13)
    for tab, word in (("numpy", "import numpy as np"), ("torch", "import torch"), ("curl", "curl")):
        visitor.press(f"#tab-{tab}")
        expect(visitor.find("#code")).to_contain_text(word)
        expect(visitor.find("#calculation")).to_be_hidden()
    visitor.press("#tab-numpy")
    code = visitor.text("#code")
    assert visitor.text("#value") in code.replace("-", "−")
    drawing = re.search(r"^drawing = (.*)$", code, re.MULTILINE)
    assert drawing is not None
    assert json.loads(drawing[1]) == json.loads(visitor.asked()[-1]["body"])
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.press("#copy-code")
    expect(visitor.find("#message")).to_contain_text("copied")
    assert visitor.run("navigator.clipboard.readText()") == visitor.seen("#code").text_content()
    visitor.press("#tab-numbers")
    expect(visitor.find("#calculation")).to_be_visible()


# ---------------------------------------------------------------- for everyone


@pytest.mark.parametrize(("theme", "screen"), [("light", PROJECTOR), ("dark", PHONE)], ids=["projector", "phone"])
def test_axe_finds_nothing_in_any_calculation(visitors: Opener, theme: str, screen: dict[str, int]) -> None:
    visitor = visitors(color_scheme=theme, viewport=screen)
    visitor.press("#why")
    for name in reversed(LAYER_NAMES):
        expect(visitor.find("#where")).to_contain_text(name)
        assert visitor.violations("#strip") == [], name
        if name != "input":
            visitor.press("#step")
    visitor.press("#tab-numpy")
    assert visitor.violations("#strip") == [], "code"


CUT = """() => [...document.querySelectorAll("#calculation :is(.num, .times, .sums p, .caption)")]
    .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline")
    .map((e) => e.textContent)"""


RIGHTS = """(products) => products.map((product) =>
    [product, product.querySelector(".times")].map((e) => e.getBoundingClientRect().right))"""


def test_nothing_in_the_strip_is_cut_off_in_any_calculation(visitor: Visitor) -> None:
    visitor.clear().draw(SEVEN)
    visitor.press("#why")
    for name in reversed(LAYER_NAMES):
        expect(visitor.find("#where")).to_contain_text(name)
        spare = visitor.seen("#calculation").evaluate(
            "(e) => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]"
        )
        assert spare == [0, 0], name
        assert visitor.run(CUT) == [], name
        assert visitor.seen("#formula").evaluate("(e) => e.scrollWidth - e.clientWidth") <= 0, name
        visitor.press("#step")


def test_large_operands_and_negative_weights_are_whole_numbers_to_the_last_digit(visitor: Visitor) -> None:
    visitor.clear().draw(SEVEN)
    for digit in range(10):
        pin(visitor, "logits", digit)
        assert visitor.run(CUT) == [], digit
        frame = visitor.bounds("#calculation")
        for product, times in visitor.seen(".contributions li").evaluate_all(RIGHTS):
            assert times <= product + 0.5
            assert product <= frame["x"] + frame["width"]


# ---------------------------------------------------------------- a phone


def test_on_a_phone_the_layer_that_is_explained_stays_in_sight_between_pad_and_sheet(visitors: Opener) -> None:
    visitor = visitors(viewport=PHONE, has_touch=True, is_mobile=True)
    layer = plot(visitor, "conv2")
    layer.scroll_into_view_if_needed()
    layer.tap(position={"x": 40, "y": 60})
    expect(visitor.find("#looking")).to_have_text("only looking: tap again to keep", use_inner_text=True)
    layer.tap(position={"x": 40, "y": 60})
    expect(visitor.find("#kept")).to_be_visible()
    answer, sheet = (visitor.bounds(part) for part in ("#answer", "#strip"))
    middle = bounds(layer)
    assert abs(middle["x"] + middle["width"] / 2 - PHONE["width"] / 2) < 40
    assert answer["y"] + answer["height"] <= middle["y"] < sheet["y"] - 60, "its first rows of maps are seen"


@pytest.mark.parametrize("opened", [False, True], ids=["closed", "open"])
def test_on_a_phone_the_end_of_the_page_can_be_scrolled_out_from_under_the_sheet(
    visitors: Opener, opened: bool
) -> None:
    visitor = visitors(viewport=PHONE, has_touch=True, is_mobile=True)
    if opened:
        visitor.press("#sheet")
    visitor.run("scrollTo(0, document.documentElement.scrollHeight)")
    last, sheet = bounds(visitor.find("#stages li").last), visitor.bounds("#strip")
    assert last["y"] + last["height"] <= sheet["y"]
