"""Takes the README's screenshots again: python -m tools.screenshots (`make test` installs the browser)."""

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.recorded_runs import RUN, RecordedRuns
from tests.support.servers import LiveServer
from tools.browser import FLAGS, find

DOCS = Path(__file__).resolve().parent.parent / "docs"
# name, width and height in pixels, theme, whether it is a phone, the address
VIEWS = (
    ("page-light", 1366, 768, "light", False, "/?view=full"),
    ("page-dark", 1366, 768, "dark", False, "/?view=full"),
    ("page-phone", 390, 844, "light", True, "/?view=full"),
    ("page-first", 1366, 768, "light", False, "/?view=first"),
)
SETTLED = ':is(#answer, #yours, #now)[data-settled="true"]'
SEVEN = ((0.26, 0.24), (0.5, 0.22), (0.74, 0.22), (0.66, 0.42), (0.52, 0.62), (0.42, 0.82))


# file name, number of steps along the strongest path from the prediction
WALK = (("walk-answer", 0), ("walk-dense", 3), ("walk-conv2", 7), ("walk-conv1", 10))


# file name, section, width and height in pixels, whether it is a phone
LESSON = (("lesson-edges", "edges", 1366, 768, False), ("lesson-phone", "correlation", 390, 844, True))


def draw(page: Page) -> None:
    """Clear the pad and draw a seven."""
    page.locator("#clear").click()
    box = page.locator("#pad").bounding_box()
    assert box is not None
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in SEVEN]
    page.mouse.move(*points[0])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(x, y, steps=12)
    page.mouse.up()
    page.locator(SETTLED).wait_for()
    page.wait_for_timeout(500)


def photograph_training(browser: Browser, url: str) -> None:
    """The training page with a recorded run that is in its fourth epoch."""
    page = browser.new_context(viewport={"width": 1366, "height": 657}, reduced_motion="reduce").new_page()
    recorded = RecordedRuns(page)
    page.goto(f"{url}/training")
    page.locator(SETTLED).wait_for()
    page.locator("#preset").select_option("lesson")
    page.locator("#guess").fill("90")
    page.locator("#start").click()
    recorded.release("epoch", 3, RUN)
    for _ in range(4):
        recorded.release("batch", 4, RUN)
    page.locator("#epoch-says", has_text="now in 4 of 5").wait_for()
    draw(page)
    page.screenshot(path=DOCS / "training.png")
    print("docs/training.png")


def photograph_lab(browser: Browser, url: str) -> None:
    """Two experiments of the lab: one with edited weights, the other with the map of relu3; both with a guess."""
    page = browser.new_context(viewport={"width": 1366, "height": 760}, reduced_motion="reduce").new_page()
    page.goto(f"{url}/lab#e=break")
    draw(page)
    page.locator('#break [data-operation="off"]').click()
    page.locator('#break [name="break-layer"][value="whole"]').check()
    page.locator('#break [data-part="whole-layer"]').select_option("conv2")
    page.locator('#break [data-part="prune"]').fill("60")
    page.locator('#break [name="break-layer"][value="conv1"]').check()
    page.locator('#break [data-part="guess"]').fill("10")
    page.locator('#break [data-part="guess-form"] [type="submit"]').click()
    page.locator('#break [data-part="cost-says"]', has_text="2,000").wait_for()
    page.locator('#break [data-part="answer"][data-settled="true"]').wait_for()
    page.screenshot(path=DOCS / "lab-break.png")
    print("docs/lab-break.png")
    page.locator("#tab-map").click()
    page.locator('#map [name="map-guess"][value="relu3"]').check()
    page.locator('#map [data-part="guess-form"] [type="submit"]').click()
    page.locator('#map [name="map-layer"][value="relu3"]').check()
    page.locator('#map [data-part="plot"][data-settled="true"]').wait_for()
    page.locator('#map [data-part="guessed"]', has_text="You guessed").wait_for()
    page.wait_for_timeout(500)
    page.screenshot(path=DOCS / "lab-map.png")
    print("docs/lab-map.png")


def main() -> int:
    """Draw a seven in each view and take screenshots."""
    server = LiveServer("--engine", "onnx")
    server.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
            for name, width, height, theme, phone, address in VIEWS:
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme="light" if theme == "light" else "dark",
                    has_touch=phone,
                    is_mobile=phone,
                    device_scale_factor=1.5 if phone else 1,
                    reduced_motion="reduce",
                )
                page = context.new_page()
                page.goto(f"{server.url}{address}")
                page.locator(SETTLED).wait_for()
                draw(page)
                page.screenshot(path=DOCS / f"{name}.png")
                print(f"docs/{name}.png")
                if name != VIEWS[0][0]:
                    continue
                page.locator("#why").click()
                done = 0
                for file, steps in WALK:
                    for _ in range(steps - done):
                        page.locator("#step").click()
                    done = steps
                    page.mouse.move(1, 1)
                    page.wait_for_timeout(300)
                    page.screenshot(path=DOCS / f"{file}.png")
                    print(f"docs/{file}.png")
            for name, section, width, height, phone in LESSON:
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    has_touch=phone,
                    is_mobile=phone,
                    device_scale_factor=1.5 if phone else 1,
                    reduced_motion="reduce",
                )
                page = context.new_page()
                page.goto(f"{server.url}/lesson")
                page.locator(SETTLED).wait_for()
                if phone:
                    page.locator("#open-pad").click()
                draw(page)
                if phone:
                    page.locator("#open-pad").click()
                page.goto(f"{server.url}/lesson#at={section}")
                page.locator(f"#{section}").evaluate("(section) => section.scrollIntoView()")
                page.wait_for_timeout(800)
                page.screenshot(path=DOCS / f"{name}.png")
                print(f"docs/{name}.png")
            photograph_training(browser, server.url)
            photograph_lab(browser, server.url)
            browser.close()
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
