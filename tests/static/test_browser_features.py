"""The pages use no browser feature that the oldest supported browsers lack, unless they work without it."""

import re

import pytest

from tests import ROOT
from tests.static.browser_features import DATA, FEATURES, sources, used_features

# Features that one of the oldest supported browsers lacks, and what the pages do without them.
WITHOUT = {
    "api.StorageAccessHandle.createObjectURL": "it is URL.createObjectURL",
    "api.StorageAccessHandle.revokeObjectURL": "it is URL.revokeObjectURL",
    "api.CanvasRenderingContext2D.imageSmoothingQuality": "Firefox ignores it and smooths in its own way",
    "api.Element.contextmenu_event": "iOS has no such menu on a canvas",
    "api.Element.touchstart_event": "Macs have no touch screens",
    "api.OffscreenCanvasRenderingContext2D.imageSmoothingQuality": "of another kind of canvas",
    "api.PaintRenderingContext2D.imageSmoothingQuality": "of another kind of canvas",
    "api.PointerEvent.getCoalescedEvents": "called only if it exists; a stroke then has one point per frame",
    "api.Scheduler.yield": "a task of its own instead",
    "api.VideoFrame.flip": "a method of PyTorch's tensors, in a program that the page shows",
    "css.at-rules.media.forced-colors": "only for browsers with forced colours",
    "css.at-rules.media.scripting": "without JavaScript, the page of the API keeps a link that does nothing",
    "css.properties.accent-color": "controls have the system's colour",
    "css.properties.box-decoration-break": "-webkit-box-decoration-break beside it",
    "css.properties.box-decoration-break.clone": "-webkit-box-decoration-break beside it",
    "css.properties.contain-intrinsic-height": "content-visibility beside it is newer",
    "css.properties.content-visibility": "the lesson's sections are laid out at once",
    "css.properties.content-visibility.auto": "the lesson's sections are laid out at once",
    "css.properties.cursor.crosshair": "iOS shows no cursor",
    "css.properties.cursor.default": "iOS shows no cursor",
    "css.properties.cursor.help": "iOS shows no cursor",
    "css.properties.cursor.pointer": "iOS shows no cursor",
    "css.properties.cursor.progress": "iOS shows no cursor",
    "css.properties.font-family.ui-monospace": "other fonts follow",
    "css.properties.forced-color-adjust": "only for browsers with forced colours",
    "css.properties.forced-color-adjust.none": "only for browsers with forced colours",
    "css.properties.mask-image": "-webkit-mask-image beside it",
    "css.properties.outline": "outlines have sharp corners",
    "css.properties.print-color-adjust": "-webkit-print-color-adjust beside it",
    "css.properties.print-color-adjust.exact": "-webkit-print-color-adjust beside it",
    "css.properties.scrollbar-color": "other browsers take the colours from color-scheme",
    "css.properties.scrollbar-width": "::-webkit-scrollbar beside it",
    "css.properties.scrollbar-width.none": "::-webkit-scrollbar beside it",
    "css.properties.scrollbar-width.thin": "the scrollbar is wider",
    "css.selectors.-moz-progress-bar": "-webkit-progress-value beside it",
    "css.selectors.-webkit-progress-bar": "-moz-progress-bar beside it",
    "css.selectors.-webkit-progress-value": "-moz-progress-bar beside it",
    "css.selectors.-webkit-inner-spin-button": "Firefox has appearance: textfield",
    "css.selectors.-webkit-scrollbar": "Firefox has scrollbar-width",
    "html.elements.link.blocking": "a slow phone may paint a part of the page and move it afterwards",
    "css.selectors.has": "only for details: an outline around the pad's own outline, a reserved height, print",
}
# Values for which an earlier declaration of the same property is the fallback.
REPLACED = {
    "css.properties.align-items.safe": r"align-items: safe",
    "css.properties.justify-content.safe": r"justify-content: safe",
    "css.types.color.color-mix": r"color-mix\(",
}


def test_newer_features_have_a_fallback() -> None:
    used = used_features(sources())
    new = {path: (FEATURES.get(path), places[0]) for path, places in used.items() if path not in WITHOUT | REPLACED}
    assert new == {}, "the versions are those of Safari, Safari on iOS, Firefox and Chrome"
    assert sorted(path for path in WITHOUT | REPLACED if path not in used) == [], "no longer used"


@pytest.mark.parametrize("pattern", REPLACED.values())
def test_a_newer_value_follows_one_that_all_browsers_know(pattern: str) -> None:
    rules = re.findall(r"\{([^{}]*)\}", sources()["css"])
    for rule in (rule for rule in rules if re.search(pattern, rule)):
        declarations = [declaration.strip().partition(":") for declaration in rule.split(";")]
        for at, (name, _, value) in enumerate(declarations):
            if re.search(pattern, f"{name}: {value.strip()}"):
                assert name in [earlier for earlier, _, _ in declarations[:at]], rule


@pytest.mark.parametrize(
    ("kind", "code", "path"),
    [
        ("js", "const canvas = new OffscreenCanvas(1, 1);", "api.OffscreenCanvas"),
        ("js", "fetch(url, { signal: AbortSignal.timeout(9) });", "api.AbortSignal.timeout_static"),
        ("js", 'el("div", { ariaLabel: "Weights" })', "api.Element.ariaLabel"),
        ("js", "const sorted = list.toSorted();", "javascript.builtins.Array.toSorted"),
        ("js", "const { promise } = Promise.withResolvers();", "javascript.builtins.Promise.withResolvers"),
        ("js", "/(?<=a)b/", "javascript.regular_expressions.lookbehind_assertion"),
        ("js", 'on("click", (event) => { go(event.pointerType); });', "api.Element.click_event.type_pointerevent"),
        ("css", ".a { text-wrap: balance; }", "css.properties.text-wrap"),
        ("css", ".a { text-decoration: dotted; }", "css.properties.text-decoration.includes_color-and-style"),
        ("css", ".a { display: flex; justify-content: safe center; }", "css.properties.justify-content.safe"),
        ("css", ".a:has(b) { color: red; }", "css.selectors.has"),
        ("css", ".a { color: light-dark(red, blue); }", "css.types.color.light-dark"),
        ("css", "@starting-style { .a { color: red; } }", "css.at-rules.starting-style"),
        ("html", "<div popover id=menu></div>", "html.global_attributes.popover"),
    ],
)  # fmt: skip
def test_a_feature_that_is_too_new_is_found(kind: str, code: str, path: str) -> None:
    assert path in used_features({"js": "", "css": "", "html": ""} | {kind: code})


def test_features_of_the_oldest_browsers_are_not_reported() -> None:
    code = {
        "js": "const last = list.at(-1); node.replaceChildren(); Object.hasOwn(a, 'b'); list.findLastIndex(go);",
        "css": ".a:is(b, c):focus-visible { inset: 0; gap: 1px; aspect-ratio: 1; height: 100dvh; translate: 1px; }",
        "html": "<output for=a></output><math><mi>x</mi></math>",
    }
    assert used_features(code) == {}


def test_the_readme_names_the_oldest_browsers() -> None:
    oldest = DATA["browsers"]
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"Safari {oldest['safari']}, Firefox {oldest['firefox']} and Chrome {oldest['chrome']}" in text
