"""The control that chooses the weights, and the slider over the epochs of the lesson's training run."""

import re
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Route, expect

from model.checkpoint import SHIPPED, read
from model.epochs import read_epoch
from model.weight_files.safetensors_file import encode
from tests.pages.explorer.walk.helpers import pin
from tests.pages.uploads import upload
from tests.support.visitor import PHONE, PROJECTOR, SEVEN, Opener, Visitor

SLIDE = "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input', { bubbles: true })); }"


def slide(visitor: Visitor, epoch: int) -> Visitor:
    visitor.seen("#epoch").evaluate(SLIDE, epoch)
    return visitor.settle()


def expected(visitor: Visitor, weights: str) -> dict[str, object]:
    """The service's prediction for the drawing on the pad by these weights."""
    body = visitor.feature_map_requests()[-1]["body"]
    url = f"{visitor.url}/predict?weights={weights}"
    found: dict[str, object] = httpx2.post(url, content=body, headers={"Content-Type": "application/json"}).json()
    return found


def shown(visitor: Visitor) -> list[str]:
    """The ten probabilities on the page."""
    return [text.strip() for text in visitor.texts("#bars .share")]


def as_shown(probabilities: object) -> list[str]:
    assert isinstance(probabilities, list)
    return ["> 99.9 %" if p >= 0.9995 else "< 0.1 %" if p < 0.0005 else f"{100 * p:.1f} %" for p in probabilities]


def open_with_upload(visitor: Visitor, number: int, *, edits: str = "") -> tuple[str, str]:
    """Let the page show an upload, with edits. Returns its name and the one that the page shows."""
    name, model = upload(visitor.url, number)
    visitor.find("#weights").focus()  # renews the list
    visitor.find("#weights option").filter(has_text=model).wait_for(state="attached")
    visitor.start_again(f"w={name.replace(':', '.')}{edits}")
    expect(visitor.find("#weights option:checked")).to_have_text(model)
    return name, model


def test_the_slider_moves_the_page_through_the_epochs(visitor: Visitor) -> None:
    visitor.draw(SEVEN).settle()
    expect(visitor.find("#weights")).to_have_value("robust")
    expect(visitor.find("#epoch")).to_be_hidden()
    visitor.find("#weights").select_option("lesson")
    visitor.settle()
    expect(visitor.find("#epoch-says")).to_have_text("epoch 5 of 5")
    assert shown(visitor) == as_shown(expected(visitor, "lesson")["probabilities"])
    for epoch in (3, 0):
        slide(visitor, epoch)
        assert shown(visitor) == as_shown(expected(visitor, f"lesson:{epoch}")["probabilities"])
    expect(visitor.find("#epoch-says")).to_have_text("untrained")
    expect(visitor.find("#weights-summary")).to_contain_text("Random weights")
    visitor.find("#weights").select_option("robust")
    visitor.settle()
    expect(visitor.find("#epoch")).to_be_hidden()
    assert shown(visitor) == as_shown(expected(visitor, "served")["probabilities"])


def test_the_calculation_and_the_programs_use_the_chosen_weights(visitor: Visitor) -> None:
    visitor.find("#weights").select_option("lesson")
    slide(visitor, 1)
    pin(visitor, "conv1", 3, 12, 12)
    kernel = read_epoch(1).tensors["features.0.weight"][3, 0]
    operands = visitor.find("#calculation .kernel, #calculation [data-part=K]")
    expect(operands.first).to_be_visible()
    texts = " ".join(visitor.seen("#calculation").all_inner_texts())
    assert f"{kernel[0, 0]:.4f}".replace("-", "−") in texts
    other = read(SHIPPED).tensors["features.0.weight"][3, 0]
    assert f"{other[0, 0]:.4f}".replace("-", "−") not in texts
    visitor.press("#tab-numpy")
    expect(visitor.find("#code")).to_contain_text("&weights=lesson:1&")
    expect(visitor.find("#code")).to_contain_text("/model/weights?weights=lesson:1")


