"""The peers: how each is started, what its requests and answers look like, and what the report says about it."""

import base64
import json
import os
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import drawings
from benchmarks.client import Request
from benchmarks.peers.environments import python
from benchmarks.peers.servers import BATCH, BATCH_SECONDS
from benchmarks.servers import UVICORN_OPTIONS, free_port

SERVERS = "benchmarks.peers.servers"
_BOUNDARY = "benchmark-boundary"
Make = Callable[[list[drawings.Stroke]], Request]
Digit = Callable[[bytes], int]


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of request to a peer: its label in the tables, the request for a drawing, and how to read the digit."""

    label: str
    make: Make
    digit: Digit


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that is compared.

    key          its name on the command line
    title        its name in the tables
    environment  the file of its packages in `pins`; None for the project's own environment
    command      the arguments after the environment's `python -m`, separated by spaces; `{port}` is the port for HTTP,
                 each `{other}` another free port, `{cores}` the number of cores, `{workers}` twice that number and one
    how          how it serves the network, for the report
    variables    environment variables
    """

    key: str
    title: str
    environment: str | None
    command: str
    cases: tuple[Case, ...]
    how: str
    variables: tuple[tuple[str, str], ...] = ()

    def arguments(self, port: int) -> list[str]:
        """The complete command for a server on this port."""
        cores = os.cpu_count() or 1
        numbers = {"port": port, "cores": cores, "workers": 2 * cores + 1}
        filled = [str(free_port()) if word == "{other}" else word.format(**numbers) for word in self.command.split()]
        return [str(python(self.environment)), "-m", *filled]


def png(target: str, strokes: list[drawings.Stroke]) -> Request:
    """The image as the request body."""
    return Request("POST", target, drawings.as_prepared(strokes), "image/png", vary=True)


def form(target: str, field: str, strokes: list[drawings.Stroke]) -> Request:
    """The image as an uploaded file in a form."""
    start = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="digit.png"\r\n'
    start += "Content-Type: image/png\r\n\r\n"
    body = start.encode() + drawings.as_prepared(strokes) + f"\r\n--{_BOUNDARY}--\r\n".encode()
    return Request("POST", target, body, f"multipart/form-data; boundary={_BOUNDARY}", vary=True)


def as_json(strokes: list[drawings.Stroke]) -> Request:
    """The image as base64 in JSON."""
    return Request("POST", "/predict", json.dumps({"image": _base64(strokes)}).encode(), vary=True)


def v1(target: str, strokes: list[drawings.Stroke]) -> Request:
    """KServe's V1 protocol, with the image as base64."""
    body = json.dumps({"instances": [{"image": {"b64": _base64(strokes)}}]}).encode()
    return Request("POST", target, body, vary=True)


def v2(target: str, strokes: list[drawings.Stroke]) -> Request:
    """The V2 protocol in JSON, with the image as base64."""
    image = {"name": "image", "shape": [1, 1], "datatype": "BYTES", "data": [_base64(strokes)]}
    encoded = {"parameters": {"content_type": "base64"}}
    return Request("POST", target, json.dumps({"inputs": [image | encoded]}).encode(), vary=True)


def v2_binary(target: str, strokes: list[drawings.Stroke]) -> Request:
    """The V2 protocol with its extension for binary data: JSON, then the length of the image and the image."""
    data = drawings.as_prepared(strokes)
    tensor = len(data).to_bytes(4, "little") + data
    image = {"name": "image", "shape": [1, 1], "datatype": "BYTES", "parameters": {"binary_data_size": len(tensor)}}
    output = {"name": "probabilities", "parameters": {"binary_data": False}}
    header = json.dumps({"inputs": [image], "outputs": [output]}).encode()
    length = (("Inference-Header-Content-Length", str(len(header))),)
    return Request("POST", target, header + tensor, "application/octet-stream", headers=length, vary=True)


def gradio(strokes: list[drawings.Stroke]) -> Request:
    """Gradio's API takes two requests: one returns an id, with which the other fetches a stream of events."""
    target = "/gradio_api/call/predict"
    image = {"url": f"data:image/png;base64,{_base64(strokes)}", "meta": {"_type": "gradio.FileData"}}

    def events(body: bytes) -> Request:
        return Request("GET", f"{target}/{json.loads(body)['event_id']}", accept="text/event-stream")

    return Request("POST", target, json.dumps({"data": [image]}).encode(), vary=True, then=events)


