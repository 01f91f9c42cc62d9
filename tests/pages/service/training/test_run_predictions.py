"""How one drawing is read with many sets of weights."""

from tests.support.visitor import Visitor

READ = """
const asked = [];
let answer;
const fetch = (url, { signal }) => new Promise((done, fail) => {
  asked.push(new URLSearchParams(url.split("?")[1]).get("weights"));
  signal.addEventListener("abort", () => fail(new Error("aborted")));
  answer = (digit) => done(new Response(JSON.stringify({ digit })));
});
let found = null;
const predictions = m.createRunPredictions({ changed: (now) => (found = now), fetch });
const drawing = (x) => ({ strokes: [[[x, 1], [9, 9]]], image: null });
const wait = () => new Promise((done) => setTimeout(done, 5));
const until = async (condition) => { while (!condition()) await wait(); };
"""


def test_the_weights_are_asked_one_after_the_other(js: Visitor) -> None:
    script = (
        READ
        + """const about = { drawn: drawing(1), pen: 20 };
      predictions.ask(about, ["b", "a"]);
      await until(() => asked.length === 1);
      await wait();
      const first = [...asked];
      answer(7);
      await until(() => asked.length === 2);
      answer(1);
      await until(() => found?.byName.a);
      predictions.ask(about, ["a", "b"]);
      return [first, asked, found.byName]"""
    )
    read = {"b": {"digit": 7}, "a": {"digit": 1}}
    assert js.module("service/training/run-predictions", script) == [["b"], ["b", "a"], read]


def test_a_new_drawing_drops_the_requests_for_the_old_one(js: Visitor) -> None:
    script = (
        READ
        + """const drawn = drawing(2);
      predictions.ask({ drawn: drawing(1), pen: 20 }, ["a", "b"]);
      await until(() => asked.length === 1);
      predictions.ask({ drawn, pen: 20 }, ["a"]);
      await until(() => asked.length === 2);
      answer(3);
      await until(() => found?.byName.a);
      return [asked, found.drawn === drawn, found.byName.a.digit]"""
    )
    assert js.module("service/training/run-predictions", script) == [["a", "a"], True, 3]


def test_a_blank_pad_asks_nothing(js: Visitor) -> None:
    script = (
        READ
        + """predictions.ask({ drawn: { strokes: [], image: null }, pen: 20 }, ["a"]);
      await wait();
      return [asked, found.byName]"""
    )
    assert js.module("service/training/run-predictions", script) == [[], {}]
