"""Following the events of a run."""

from pathlib import Path

from playwright.sync_api import expect

from model.epochs import read_epoch
from model.runs.session import TrainingSession, training
from model.runs.settings import RunSettings
from tests.support.recorded_runs import EVENTS
from tests.support.servers import LiveServer
from tests.support.visitor import Opener, Visitor

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


def test_after_the_last_event_of_a_finished_run_the_stream_is_closed(js: Visitor) -> None:
    script = (
        SOURCE
        + """follow();
      opened[0].send("finished", { seq: 1, event: "finished" });
      const before = opened[0].closed ?? false;
      opened[0].send("state", { seq: 2, event: "state", state: "finished" });
      opened[0].dispatchEvent(new Event("error"));
      await wait(40);
      return [got, before, opened[0].closed, opened.length, away.includes(true)]"""
    )
    assert js.module("service/training/run-events", script) == [[1, 2], False, True, 1, False]


# Collects the numbers of all events that the page receives.
COLLECT = """
const received = [];
globalThis.EventSource = class extends EventSource {
  addEventListener(name, listener) {
    super.addEventListener(name, (event) => {
      if (event.lastEventId) received.push(Number(event.lastEventId));
      listener(event);
    });
  }
};
globalThis.received = received;
"""


def write_until(run: TrainingSession, epoch: int) -> None:
    """Write the next recorded events up to the one of this epoch, whose weights are those of the shipped run."""
    run.folder.weights(epoch).write_bytes(read_epoch(epoch).content)
    for event in EVENTS[run.log.seq - 1 :]:  # the session itself has written one event before
        run.event(event["event"], {name: value for name, value in event.items() if name not in ("seq", "event")})
        if event["event"] == "epoch" and event["epoch"] == epoch:
            return


def test_after_a_restart_of_the_service_the_page_has_every_event(visitors: Opener, tmp_path: Path) -> None:
    server = LiveServer("--engine", "onnx", runs=tmp_path)
    with training(tmp_path / "mine", RunSettings.of_recipe("lesson"), tmp_path) as run:
        write_until(run, 0)
        write_until(run, 1)
        server.start()
        try:
            visitor = visitors(None, url=server.url, settled="#now")
            visitor.expect_in_console("ERR_CONNECTION|ERR_EMPTY|ERR_INCOMPLETE|ERR_NETWORK|ERR_SOCKET|status of 503")
            visitor.page.add_init_script(COLLECT)
            visitor.open("/training#run=mine&v=table")
            expect(visitor.find("#epoch-says")).to_have_text("1 of 5")
            server.kill()
            write_until(run, 2)
            expect(visitor.find(".running-head")).to_contain_text("mine: connecting again…")
            server.start()
            write_until(run, 3)
            expect(visitor.find("#epoch-says")).to_have_text("3 of 5")
            expect(visitor.find(".running-head")).to_contain_text("mine: training")
            assert sorted(set(visitor.run("received"))) == list(range(1, run.log.seq + 1))
            rows = visitor.seen("#view-table tbody tr").all_inner_texts()
            assert [row.split("\t")[0] for row in rows] == ["0", "1", "2", "3"]
        finally:
            server.stop()
