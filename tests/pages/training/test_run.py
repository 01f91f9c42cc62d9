"""A run on the training page, from the guess to the end, and what it shows on the way."""

import re
from pathlib import Path

import httpx2
from playwright.sync_api import expect

from model.epochs import read_epoch
from model.weight_files.safetensors_file import encode
from tests.pages.training.conftest import Start
from tests.pages.uploads import upload
from tests.support.recorded_runs import EVENTS, RUN
from tests.support.visitor import ONE, SEVEN

FILE = '[aria-label="A file of weights"]'
# Remembers which phases of a step have been highlighted: each is for less than a second.
RECORD_PHASES = """() => {
  window.lit = [];
  new MutationObserver(() => {
    const phase = document.querySelector(".lit-phase")?.dataset.phase;
    if (phase && phase !== lit.at(-1)) lit.push(phase);
  }).observe(document.querySelector("#view-step"), { subtree: true, attributeFilter: ["class"] });
}"""


def test_a_run_is_watched_from_the_guess_to_the_end(training: Start) -> None:
    visitor, recorded = training()
    visitor.find("#preset").select_option("lesson")
    visitor.find("#guess").fill("90")
    visitor.choose("curve", "test").press("#start")
    recorded.expect_requests(("POST", "/runs", {"recipe": "lesson"}))
    recorded.release("epoch", 0)
    expect(visitor.find("#epoch-says")).to_have_text("untrained")
    expect(visitor.find("#now-why")).to_contain_text("about 10 % each")
    recorded.release("epoch", 2)
    expect(visitor.find("#epoch-says")).to_have_text("2 of 5")
    expect(visitor.find(".progress")).to_contain_text("94 of 94")
    expect(visitor.find("#announce")).to_contain_text("Epoch 2 of 5: 95.92 % of the test images are read correctly.")
    recorded.release("finished")
    expect(visitor.find("#outcome")).to_contain_text("it is 97.29 %, 7.3 points more. You were right about the curve.")
    expect(visitor.find("#epoch-says")).to_have_text("5 of 5")
    expect(visitor.find("#start")).to_be_visible()
    expect(visitor.find(".files a")).to_have_text(["pth", "safetensors", "onnx"])
    visitor.press("#tab-table")
    rows = visitor.texts("#view-table tbody tr")
    assert [row.split("\t") for row in rows][-1] == ["5", RUN, "0.0871", "97.29 %", "99.20 %", "90.00 %"]


def test_the_drawing_is_read_by_every_epoch(training: Start) -> None:
    visitor, _ = training(runs=1)
    visitor.draw(SEVEN)
    expect(visitor.find("#digit")).to_have_text("7")
    seven = visitor.find("#multiples li").nth(7)
    expect(seven).to_have_attribute("aria-label", re.compile(r"7: epoch 0 .*, epoch 5 "))
    visitor.find("#epoch").focus()
    visitor.key("Home")
    expect(visitor.find("#epoch-says")).to_have_text("untrained")
    expect(visitor.find("#now-says")).to_have_text(re.compile(r"with \d\d[.]\d\s% confidence"))
    expect(visitor.page).to_have_url(re.compile(rf"run={RUN}&epoch=0&"))


def test_the_drawing_is_read_in_the_middle_of_an_epoch(training: Start) -> None:
    visitor, recorded = training()
    visitor.draw(SEVEN)
    visitor.press("#start")
    recorded.release("epoch", 0)
    expect(visitor.find("#now-why")).to_contain_text("about 10 % each")
    expect(visitor.find("#serve")).to_be_enabled()
    recorded.release("batch", 1)
    expect(visitor.find("#epoch-says")).to_have_text("now in 1 of 5")
    expect(visitor.find("#digit")).to_have_text("7")
    expect(visitor.find("#now-why")).to_be_empty()
    seven = visitor.find("#multiples li").nth(7)
    expect(seven).to_have_attribute("aria-label", re.compile(r"^7: epoch 0 [^,]*, now > 99"))
    expect(visitor.find("#serve")).to_be_disabled()  # these weights will be deleted
    visitor.find("#epoch").focus()
    visitor.key("Home")
    expect(visitor.find("#epoch-says")).to_have_text("untrained")
    expect(visitor.find("#serve")).to_be_enabled()
    visitor.key("End")
    expect(visitor.find("#epoch-says")).to_have_text("now in 1 of 5")
    recorded.release("epoch", 1)
    expect(visitor.find("#epoch-says")).to_have_text("1 of 5")
    expect(seven).to_have_attribute("aria-label", re.compile(r"epoch 0 [^,]*, epoch 1 [^,]*$"))


