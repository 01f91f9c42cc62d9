"""POST /lab/teach: fine-tune the last layer on a few drawings."""

import hashlib
from collections import OrderedDict
from typing import Any

import numpy as np
from fastapi import APIRouter, Request, Response
from starlette.datastructures import Headers

from app.http.media_types import SAFETENSORS
from app.http.problems import problem_responses
from app.http.schemas import BINARY, json_body
from app.lab.computing import compute, json_response, read_body
from app.lab.schemas.teaching import TeachRequest, TeachResponse
from app.limits import MAX_BODY
from app.network.weight_sets import SERVED, weight_sets_of
from model.digit_sheets import digit_sheet
from model.explain.accuracy import Floats, Labels, compare, inputs_of, outputs_of
from model.explain.teach import LastLayer, held_out, teach
from model.inference.classifier import Classifier, normalise, softmax
from model.preprocess.pipeline import preprocess_all
from model.preprocess.rasterise import Strokes
from model.weight_files.safetensors_file import encode

MOVED = 10  # weights
MAX_KEPT = 8  # sets of weights whose features of the test digits are kept, 1 MB each
_features_kept: OrderedDict[str, Floats] = OrderedDict()  # by the hash of the weights, for all applications

router = APIRouter()


@router.post(
    "/teach",
    summary="Teach the last layer",
    response_model=TeachResponse,
    responses={
        200: {"content": {SAFETENSORS: {"schema": BINARY}}},
        **problem_responses(
            "unreadable-body", "too-slow", "body-too-large", "unsupported-type", "invalid-drawing", "too-many-points",
            "unknown-weights", "not-ready", "overloaded",
        ),
    },
    openapi_extra=json_body(TeachRequest, "The drawings, the weights, the learning rate and the steps."),
)  # fmt: skip
async def teach_last_layer(request: Request) -> Response:
    """Fine-tune the last layer on a few drawings, by logistic regression, and test it on the drawings that were held
    out and on 2,000 test digits of MNIST: what was learnt, and what was forgotten?

    Nothing is stored: the weights of the server stay as they are. With `Accept: application/vnd.safetensors`, the
    response is the file of the changed weights.
    """
    body = await read_body(request, TeachRequest, MAX_BODY, "invalid-drawing", "drawings, and perhaps weights")
    classifier = await weight_sets_of(request.scope).find(body.weights or SERVED)
    as_file = SAFETENSORS in Headers(scope=request.scope).get("accept", "")
    if as_file:
        return Response(await compute(request, lambda: _file(classifier, body)), media_type=SAFETENSORS)
    return json_response(await compute(request, lambda: _teach(classifier, body)))


def _features(classifier: Classifier, body: TeachRequest) -> Floats:
    """The outputs of relu3 for the drawings, N×128."""
    drawings = preprocess_all([Strokes(each.strokes, each.pen) for each in body.drawings])
    images = normalise(np.array([drawing.image for drawing in drawings]))
    return outputs_of(classifier.engine.run, images, "relu3")


def _test_features(classifier: Classifier) -> Floats:
    """The outputs of relu3 for the 2,000 test digits; those of the weights used last are kept."""
    key = classifier.checkpoint.sha256
    if key not in _features_kept:
        _features_kept[key] = outputs_of(classifier.engine.run, inputs_of("test"), "relu3")
        while len(_features_kept) > MAX_KEPT:
            _features_kept.popitem(last=False)
    return _features_kept[key]


def _taught(classifier: Classifier, body: TeachRequest, features: Floats) -> LastLayer:
    """The last layer after training on the drawings that are not held out."""
    labels = np.array([each.label for each in body.drawings])
    chosen = ~np.array(held_out(labels.tolist()))
    start = LastLayer.of(classifier.checkpoint.tensors)
    return teach(start, features[chosen], labels[chosen], body.learning_rate, body.steps)


def _teach(classifier: Classifier, body: TeachRequest) -> dict[str, Any]:
    features = _features(classifier, body)
    before, after = LastLayer.of(classifier.checkpoint.tensors), _taught(classifier, body, features)
    labels = [each.label for each in body.drawings]
    own = [softmax(layer.logits(features)) for layer in (before, after)]
    known = _test_features(classifier)
    read: list[Labels] = [layer.logits(known).argmax(axis=1).astype(np.uint8) for layer in (before, after)]
    found = compare(digit_sheet("test").labels, *read)
    change = np.abs(after.weights - before.weights)
    moved = [np.unravel_index(i, change.shape) for i in np.argsort(-change, axis=None, kind="stable")[:MOVED]]
    return {
        "drawings": [
            {"label": label, "held_out": out, "before": first, "after": second}
            for label, out, first, second in zip(labels, held_out(labels), *own, strict=True)
        ],
        "digits": len(known),
        "correct_before": found.before,
        "correct_after": found.correct,
        "lost": found.lost,
        "moved": [
            {"digit": int(i), "unit": int(j), "before": before.weights[i, j], "after": after.weights[i, j]}
            for i, j in moved
        ],
    }


def _file(classifier: Classifier, body: TeachRequest) -> bytes:
    """The safetensors file of the network with the new last layer."""
    layer = _taught(classifier, body, _features(classifier, body))
    tensors = layer.into(classifier.checkpoint.tensors)
    origin = {key: value for key, value in classifier.checkpoint.metadata.items() if key != "accuracy"}
    drawn = hashlib.sha256(layer.weights.tobytes()).hexdigest()[:8]
    name = f"{classifier.checkpoint.name[:40]}-taught-{drawn}"
    return encode(tensors, origin | {"name": name, "taught": f"last layer, {len(body.drawings)} drawings"})
