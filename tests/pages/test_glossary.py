"""The glossary, and the links that lead to it from the texts of the pages."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import httpx2
import pytest
from playwright.sync_api import expect

from app.glossary import FORMS, GLOSSARY
from tests.pages.explorer.walk.helpers import pin
from tests.support.visitor import PHONE, SEVEN, Opener, Visitor, seen

PAGES = {"/": "#answer", "/lesson": "#yours", "/lesson/teacher": "#links", "/lesson/worksheet": "#questions"}
# The words of the lesson and of the pages that a student may not know.
TERMS = """
accuracy, Adam, augmentation, average pooling, batch, bias, calibration, centre of mass, channel, class, confidence,
confusion matrix, convolution, convolutional neural network, cosine, cross-correlation, dense layer, drawing, edge,
epoch, exponential, filter, flatten, gradient, grey level, hyperparameter, image, input, layer, learning rate, lesson,
logit, loss, map, max pooling, MNIST, normalising, output, output size, over-fitting, padding, parameter, pixel,
prediction, preprocessing, probability, ReLU, set of weights, SGD, Sobel filter, softmax, stride, temperature,
test image, training, true convolution, unit, weight, window
"""
# Other words for a filter, a unit, a map, a window and an image. The pages use one word for each.
BANNED = re.compile(
    r"\b(kernel|neuron|node|feature map|activation map|patch|patches|picture|dense unit)s?\b", re.IGNORECASE
)
CELLS: list[tuple[str, tuple[int, ...]]] = [
    ("conv1", (7, 12, 13)),
    ("relu1", (7, 12, 13)),
    ("pool1", (7, 6, 6)),
    ("conv2", (20, 5, 6)),
    ("flatten", (700,)),
    ("dense1", (34,)),
    ("logits", (7,)),
    ("probabilities", (7,)),
]
# The texts of a part of the page that may contain links, in their order, with the term for those that are links.
PIECES = """(parts, notIn) => parts.flatMap((part) => {
  const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (parent.matches("a.term")) found.push([walker.currentNode.data, parent.dataset.term]);
    else if (!parent.closest(notIn)) found.push([walker.currentNode.data, null]);
  }
  return found;
})"""
NOT_IN = "a, button, code, pre, math, sub, sup, h1, h2, h3, label, legend, summary, canvas"
WORDS = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, FORMS), key=len, reverse=True))})(?![\w’-])", re.IGNORECASE)
SLUGS = {form.lower(): slug for form, slug in FORMS.items()}


def test_every_term_has_one_entry_of_one_sentence() -> None:
    names = {term.name.lower() for term in GLOSSARY}
    assert {name.lower() for name in re.split(r", ", TERMS.strip().replace("\n", " "))} == names
    assert [term.name.lower() for term in GLOSSARY] == sorted(names)
    assert len({term.slug for term in GLOSSARY}) == len(GLOSSARY)
    for term in GLOSSARY:
        assert re.fullmatch(r"[A-Z][^.]*(?:2\.718[^.]*)?\.", term.definition), term.name
        assert all(slug == term.slug for form, slug in FORMS.items() if form in term.forms), term.name


@pytest.fixture(scope="module")
def opened(module_visitors: Opener) -> Callable[[str], Visitor]:
    """A function that opens one of the pages. It is opened once, for all tests that only read it."""
    return cache(lambda path: module_visitors(path, settled=PAGES[path]))


def links(visitor: Visitor) -> list[tuple[str, str]]:
    """The text and the address of each link to the glossary."""
    found: list[list[str]] = seen(visitor.find("a.term")).evaluate_all(
        "(all) => all.map((link) => [link.textContent, link.getAttribute('href')])"
    )
    return [(text, href) for text, href in found]


@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_to_the_entry_of_its_word(
    opened: Callable[[str], Visitor], live_server: str, path: str
) -> None:
    visitor = opened(path)
    page = httpx2.get(f"{live_server}/glossary").raise_for_status().text
    anchors = set(re.findall(r'<div id="([\w-]+)"', page))
    assert anchors == {term.slug for term in GLOSSARY}
    found = links(visitor)
    assert found, "the page has terms"
    for text, href in found:
        address, _, anchor = href.partition("#")
        assert (address, anchor) == ("/glossary", SLUGS[text.lower()])
        assert anchor in anchors


def test_the_first_use_of_each_term_in_a_section_is_a_link(opened: Callable[[str], Visitor]) -> None:
    visitor = opened("/lesson")
    sections = visitor.run("[...document.querySelectorAll('.lesson-section')].map((section) => section.id)")
    for section in sections:
        parts = visitor.find(f"#{section} .prose, #{section} .try")
        pieces: list[tuple[str, str | None]] = seen(parts).evaluate_all(PIECES, NOT_IN)
        linked: list[str] = []
        for text, slug in pieces:
            if slug is not None:
                assert slug not in linked, (section, slug, "is linked twice")
                linked.append(slug)
                continue
            for word in WORDS.findall(text):
                assert SLUGS[word.lower()] in linked, (section, word)
        assert len(linked) > 3, section


def test_captions_of_widgets_link_the_terms_that_the_text_does_not(opened: Callable[[str], Visitor]) -> None:
    visitor = opened("/lesson")
    expect(visitor.find(".widget .caption a.term").first).to_be_attached()
    for each in ("edges", "pooling", "network"):
        linked: list[str] = seen(visitor.find(f"#{each} a.term")).evaluate_all(
            "(all) => all.map((a) => a.dataset.term)"
        )
        assert len(linked) == len(set(linked)), f"a term is linked twice in {each}"


def test_your_class_is_not_the_class_of_an_answer(js: Visitor) -> None:
    links = js.run("""async () => {
      const { linkTerms } = await import("/static/js/ui/glossary/links.js");
      const text = document.createElement("p");
      text.textContent = "Copy it for your class. Each class has a logit.";
      linkTerms([text]);
      return text.innerHTML.replace(/ (class|data-term)="[^"]*"/g, "");
    }""")
    assert (
        links
        == 'Copy it for your class. Each <a href="/glossary#class">class</a> has a <a href="/glossary#logit">logit</a>.'
    )


def rendered(visitor: Visitor) -> str:
    """The texts of the page, hidden ones and labels included, without code."""
    text: str = visitor.run("""() => {
      const named = [...document.querySelectorAll("[aria-label], [title]")];
      const labels = named.flatMap((node) => [node.ariaLabel, node.title]);
      const body = document.body.cloneNode(true);
      for (const node of body.querySelectorAll("script, template, code, pre, .also, #facts")) node.remove();
      return [body.textContent, ...labels].join("\\n");
    }""")
    return text


@pytest.mark.parametrize("path", [*PAGES, "/glossary"])
def test_no_page_uses_another_word_for_a_term(visitors: Opener, path: str) -> None:
    visitor = visitors(None, settled=PAGES.get(path, "body"))
    if path == "/glossary":
        visitor.page.goto(visitor.url + path)
    else:
        visitor.open(path)
    assert BANNED.findall(rendered(visitor)) == []
    if path == "/lesson":
        visitor.press("#work")
        for section in visitor.run("[...document.querySelectorAll('.lesson-section')].map((section) => section.id)"):
            visitor.find(f"#{section}").scroll_into_view_if_needed()
            assert BANNED.findall(rendered(visitor)) == [], section
    if path == "/":
        for view in ("map", "table", "costs", "trust", "network"):
            visitor.press(f"#tab-{view}")
            assert BANNED.findall(rendered(visitor)) == [], view
        for layer, index in CELLS:
            pin(visitor, layer, *index)
            assert BANNED.findall(rendered(visitor)) == [], layer


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["projector", "phone"])
def test_a_link_keeps_the_drawing_there_and_back(visitors: Opener, viewport: dict[str, int] | None) -> None:
    options: dict[str, Any] = {"viewport": viewport, "has_touch": True} if viewport else {}
    visitor = visitors("/lesson#at=correlation", settled="#yours", **options)
    if viewport:
        visitor.find("#correlation a.term").first.tap()
    else:
        visitor.press("#clear").settle().draw(SEVEN).settle()
        visitor.find("#correlation a.term").first.focus()
        visitor.page.keyboard.press("Enter")
    expect(visitor.page).to_have_url(re.compile(r"/glossary#at=[\w-]+&d=(ink|digit)\."))
    slug, drawing = re.findall(r"at=([\w-]+)&d=(.*)$", visitor.page.url)[0]
    expect(visitor.find(f"#{slug}")).to_be_in_viewport()
    expect(visitor.find(f"#{slug}")).to_be_focused()
    back = visitor.find(".lead a")
    expect(back).to_have_attribute("href", f"/lesson#d={drawing}")
    expect(visitor.find(".home a")).to_have_attribute("href", re.compile(f"^/#(m=[^&]*&)?d={re.escape(drawing)}$"))
    expect(visitor.find("nav[aria-label='Other pages']")).to_be_visible()
    assert visitor.violations() == []
    assert visitor.run("document.documentElement.scrollWidth") <= (viewport or {"width": 1366})["width"]


def test_a_plain_anchor_opens_the_entry_too(visitors: Opener) -> None:
    visitor = visitors(None)
    visitor.page.goto(f"{visitor.url}/glossary#softmax")
    expect(visitor.find("#softmax")).to_have_class(re.compile("asked"))
    expect(visitor.find("#softmax")).to_be_in_viewport()
    visitor.find(".letters a").first.click()
    expect(visitor.find(f"#{GLOSSARY[0].slug}")).to_have_class(re.compile("asked"))
