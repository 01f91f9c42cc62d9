"""Fixtures that the tests of the pages share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pages.page_helpers import photograph
from tests.support.browsers.contexts import ContextPool, page_for_modules
from tests.support.visitor import PHONE, Opener, Visitor

Place = Callable[..., Visitor]

# Closes the sheet and scrolls everything back, which a link does not do.
RESET_PHONE = """() => {
  document.querySelector("#sheet[aria-expanded=true]")?.click();
  for (const part of [document.documentElement, ...document.querySelectorAll("#columns, #stages")]) {
    part.scrollTo({ left: 0, top: 0, behavior: "instant" });
  }
}"""


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "four.png"
    path.write_bytes(photograph())
    return path


@pytest.fixture(scope="module")
def shared_lesson(module_visitors: Opener) -> Visitor:
    return module_visitors("/lesson", settled="#yours")


@pytest.fixture
def lesson_at(shared_lesson: Visitor) -> Place:
    """A function that opens the lesson at a section, or at a step of it, with the usual digit and numbers.

    Its other arguments are the theme and the size of the window.

    The tests of a module share the page, because opening it takes longer than most tests. A test that needs what a link
    does not restore, such as questions without an answer, opens a page of its own with `visitors`.
    """
    return lambda place, *screen: shared_lesson.start_again(f"at={place}", *screen)


@pytest.fixture(scope="module")
def shared_phone(module_visitors: Opener) -> Visitor:
    return module_visitors(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)


@pytest.fixture
def phone(shared_phone: Visitor) -> Visitor:
    """The network's page on a phone, as it opens. The tests of a module share it."""
    shared_phone.start_again(size=PHONE).run(RESET_PHONE)
    return shared_phone


@pytest.fixture(scope="module")
def service_js(contexts: ContextPool) -> Iterator[Visitor]:
    """A page of the service in which modules can be imported, with functions that ask the service."""
    with page_for_modules(contexts) as visitor:
        # Functions for the service's responses, as the page's modules read them, and for the weights; both are cached.
        visitor.run("""() => {
          const answers = {};
          window.ask = (prepare, request) => (answers[JSON.stringify([prepare, request])] ??= read(prepare, request));
          const read = async (prepare, request) => {
            const [{ parse }, { readFeatureMaps, LAYERS }] = await Promise.all(
              ["safetensors", "layers"].map((name) => import(`/static/js/core/${name}.js`)));
            const names = LAYERS.map(({ name }) => name).join(",");
            const response = await fetch(`/feature-maps?prepare=${prepare}&layers=${names}&dtype=float32&stages=true`, {
              method: "POST",
              headers: { "Content-Type": "application/json", Accept: "application/vnd.safetensors" },
              body: typeof request === "string" ? request : JSON.stringify(request),
            });
            if (!response.ok) throw new Error(await response.text());
            const file = parse(await response.arrayBuffer());
            return { ...readFeatureMaps(file), sent: file.tensors };
          };
          let [weights, heat] = [null, null];
          window.temperature = () => (heat ??= fetch("/model")
            .then((response) => response.json())
            .then(({ temperature }) => temperature ?? 1));
          window.learn = () => (weights ??= fetch("/model")
            .then((response) => response.json())
            .then(async ({ sha256 }) => (await import("/static/js/service/weights.js")).loadWeights(sha256)));
        }""")
        yield visitor