def test_a_complete_epoch_can_be_selected_in_the_middle_of_the_next_one(training: Start) -> None:
    visitor, recorded = training()
    visitor.draw(SEVEN)
    visitor.press("#start")
    recorded.release("batch", 2)
    says, slider = visitor.find("#epoch-says"), visitor.find("#epoch")
    expect(says).to_have_text("now in 2 of 5")
    slider.focus()
    visitor.key("ArrowLeft")
    expect(says).to_have_text("1 of 5")
    visitor.press("#clear").draw(ONE)
    expect(visitor.find("#digit")).to_have_text("1")
    expect(slider).to_have_attribute("max", "2")  # the way back to the weights of now
    slider.focus()
    visitor.key("End")
    expect(says).to_have_text("now in 2 of 5")
    middle = visitor.bounds("#accuracy-figure .u-over")
    visitor.page.mouse.click(middle["x"] + middle["width"] / 5, middle["y"] + middle["height"] / 2)
    expect(says).to_have_text("1 of 5")


def test_without_a_drawing_the_weights_of_the_last_epoch_can_be_served(training: Start) -> None:
    """The page then shows nothing in the middle of an epoch."""
    visitor, recorded = training()
    visitor.draw(SEVEN)
    visitor.press("#start")
    recorded.release("batch", 2)
    expect(visitor.find("#epoch-says")).to_have_text("now in 2 of 5")
    expect(visitor.find("#serve")).to_be_disabled()
    visitor.press("#clear")
    expect(visitor.find("#epoch-says")).to_have_text("1 of 5")
    expect(visitor.find("#serve")).to_be_enabled()
    visitor.press("#serve")
    recorded.expect_requests(("POST", "/runs", {"recipe": "fast"}), ("PUT", "/weights/served", {"name": f"{RUN}:1"}))


def test_a_mistake_is_one_click_from_the_pad(training: Start) -> None:
    visitor, _ = training(f"#run={RUN}&epoch=1&v=mistakes", runs=1)
    epoch = next(event for event in EVENTS if event["event"] == "epoch" and event["epoch"] == 1)
    expect(visitor.find("#view-mistakes tbody td").last).not_to_be_empty()
    cells = visitor.seen("#view-mistakes tbody td").all_inner_texts()
    assert [int(cell) for cell in cells] == [count for row in epoch["confusion"] for count in row]
    worst = epoch["mistakes"][0]
    button = visitor.find(".worst button").first
    expect(button).to_have_text(f"{worst['label']} as {worst['predicted']}")
    visitor.press(button)
    expect(visitor.find("#pad-canvas")).to_have_attribute("aria-label", re.compile("drawn cell by cell"))
    expect(visitor.page).to_have_url(re.compile(r"d=grey\."))


def test_steps_and_slow_motion_follow_one_weight(training: Start) -> None:
    visitor, recorded = training()
    visitor.page.emulate_media(reduced_motion="no-preference")  # otherwise no phase is highlighted
    visitor.press("#start-paused")
    begun = [("POST", "/runs", {"recipe": "fast"}), ("POST", f"/runs/{RUN}/pause", {})]
    recorded.expect_requests(*begun)
    recorded.release("epoch", 0)
    expect(visitor.find("#one-batch")).to_be_visible()
    visitor.find("#next-guess").fill("92")
    visitor.press("#one-epoch")
    visitor.press("#one-batch")
    visitor.press("#slow")
    recorded.expect_requests(
        *begun,
        ("POST", f"/runs/{RUN}/step", {"unit": "epoch"}),
        ("POST", f"/runs/{RUN}/step", {"unit": "batch"}),
        ("POST", f"/runs/{RUN}/resume", {"seconds_per_batch": 1}),
    )
    visitor.run(RECORD_PHASES)
    recorded.release("step")
    expect(visitor.find(".followed-sum")).to_contain_text("0.077235 + 0.001000 = 0.078235")
    visitor.page.wait_for_function("() => lit.join(' ') === 'forward loss backward update'")
    assert visitor.seen(".phase-number").evaluate_all("(all) => all.every((p) => p.scrollWidth <= p.clientWidth)")
    expect(visitor.find('[data-phase="update"]')).to_contain_text("the mean of its latest gradients")  # Adam
    expect(visitor.find('[data-phase="backward"] .phase-number')).to_have_text("g = −0.003434")
    recorded.release("epoch", 1)
    expect(visitor.find("#outcome")).to_have_text("You expected 92 %; it is 94.10 %, 2.1 points more.")


def test_a_run_is_controlled_with_the_keyboard_alone(training: Start) -> None:
    """The focus stays on a control that waits for the service, and moves to the one that replaces a hidden one."""
    visitor, _ = training()

    def expect_focus(name: str) -> None:
        expect(visitor.find(name)).to_be_focused()
        expect(visitor.find(name)).to_be_enabled()  # a key has no effect while the page waits for the service

    visitor.find("#start-paused").focus()
    visitor.key("Enter")
    expect_focus("#resume")
    visitor.find("#one-batch").focus()
    for _ in range(2):
        with visitor.page.expect_response("**/step"):
            visitor.key("Enter")
        expect_focus("#one-batch")
    visitor.find("#resume").focus()
    visitor.key("Enter")
    expect_focus("#pause")
    visitor.key("Enter")
    expect_focus("#resume")