def test_the_link_keeps_the_weights(visitor: Visitor) -> None:
    visitor.draw(SEVEN).settle()
    visitor.find("#weights").select_option("lesson")
    slide(visitor, 2)
    expect(visitor.page).to_have_url(re.compile("w=lesson[.]2"))
    before = shown(visitor)
    visitor.page.reload()
    visitor.settle()
    expect(visitor.find("#epoch-says")).to_have_text("epoch 2 of 5")
    assert shown(visitor) == before


@pytest.mark.parametrize("screen", [PROJECTOR, PHONE], ids=["projector", "phone"])
def test_the_control_fits_and_axe_finds_nothing(visitor: Visitor, screen: dict[str, int]) -> None:
    visitor.change_screen("light", screen)
    visitor.find("#weights").select_option("lesson")
    slide(visitor, 0)
    assert visitor.violations("#weights-control") == []
    assert visitor.run("() => document.documentElement.scrollWidth <= innerWidth")
    left, right = visitor.bounds("#epoch"), visitor.bounds("#weights")
    assert left["width"] >= 80
    assert right["height"] >= 24


@pytest.mark.parametrize("width", [1366, 820, 810, 768])
def test_the_header_ends_at_the_right_edge_with_a_slider_over_epochs(visitor: Visitor, width: int) -> None:
    """The buttons stay together, whether the page shows the list of weights or, in the simple view, hides it."""
    size = {"width": width, "height": 1180 if width < PROJECTOR["width"] else 657}
    for place, epochs in (("first=true", True), ("first=true&w=lesson", True), ("w=lesson", True), ("", False)):
        visitor.start_again(place, size=size)
        visitor.run("(on) => document.body.classList.toggle('with-epochs', on)", epochs)
        theme, view = visitor.bounds("#theme"), visitor.bounds("#page-view")
        assert theme["x"] + theme["width"] == pytest.approx(width - 14, abs=1), place
        assert theme["y"] == pytest.approx(view["y"], abs=1), place


def test_a_students_own_weights_are_opened_and_answer(visitor: Visitor, tmp_path: Path) -> None:
    path = tmp_path / "my_cnn.safetensors"
    path.write_bytes(encode(read_epoch(2).tensors, {"name": "mine"}))
    visitor.draw(SEVEN).settle()
    with visitor.page.expect_file_chooser() as chooser:
        visitor.find("#weights").select_option("open")
    chooser.value.set_files(path)
    expect(visitor.find("#weights option:checked")).to_contain_text("mine-")
    visitor.settle()
    assert shown(visitor) == as_shown(expected(visitor, "lesson:2")["probabilities"])
    path.write_bytes(b"not weights")
    visitor.expect_in_console("422")
    visitor.run("document.getElementById('close-message').click()")  # an earlier message
    expect(visitor.find("#message")).to_be_empty()
    visitor.find("#weights-file").set_input_files(path)
    expect(visitor.find("#message")).not_to_be_empty()
    path.write_bytes(encode(read_epoch(3).tensors, {"name": "next"}))
    visitor.find("#weights-file").set_input_files(path)
    expect(visitor.find("#weights option:checked")).to_contain_text("next-")
    expect(visitor.find("#message")).to_be_empty()


def test_an_upload_is_thrown_away_after_a_question(visitor: Visitor, live_server: str) -> None:
    name, model = upload(live_server, 21)
    expect(visitor.find("#delete-weights")).to_be_hidden()
    visitor.find("#weights").focus()  # renews the list
    visitor.find("#weights option").filter(has_text=model).wait_for(state="attached")
    visitor.find("#weights").select_option(name)
    visitor.settle()
    remove = visitor.find("#delete-weights")
    expect(remove).to_have_accessible_name(f"Delete {model}")
    visitor.press(remove)
    expect(remove).to_have_text("Really delete?")
    visitor.find("#pad-canvas").focus()
    expect(remove).to_have_text("Delete")
    visitor.press(remove).press(remove)
    expect(visitor.find("#message")).to_have_text(
        re.compile(rf"The weights {model} are deleted. This page now shows robust-\w+\.")
    )
    expect(visitor.find("#message")).to_have_attribute("role", "status")
    expect(visitor.find("#weights")).to_be_focused()
    expect(visitor.find("#weights")).to_have_value("robust")
    expect(remove).to_be_hidden()
    visitor.settle()
    assert "weights=" not in visitor.feature_map_requests()[-1]["url"]
    assert httpx2.get(f"{live_server}/model", params={"weights": name}).status_code == 404