def _base64(strokes: list[drawings.Stroke]) -> str:
    return base64.b64encode(drawings.as_prepared(strokes)).decode()


def strokes_as_json(strokes: list[drawings.Stroke]) -> Request:
    """The strokes themselves, as Inkling's page sends them."""
    return Request("POST", "/predict", drawings.as_strokes(strokes), vary=True)


def digit(body: bytes) -> int:
    """The digit of an answer like `{"digit": 7, …}`."""
    return int(json.loads(body)["digit"])


def digit_bentoml(body: bytes) -> int:
    """The digit of BentoML's answer, which is a list with one item."""
    return int(json.loads(body)[0]["digit"])


def digit_v1(body: bytes) -> int:
    """The digit of an answer in the V1 protocol."""
    return int(json.loads(body)["predictions"][0]["digit"])


def digit_v2(body: bytes) -> int:
    """The digit of an answer in the V2 protocol, which has the ten probabilities."""
    return _largest(json.loads(body)["outputs"][0]["data"])


def digit_gradio(body: bytes) -> int:
    """The digit of Gradio's last event: a label with its confidences."""
    *_, last = [line for line in body.decode().splitlines() if line.startswith("data: ")]
    return int(json.loads(last.removeprefix("data: "))[0]["label"])


def _largest(probabilities: list[float]) -> int:
    if len(probabilities) != 10:
        raise ValueError(f"there are {len(probabilities)} probabilities")
    return probabilities.index(max(probabilities))


def _predict(label: str = "") -> Case:
    return Case(label, partial(png, "/predict"), digit)