def test_a_command_is_shown_before_it_takes_effect(training: Start) -> None:
    """Before its first batch, a run obeys no command."""
    visitor, recorded = training()
    commands = re.compile(rf"/runs/{RUN}/(pause|resume|stop)$")
    visitor.page.route(commands, lambda route: route.fulfill(json=recorded.describe(RUN)))
    says = visitor.find(".run-name")
    visitor.press("#start-paused")
    expect(says).to_have_text(f"{RUN}: pausing…")
    expect(visitor.find("#pause")).to_be_disabled()
    visitor.press("#slow")
    expect(says).to_have_text(f"{RUN}: training")
    visitor.press("#stop")
    expect(says).to_have_text(f"{RUN}: stopping…")


def test_no_event_is_missed_when_the_connection_breaks(training: Start) -> None:
    """Each stream of the recording ends at once, and the browser connects again."""
    visitor, recorded = training("#v=table")
    visitor.press("#start")
    for epoch in range(6):
        recorded.release("epoch", epoch)
        expect(visitor.find("#epoch-says")).to_have_text("untrained" if epoch == 0 else f"{epoch} of 5")
    assert recorded.streams >= 6
    assert visitor.seen("#view-table tbody tr").count() == 6


def test_runs_are_compared(training: Start) -> None:
    visitor, _ = training(f"#run={RUN}&v=compare", runs=2)
    visitor.press(visitor.find("#runs input").nth(1))
    expect(visitor.find(".compare-table tbody tr").first).to_have_text(re.compile(r"seed\s*0\s*1"))
    expect(visitor.find(".compared-maps canvas")).to_have_count(2)
    visitor.find(".compared-maps canvas").first.hover()
    expect(visitor.find(".compared .caption")).to_have_text(
        re.compile(r"map 0, row 1[23], column 12 → .* · lesson-0001: ")
    )
    expect(visitor.find("#legend li")).to_have_count(5)
    expect(visitor.page).to_have_url(re.compile("with=lesson-0001&v=compare"))
    visitor.press('#runs [aria-label="Compare with lesson (shipped)"]')
    expect(visitor.find(".compare-table")).to_contain_text(re.compile(r"training images\s*10\s%\s*10\s%\s*100\s%"))


def test_weights_go_into_service_and_back(training: Start) -> None:
    visitor, recorded = training(f"#run={RUN}&epoch=3", runs=1)
    visitor.press("#serve")
    recorded.expect_requests(("PUT", "/weights/served", {"name": f"{RUN}:3"}))
    listed = visitor.seen("#runs li").count()  # the list may contain uploads of other tests
    visitor.press("#delete").press("#delete")
    expect(visitor.find("#runs li")).to_have_count(listed - 1)
    assert recorded.requests[-1][:2] == ("DELETE", f"/runs/{RUN}")
    expect(visitor.find("#message")).to_have_text(f"The run {RUN} is deleted. This page now shows lesson (shipped).")
    expect(visitor.find('#runs [aria-pressed="true"]')).to_be_focused()
    expect(visitor.find('#runs [aria-pressed="true"]')).to_contain_text("lesson (shipped)")


def test_an_upload_removes_the_message_about_an_earlier_file(training: Start, tmp_path: Path) -> None:
    visitor, _ = training()
    path = tmp_path / "my_cnn.safetensors"
    path.write_bytes(b"not weights")
    visitor.expect_in_console("422")
    visitor.find(FILE).set_input_files(path)
    expect(visitor.find("#message")).to_contain_text("not a file of weights")
    path.write_bytes(encode(read_epoch(4).tensors, {"name": "right"}))
    visitor.find(FILE).set_input_files(path)
    expect(visitor.find('#runs [aria-pressed="true"]')).to_contain_text("right-")
    expect(visitor.find("#message")).to_be_empty()


def test_an_upload_is_thrown_away(training: Start, live_server: str) -> None:
    name, model = upload(live_server, 31)
    visitor, _ = training()
    visitor.press(visitor.find(".run-choose").filter(has_text=model))
    expect(visitor.find("#delete")).to_have_attribute("title", "Delete these weights from the server, for everybody")
    visitor.press("#delete")
    expect(visitor.find("#delete")).to_have_accessible_name(f"Really delete? {model}")
    visitor.press("#delete")
    expect(visitor.find("#message")).to_have_text(
        f"The weights {model} are deleted. This page now shows lesson (shipped)."
    )
    expect(visitor.find("#message")).to_have_attribute("role", "status")
    expect(visitor.find(".run-choose").filter(has_text=model)).to_have_count(0)
    expect(visitor.find('#runs [aria-pressed="true"]')).to_be_focused()
    assert httpx2.get(f"{live_server}/model", params={"weights": name}).status_code == 404


def test_the_page_goes_on_when_an_upload_has_been_deleted_elsewhere(training: Start, live_server: str) -> None:
    name, model = upload(live_server, 32)
    visitor, _ = training()
    visitor.press(visitor.find(".run-choose").filter(has_text=model))
    visitor.expect_in_console("404")  # the page may just be requesting predictions
    assert httpx2.delete(f"{live_server}/weights/{name}").status_code == 204
    expect(visitor.find("#message")).to_have_text(
        f"The weights {model} are no longer on this server. This page now shows lesson (shipped)."
    )
    expect(visitor.find('#runs [aria-pressed="true"]')).to_contain_text("lesson (shipped)")
