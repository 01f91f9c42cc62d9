"""The support modules of the tests."""

import pytest

from tests.support.browsers.traffic import Traffic
from tests.support.servers import free_port, own_ports
from tests.support.visitor import Visitor


def test_two_processes_of_the_tests_never_get_the_same_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "3")
    given = []
    for process in range(3):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", f"gw{process}")
        given.append({free_port() for _ in range(20)})
        assert given[-1] <= set(own_ports())
    assert len(set.union(*given)) == 60


def test_traffic_has_not_ended_while_the_page_does_not_run(js: Visitor) -> None:
    """As if the machine did not let the browser run for a second between two requests."""
    js.page.route("**/late", lambda route: route.fulfill(body="late"))
    traffic = Traffic(js.page)
    js.run("""() => {
      window.answered = false;
      setTimeout(() => {
        const end = performance.now() + 1000;
        while (performance.now() < end);
        fetch("/late").then(() => (window.answered = true));
      }, 100);
    }""")
    traffic.wait_for_end()
    assert js.run("answered") is True


def test_no_timer_removes_a_message(visitor: Visitor) -> None:
    script = """const [line, close] = [document.createElement("p"), document.createElement("button")];
    document.createElement("div").append(line);
    const { setTimeout } = window;
    const timers = [];
    window.setTimeout = (...timer) => timers.push(setTimeout(...timer));
    m.createMessages(line, close)("Seen.");
    window.setTimeout = setTimeout;
    return timers;"""
    assert visitor.module("ui/messages", script) == [0]
