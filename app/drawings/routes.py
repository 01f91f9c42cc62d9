"""The endpoints of `/predict` and `/feature-maps`: plain ASGI applications, routed like every other route.

FastAPI would need more time to call an endpoint and to serialise its result than the network needs for a prediction.
The module `declarations` makes FastAPI document the two endpoints.
"""

from functools import cache

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.drawings import encoding
from app.drawings.batching import PLAIN_PREDICTION, PREDICTION_ONLY, Batcher, Layers
from app.drawings.parsing import DrawingReader
from app.drawings.queries import FeatureMapsQuery, PredictQuery, parse_layers, parse_query, query_parameters
from app.http.assets.compression import accepts_gzip, compress
from app.http.media_types import JSON, SAFETENSORS
from app.http.middleware import root_path_of
from app.http.problems import Problem, service_unavailable
from app.limits import COSTLY
from app.network.weight_sets import weight_sets_of
from model.inference.classifier import Classifier

_MAX_ACCEPT = 2000  # characters of the Accept header that are read; browsers send about a hundred


class PredictEndpoint:
    """POST /predict: the prediction for a drawing."""

    def __init__(self, reader: DrawingReader, batcher: Batcher) -> None:
        self.reader = reader
        self.batcher = batcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.batcher.is_overloaded():
            await refuse_overload(scope, send)
            return
        query = parse_query(PredictQuery, query_parameters(scope))
        drawing = await self.reader.read(scope, receive, query.prepare)
        layers = PREDICTION_ONLY if query.calibrated else PLAIN_PREDICTION
        result = await self.batcher.submit(drawing, layers, await _classifier(scope, query.weights))
        await respond(send, encoding.prediction_json(result.maps.prediction), JSON)


class FeatureMapsEndpoint:
    """POST /feature-maps: the prediction and the activations of the requested layers."""

    def __init__(self, reader: DrawingReader, batcher: Batcher) -> None:
        self.reader = reader
        self.batcher = batcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.batcher.is_overloaded():
            await refuse_overload(scope, send)
            return
        parameters = query_parameters(scope)
        query, layers = parse_query(FeatureMapsQuery, parameters), parse_layers(parameters)
        media_type = negotiate(Headers(scope=scope).getlist("accept"))
        drawing = await self.reader.read(scope, receive, query.prepare, stages=query.stages)
        quantised = media_type == SAFETENSORS and query.dtype == "uint8"
        chosen = Layers(layers, quantised, query.calibrated)
        compressed = media_type == SAFETENSORS and query.dtype == "float32" and accepts_gzip(Request(scope))
        cost = COSTLY if media_type == JSON or compressed or query.stages else 1
        result = await self.batcher.submit(drawing, chosen, await _classifier(scope, query.weights), cost)
        stages = result.drawing if query.stages else None
        if media_type == SAFETENSORS:
            body = encoding.maps_safetensors(result.maps, layers, query.dtype, stages)
        else:
            body = encoding.maps_json(result.maps, layers, stages)
        del result, drawing, stages  # frees their memory before the client has read the response
        if media_type == SAFETENSORS and query.dtype == "float32":
            # This divides the size by three but takes 2 ms, so uint8, which pages request while the pen moves, is not
            # compressed.
            await compress(Request(scope), Response(body, media_type=media_type), level=1)(scope, receive, send)
        else:
            await respond(send, body, media_type)


async def respond(send: Send, body: bytes, media_type: str) -> None:
    """Send a response with status 200. A `Response` object would take 3 % of the time of a prediction."""
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", media_type.encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def refuse_overload(scope: Scope, send: Send) -> None:
    """Send the problem `overloaded`. Under load this happens thousands of times a second, so it is prepared once."""
    headers, body = _overloaded(root_path_of(scope))
    await send({"type": "http.response.start", "status": 503, "headers": list(headers)})  # middleware may add to them
    await send({"type": "http.response.body", "body": body})


@cache
def _overloaded(root: str) -> tuple[tuple[tuple[bytes, bytes], ...], bytes]:
    """The headers and the body of the problem. `root` is the service's root path."""
    response = service_unavailable("overloaded").response(root)
    return tuple(response.raw_headers), bytes(response.body)


async def _classifier(scope: Scope, weights: str | None) -> Classifier:
    """The classifier with the named weights; None means the weights in service. Raises Problem if there are none."""
    sets = weight_sets_of(scope)
    return sets.served if weights is None else await sets.find(weights)


def negotiate(accept: list[str]) -> str:
    """The media type of the response, given the values of the Accept header.

    It is safetensors if the header names it and gives JSON no higher q value; otherwise it is JSON. Raises Problem if
    the client accepts neither. The code is ours because Starlette has no content negotiation.
    """
    if not any(accept):  # an empty header says no more than a missing one
        return JSON
    qualities = dict(_quality(part) for part in ",".join(accept)[:_MAX_ACCEPT].lower().split(","))
    safetensors = qualities.get(SAFETENSORS, 0.0)
    json = qualities.get(JSON, 0.0)
    if safetensors and safetensors >= json:  # `*/*` and `application/*` do not count as a q value for JSON
        return SAFETENSORS
    if json or qualities.get("application/*") or qualities.get("*/*"):
        return JSON
    raise Problem("not-acceptable")


def _quality(media_range: str) -> tuple[str, float]:
    """A media range and its q value. The q value is 1 if it is missing or not a number."""
    name, *parameters = (part.strip() for part in media_range.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                return name, float(value)
            except ValueError:
                return name, 1.0
    return name, 1.0