def test_weights_in_service_stay(visitor: Visitor) -> None:
    _, model = open_with_upload(visitor, 22)
    visitor.expect_in_console("409")
    # As if they were in service: on the real one, other tests would get them.
    problem = {"type": "/problems/weights-in-service", "detail": "The service answers with these weights."}
    visitor.page.route("**/weights/upload*", lambda route: route.fulfill(status=409, json=problem), times=1)
    visitor.press("#delete-weights").press("#delete-weights")
    expect(visitor.find("#message")).to_have_text("The service answers with these weights.")
    expect(visitor.find("#weights option:checked")).to_have_text(model)
    expect(visitor.find("#delete-weights")).to_be_visible()


def test_a_page_goes_on_when_its_weights_have_been_deleted_elsewhere(visitor: Visitor, live_server: str) -> None:
    name, model = open_with_upload(visitor, 23, edits="~conv1_7_off")
    link = visitor.page.url.removeprefix(visitor.url)
    visitor.expect_in_console("404")
    assert httpx2.delete(f"{live_server}/weights/{name}").status_code == 204
    visitor.draw(SEVEN)
    expect(visitor.find("#message")).to_have_text(
        re.compile(rf"The weights {model} are no longer on this server. This page now shows robust-\w+\.")
    )
    expect(visitor.find("#weights")).to_have_value("robust")
    visitor.settle()
    expect(visitor.find("#digit")).to_have_text("7")
    # An old link says what it shows instead.
    visitor.page.goto("about:blank")
    visitor.open(link)
    expect(visitor.find("#message")).to_have_text(
        re.compile(r"weights that this server does not have. This page shows robust-\w+ instead")
    )
    expect(visitor.find("#weights")).to_have_value("robust")
    expect(visitor.find("#digit")).to_have_text("7")


def test_a_tab_that_is_shown_again_looks_whether_its_weights_are_still_there(
    visitor: Visitor, live_server: str
) -> None:
    name, model = open_with_upload(visitor, 24)
    visitor.expect_in_console("404")  # the page may just be requesting maps
    assert httpx2.delete(f"{live_server}/weights/{name}").status_code == 204
    visitor.run("document.dispatchEvent(new Event('visibilitychange'))")
    expect(visitor.find("#message")).to_contain_text(f"The weights {model} are no longer on this server.")
    expect(visitor.find("#weights")).to_have_value("robust")


def test_pages_that_may_not_delete_do_not_offer_it(visitors: Opener, live_server: str) -> None:
    name, model = upload(live_server, 25)
    visitor = visitors(None)

    def page(route: Route) -> None:
        text = route.fetch().text().replace('"changes": true', '"changes": false')
        route.fulfill(body=text, content_type="text/html")

    visitor.page.route(re.compile(r"/$"), page)
    visitor.open(f"/#w={name.replace(':', '.')}&d=digit.7.0.mnist")
    expect(visitor.find("#weights option:checked")).to_have_text(model)
    expect(visitor.find("#delete-weights")).to_be_hidden()


def test_a_page_that_the_user_comes_back_to_knows_the_uploads(visitor: Visitor, live_server: str) -> None:
    name, model = upload(live_server, 26)  # after the page was delivered
    visitor.find("#weights").focus()
    visitor.find("#weights option").filter(has_text=model).wait_for(state="attached")
    visitor.find("#weights").select_option(name)
    expect(visitor.page).to_have_url(re.compile(name.replace(":", "[.]")))
    visitor.page.goto(f"{visitor.url}/glossary")
    visitor.page.go_back()
    expect(visitor.find("#weights option:checked")).to_have_text(model)
    assert visitor.seen("#message").inner_text() == ""


def test_the_simple_view_hides_the_list_again_when_the_upload_is_gone(visitor: Visitor) -> None:
    _, model = open_with_upload(visitor, 27, edits="&first=true")
    visitor.press("#delete-weights").press("#delete-weights")
    expect(visitor.find("#message")).to_contain_text(f"The weights {model} are deleted.")
    expect(visitor.find("#weights")).to_be_hidden()
    expect(visitor.find("#pad-canvas")).to_be_focused()
