"""The peers: their requests, their answers and their servers."""

import base64
import json
from pathlib import Path

import pytest

from benchmarks import drawings
from benchmarks.peers import catalogue
from benchmarks.peers.environments import PINS, pinned
from tests import ROOT

DIGIT, STROKES = next(drawings.drawings(1))
PNG = drawings.as_prepared(STROKES)
SERVERS = ROOT / "benchmarks" / "peers" / "servers"
SHARED = {"__init__", "network", "torch_network"}
PROBABILITIES = [0.0, 0.0, 0.0, 0.9, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("peer", catalogue.PEERS, ids=lambda peer: peer.key)
def test_every_request_of_a_peer_has_the_drawing_and_varies_its_headers(peer: catalogue.Peer) -> None:
    for case in peer.cases:
        request = case.make(STROKES)
        if case.label == "strokes":
            assert json.loads(request.body)["strokes"] == STROKES
        else:
            assert PNG in request.body or base64.b64encode(PNG) in request.body
        assert request.vary
        assert request.header_block(1) != request.header_block(2)


@pytest.mark.parametrize("peer", catalogue.PEERS, ids=lambda peer: peer.key)
def test_the_command_of_a_peer_names_the_port_and_a_server_that_exists(peer: catalogue.Peer, tmp_path: Path) -> None:
    catalogue.files(peer, 4321, tmp_path)
    settings = "".join(path.read_text() for path in tmp_path.iterdir())
    assert "4321" in " ".join(peer.arguments(4321)) + settings
    assert "{" not in " ".join(peer.arguments(4321))
    assert peer.environment is None or pinned(peer.environment)


def test_every_server_compiles_and_is_used_by_a_peer(tmp_path: Path) -> None:
    used = " ".join(peer.command for peer in catalogue.PEERS)
    catalogue.files(catalogue.BY_KEY["mlserver"], 1, tmp_path)
    used += "".join(path.read_text() for path in tmp_path.iterdir())
    for path in SERVERS.glob("*.py"):
        compile(path.read_text(encoding="utf-8"), path, "exec")
        assert path.stem in SHARED or f"{catalogue.SERVERS}.{path.stem}" in used, path
    assert {peer.environment for peer in catalogue.PEERS} - {None} == {path.stem for path in PINS.glob("*.txt")}


def test_the_digit_is_found_in_the_answer_of_each_protocol() -> None:
    answer = {"digit": 3, "probabilities": PROBABILITIES}
    events = f"event: complete\ndata: {json.dumps([{'label': '3', 'confidences': []}])}\n\n"
    assert catalogue.digit(json.dumps(answer).encode()) == 3
    assert catalogue.digit_bentoml(json.dumps([answer]).encode()) == 3
    assert catalogue.digit_v1(json.dumps({"predictions": [answer]}).encode()) == 3
    assert catalogue.digit_v2(json.dumps({"outputs": [{"data": PROBABILITIES}]}).encode()) == 3
    assert catalogue.digit_gradio(events.encode()) == 3
    with pytest.raises(ValueError, match="9 probabilities"):
        catalogue.digit_v2(json.dumps({"outputs": [{"data": PROBABILITIES[1:]}]}).encode())


def test_gradios_second_request_has_the_id_from_the_first_response() -> None:
    first = catalogue.gradio(STROKES)
    assert first.then is not None
    second = first.then(b'{"event_id": "abc"}')
    assert second.target.endswith("/call/predict/abc")
    assert second.accept == "text/event-stream"
