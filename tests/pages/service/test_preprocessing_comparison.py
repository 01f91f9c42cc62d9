"""Predictions of the same drawing in the other preprocessing modes."""

from tests.support.visitor import Visitor

COMPARISON = """
const [server, seen] = [[], []];
const fetch = (url, { signal }) => new Promise((resolve, reject) => {
  const query = new URL(url, location).searchParams;
  server.push({ mode: query.get("prepare"), plain: query.get("calibrated"), resolve });
  signal.addEventListener("abort", () => reject(new Error("aborted")));
});
const turn = () => new Promise((go) => setTimeout(go, 5));
const until = async (condition) => { while (!condition()) await turn(); };
const reply = (digit) => server.at(-1).resolve(Response.json({ digit, confidence: 1, verdict: "digit" }));
const changed = ({ predictions }) => seen.push(Object.keys(predictions).length);
const comparison = m.createModeComparison({ fetch, pause: 0, changed });
const drawing = (x) => ({ strokes: [[[x, 1, 0], [x, 9, 0]]], image: null });
const [one, two] = [drawing(1), drawing(2)];
"""


def test_each_mode_is_requested_once_and_one_after_the_other(js: Visitor) -> None:
    script = """comparison.start({ drawn: one, pen: 26, prepare: "mnist" }, { digit: 7 });
    for (let i = 1; i <= 4; i++) { await until(() => server.length === i); await turn(); reply(i); }
    await until(() => seen.at(-1) === 5);
    comparison.start({ drawn: one, pen: 26, prepare: "resize" }, { digit: 1 });
    await turn(); await turn();
    return [server.map(({ mode }) => mode), seen]"""
    assert js.module("service/preprocessing-comparison", COMPARISON + script) == [
        ["resize", "uncentred", "own_pen", "none"],
        [1, 2, 3, 4, 5, 5],
    ]


def test_predictions_of_the_other_softmax_are_requested_again(js: Visitor) -> None:
    script = """comparison.start({ drawn: one, pen: 26, prepare: "mnist" }, { digit: 7 });
    await until(() => server.length === 1);
    reply(1);
    await until(() => server.length === 2);
    comparison.start({ drawn: one, pen: 26, prepare: "mnist", calibrated: false }, { digit: 7 });
    await until(() => server.length === 3);
    return server.map(({ mode, plain }) => [mode, plain])"""
    assert js.module("service/preprocessing-comparison", COMPARISON + script) == [
        ["resize", None],
        ["uncentred", None],
        ["resize", "false"],
    ]


def test_predictions_for_an_earlier_drawing_are_dropped(js: Visitor) -> None:
    script = """comparison.start({ drawn: one, pen: 26, prepare: "mnist" }, { digit: 7 });
    await until(() => server.length === 1);
    comparison.stop();
    reply(3); await turn(); await turn();
    comparison.start({ drawn: two, pen: 26, prepare: "mnist" }, { digit: 2 });
    await until(() => server.length === 2);
    return [seen, server.map(({ mode }) => mode)]"""
    assert js.module("service/preprocessing-comparison", COMPARISON + script) == [[1, 1], ["resize", "resize"]]


def test_nothing_is_requested_for_a_blank_pad_or_in_a_mode_that_the_drawing_does_not_allow(js: Visitor) -> None:
    script = """const { BLANK } = await import("/static/js/core/drawing.js");
    comparison.start({ drawn: BLANK, pen: 26, prepare: "mnist" }, { digit: null });
    await turn(); await turn();
    const bitmap = (side) => ({ image: { kind: "upload", bitmap: { width: side, height: side } } });
    const why = (drawn) => m.MODES.map((mode) => m.whyUnavailable(mode, drawn)).filter(Boolean);
    return [server.length, why(one), why(bitmap(28)), why(bitmap(64)), why({ image: { kind: "sample" } })]"""
    found = js.module("service/preprocessing-comparison", COMPARISON + script)
    assert found == [0, [], ["no pen"], ["no pen", "not 28 × 28"], ["no pen"]]


def test_a_short_prediction_never_says_0_or_100_percent(js: Visitor) -> None:
    script = """const of = (verdict, confidence = 0.614) => m.shortPrediction({ digit: 7, confidence, verdict });
    return [of("digit"), of("digit", 0.99999), of("unsure"), of("not_a_digit"), of("blank")]"""
    assert js.module("core/prediction-text", script) == ["7 · 61 %", "7 · > 99 %", "7? · 61 %", "not a digit", "no ink"]
