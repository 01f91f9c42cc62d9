"""Following the events of a run."""

from tests.support.visitor import Visitor

# A stream that the test controls.
SOURCE = """
const opened = [];
class Source extends EventTarget {
  constructor(url) { super(); this.url = url; this.readyState = 0; opened.push(this); }
  close() { this.readyState = 2; this.closed = true; }
  send(name, value) { this.dispatchEvent(Object.assign(new Event(name), { data: JSON.stringify(value) })); }
}
const [got, away] = [[], []];
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const options = { on: ({ seq }) => got.push(seq), away: (is) => away.push(is), Source, retry: 1, patience: 20 };
const follow = () => m.followRun("a b", options);
"""


def test_all_kinds_of_events_arrive(js: Visitor) -> None:
    script = (
        SOURCE
        + """follow();
      const names = ["started", "batch", "epoch", "step", "download", "state", "finished"];
      for (const [i, name] of names.entries()) opened[0].send(name, { seq: i });
      return [opened[0].url, got]"""
    )
    assert js.module("service/training/run-events", script) == ["/runs/a%20b/events", [0, 1, 2, 3, 4, 5, 6]]


def test_a_short_interruption_is_not_worth_a_word(js: Visitor) -> None:
    script = (
        SOURCE
        + """follow();
      opened[0].dispatchEvent(new Event("error"));
      opened[0].dispatchEvent(new Event("open"));
      await wait(40);
      return away"""
    )
    assert js.module("service/training/run-events", script) == [False]


def test_a_long_interruption_is_reported_and_its_end_too(js: Visitor) -> None:
    script = (
        SOURCE
        + """follow();
      opened[0].dispatchEvent(new Event("error"));
      await wait(40);
      opened[0].dispatchEvent(new Event("open"));
      return [away, opened.length]"""
    )
    assert js.module("service/training/run-events", script) == [[True, False], 1]


def test_if_the_browser_gives_up_a_new_stream_begins(js: Visitor) -> None:
    script = (
        SOURCE
        + """const followed = follow();
      opened[0].readyState = 2;
      opened[0].dispatchEvent(new Event("error"));
      await wait(20);
      opened[1].send("batch", { seq: 1 });
      followed.close();
      opened[1].dispatchEvent(new Event("error"));
      await wait(20);
      return [got, opened.length, opened[1].closed]"""
    )
    assert js.module("service/training/run-events", script) == [[1], 2, True]