_JSON = Case("", as_json, digit)
_UPLOAD = Case("", partial(form, "/predict", "file"), digit)
_GUNICORN = f"gunicorn {SERVERS}.flask_app:app --bind 127.0.0.1:{{port}} "
_GUNICORN += "--worker-class gthread --threads 4 --keep-alive 75"
INKLING = Peer(
    "inkling",
    "Inkling",
    None,
    "app.cli serve --host 127.0.0.1 --port {port}",
    (_predict("PNG"), Case("strokes", strokes_as_json, digit)),
    "`inkling serve`, one process: also fits the drawing, and answers with calibrated probabilities, how typical the "
    "drawing is, a verdict and reasons",
)
PEERS = (
    INKLING,
    Peer(
        "inkling-workers",
        "Inkling, a worker per core",
        None,
        f"{INKLING.command} --workers {{cores}}",
        (_predict(),),
        "the same with a process for each core; PNG as the body",
    ),
    Peer(
        "careful",
        "careful FastAPI + ONNX Runtime",
        None,
        f"uvicorn benchmarks.baselines.plain_route:app --host 127.0.0.1 --port {{port}} {' '.join(UVICORN_OPTIONS)}",
        (_predict(),),
        "FastAPI and ONNX Runtime in 60 lines (`benchmarks/baselines/plain_route.py`): an `async` route, one process, "
        "uvicorn with uvloop and httptools; PNG as the body",
    ),
    Peer(
        "gunicorn",
        "Flask + gunicorn",
        "gunicorn",
        f"{_GUNICORN} --preload --workers {{workers}}",
        (_predict(),),
        "Flask and ONNX Runtime; 2 × cores + 1 workers as gunicorn's documentation advises, with threads, because the "
        "default workers close each connection after one answer; PNG as the body",
    ),
    Peer(
        "gunicorn-1",
        "Flask + gunicorn, 1 worker",
        "gunicorn",
        _GUNICORN,
        (_predict(),),
        "the same with one worker, for comparison with the other servers, most of which compute in one process",
    ),
    Peer(
        "tutorial",
        "tutorial FastAPI + torch",
        "tutorial",
        f"uvicorn {SERVERS}.tutorial_app:app --host 127.0.0.1 --port {{port}}",
        (_UPLOAD,),
        "FastAPI and torch: an upload to a `def` route, which runs in a thread; `uvicorn` with its defaults",
    ),
    Peer(
        "kserve",
        "KServe",
        "kserve",
        f"{SERVERS}.kserve_app --port {{port}}",
        (Case("", partial(v1, "/v1/models/digits:predict"), digit_v1),),
        "a custom predictor and ONNX Runtime in KServe's model server, without Kubernetes; V1 protocol, PNG as base64",
    ),
    Peer(
        "mlserver",
        "MLServer, batching",
        "mlserver",
        "mlserver.cli.main start .",
        (Case("", partial(v2, "/v2/models/digits/infer"), digit_v2),),
        "a custom runtime and ONNX Runtime in the process of the server; adaptive batching; V2 protocol in JSON, PNG "
        "as base64",
    ),
    Peer(
        "triton",
        "Triton, batching",
        "triton",
        f"{SERVERS}.triton_app --ports {{port}} {{other}} {{other}}",
        (Case("", partial(v2_binary, "/v2/models/digits/infer"), digit_v2),),
        "NVIDIA's PyTriton, whose package has the Triton server, and ONNX Runtime in Python; dynamic batching; V2 "
        "protocol with the PNG as binary data",
        (("LD_LIBRARY_PATH", sysconfig.get_config_var("LIBDIR") or ""),),  # Triton loads this Python's library
    ),
    Peer(
        "torchserve",
        "TorchServe, batching",
        "torchserve",
        f"{SERVERS}.torchserve_app --ports {{port}} {{other}} {{other}} {{other}} {{other}}",
        (Case("", partial(png, "/predictions/digits"), digit),),
        "a handler with torch, one worker, batches; PNG as the body",
    ),
    Peer(
        "litserve",
        "LitServe",
        "litserve",
        f"{SERVERS}.litserve_app --port {{port}}",
        (_JSON,),
        "ONNX Runtime, one worker, no batching, the fast queue; PNG as base64 in JSON",
    ),
    Peer(
        "litserve-batching",
        "LitServe, batching",
        "litserve",
        f"{SERVERS}.litserve_app --port {{port}} --batch",
        (_JSON,),
        f"the same with batches of at most {BATCH} requests of {1000 * BATCH_SECONDS:g} ms",
    ),
    Peer(
        "bentoml",
        "BentoML, batching",
        "bentoml",
        f"bentoml serve {SERVERS}.bentoml_service:Digits --host 127.0.0.1 --port {{port}}",
        (Case("", partial(form, "/predict", "images"), digit_bentoml),),
        "ONNX Runtime, one worker, adaptive batching; PNG as an upload",
        (("BENTOML_DO_NOT_TRACK", "True"),),
    ),
    Peer(
        "ray",
        "Ray Serve, batching",
        "ray",
        f"{SERVERS}.ray_app --port {{port}}",
        (_predict(),),
        f"ONNX Runtime, one replica on one node, batches of at most {BATCH} requests of {1000 * BATCH_SECONDS:g} ms; "
        "with its settings for high throughput, but without HAProxy, which would listen on all addresses; PNG as the "
        "body",
        (
            ("RAY_USAGE_STATS_ENABLED", "0"),
            ("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0"),  # listen on 127.0.0.1, as Ray does on Windows and macOS
            ("RAY_SERVE_THROUGHPUT_OPTIMIZED", "1"),
        ),
    ),
    Peer(
        "gradio",
        "Gradio",
        "gradio",
        f"{SERVERS}.gradio_app --port {{port}}",
        (Case("", gradio, digit_gradio),),
        "`gr.Interface` with an image and a label, and ONNX Runtime; its API takes two requests for an answer, the PNG "
        "as a data URL in the first",
        (("GRADIO_ANALYTICS_ENABLED", "False"), ("HF_HUB_OFFLINE", "1")),
    ),
)
BY_KEY = {peer.key: peer for peer in PEERS}


def files(peer: Peer, port: int, folder: Path) -> None:
    """Write the files that a peer expects in its working directory."""
    if peer.key != "mlserver":
        return
    settings = {
        "host": "127.0.0.1",
        "http_port": port,
        "grpc_port": free_port(),
        "metrics_port": free_port(),
        "parallel_workers": 0,  # compute in the process of the server, which is faster for a network this small
        "debug": False,
    }
    model = {
        "name": "digits",
        "implementation": f"{SERVERS}.mlserver_runtime.Digits",
        "max_batch_size": BATCH,
        "max_batch_time": BATCH_SECONDS,
    }
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "model-settings.json").write_text(json.dumps(model), encoding="utf-8")
