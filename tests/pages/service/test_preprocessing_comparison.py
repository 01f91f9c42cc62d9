"""Predictions of the same drawing in the other preprocessing modes."""

from tests.visitor import Visitor

VARIANTS = """
const [server, seen] = [[], []];
const fetch = (url, { signal }) => new Promise((resolve, reject) => {
  server.push({ way: new URL(url, location).searchParams.get("prepare"), resolve });
  signal.addEventListener("abort", () => reject(new Error("aborted")));
});
const turn = () => new Promise((go) => setTimeout(go, 5));
const until = async (condition) => { while (!condition()) await turn(); };
const reply = (digit) => server.at(-1).resolve(Response.json({ digit, confidence: 1, verdict: "digit" }));
const changed = ({ answers }) => seen.push(Object.keys(answers).length);
const variants = m.createModeComparison({ fetch, pause: 0, changed });
const drawing = (x) => ({ strokes: [[[x, 1, 0], [x, 9, 0]]], picture: null });
const [one, two] = [drawing(1), drawing(2)];
"""


def test_each_way_is_asked_for_once_and_one_after_the_other(js: Visitor) -> None:
    script = """variants.follow({ drawn: one, pen: 26, prepare: "mnist" }, { digit: 7 });
    for (let i = 1; i <= 4; i++) { await until(() => server.length === i); await turn(); reply(i); }
    await until(() => seen.at(-1) === 5);
    variants.follow({ drawn: one, pen: 26, prepare: "resize" }, { digit: 1 });
    await turn(); await turn();
    return [server.map(({ way }) => way), seen]"""
    assert js.module("service/preprocessing-comparison", VARIANTS + script) == [
        ["resize", "uncentred", "own_pen", "none"],
        [1, 2, 3, 4, 5, 5],
    ]


def test_the_answers_to_an_earlier_drawing_are_dropped(js: Visitor) -> None:
    script = """variants.follow({ drawn: one, pen: 26, prepare: "mnist" }, { digit: 7 });
    await until(() => server.length === 1);
    variants.leave();
    reply(3); await turn(); await turn();
    variants.follow({ drawn: two, pen: 26, prepare: "mnist" }, { digit: 2 });
    await until(() => server.length === 2);
    return [seen, server.map(({ way }) => way)]"""
    assert js.module("service/preprocessing-comparison", VARIANTS + script) == [[1, 1], ["resize", "resize"]]


def test_nothing_is_asked_about_a_blank_pad_or_what_a_drawing_cannot_be(js: Visitor) -> None:
    script = """const { BLANK } = await import("/static/js/core/drawing.js");
    variants.follow({ drawn: BLANK, pen: 26, prepare: "mnist" }, { digit: null });
    await turn(); await turn();
    const bitmap = (side) => ({ picture: { kind: "upload", bitmap: { width: side, height: side } } });
    const ways = (drawn) => m.WAYS.map((way) => m.whyUnavailable(way, drawn)).filter(Boolean);
    return [server.length, ways(one), ways(bitmap(28)), ways(bitmap(64)), ways({ picture: { kind: "sample" } })]"""
    found = js.module("service/preprocessing-comparison", VARIANTS + script)
    assert found == [0, [], ["no pen"], ["no pen", "not 28 × 28"], ["no pen"]]


def test_an_answer_in_brief_is_never_all_and_never_nothing(js: Visitor) -> None:
    script = """const of = (verdict, confidence = 0.614) => m.shortPrediction({ digit: 7, confidence, verdict });
    return [of("digit"), of("digit", 0.99999), of("unsure"), of("not_a_digit"), of("blank")]"""
    assert js.module("core/text", script) == ["7 · 61 %", "7 · > 99 %", "7? · 61 %", "no digit", "no ink"]
