"""POST /lab/teach: fine-tune the last layer, or all layers, on a few drawings."""

import hashlib
from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from fastapi import APIRouter, Request, Response
from starlette.datastructures import Headers

from app.http.body import BODY_PROBLEMS, read_json
from app.http.media_types import SAFETENSORS
from app.http.problems import Problem, problem_responses
from app.http.schemas import BINARY, json_body
from app.http.validation import MAX_FIELDS, ONE_LARGE_BODY, limit_counts
from app.lab.computing import compute, compute_next, compute_part, json_response, parse_body
from app.lab.schemas.teaching import MAX_DRAWINGS, MAX_POINTS_ALL, MAX_STEPS_ALL, TeachRequest, TeachResponse
from app.network.lru_cache import LruCache
from app.network.weight_sets import SERVED, weight_sets_of
from model.digit_sheets import digit_sheet
from model.explain.accuracy import Floats, Labels, compare, inputs_of, outputs_of
from model.explain.edits import MODULES
from model.explain.teach import LastLayer, Tensors, held_out, teach, teach_all
from model.inference.classifier import Classifier, normalise
from model.inference.engines import SharedOnnxEngine, run_weights
from model.preprocess.pipeline import preprocess_all
from model.preprocess.rasterise import Strokes
from model.weight_files.safetensors_file import encode

MOVED = 10  # weights
STEPS_AT_ONCE = 5  # steps of all layers in one part of the computation: a tenth of a second
_FIELDS_EACH = 4  # an opening brace and three colons
MAX_KEPT = 8  # sets of weights whose features of the test digits are kept, 1 MB each
_features_kept = LruCache[str, Floats](MAX_KEPT)  # by the hash of the weights, for all applications

router = APIRouter()


@router.post(
    "/teach",
    summary="Teach the network",
    response_model=TeachResponse,
    responses={
        200: {"content": {SAFETENSORS: {"schema": BINARY}}},
        **problem_responses(
            *BODY_PROBLEMS,
            "invalid-drawing",
            "too-many-points",
            "diverged",
            "unknown-weights",
            "not-ready",
            "overloaded",
        ),
    },
    openapi_extra=json_body(TeachRequest, "The drawings, the weights, the learning rate and the steps."),
)
async def teach_network(request: Request) -> Response:
    """Fine-tune the last layer on a few drawings, by logistic regression, or all layers by gradient descent. Then test
    the network on the drawings that were held out and on 2,000 test digits of MNIST: what was learnt, and what was
    forgotten?

    Nothing is stored: the weights of the server stay as they are. With `Accept: application/vnd.safetensors`, the
    response is the file of the changed weights.
    """
    content = await read_json(request.scope, request.receive)
    lesson = await compute(request, lambda: _read(content))
    classifier = await weight_sets_of(request.scope).find(lesson.weights)
    tensors = await _taught(request, classifier, lesson)
    if SAFETENSORS in Headers(scope=request.scope).get("accept", ""):
        file = await compute_next(request, lambda: _file(classifier, lesson, tensors))
        return Response(file, media_type=SAFETENSORS)
    return json_response(await compute_next(request, lambda: _compare(classifier, lesson, tensors)))


class _Lesson(NamedTuple):
    """A request without the strokes, which take megabytes. `inputs` are the drawings' images, N×1×28×28."""

    inputs: Floats
    labels: list[int]
    weights: str
    layers: str
    learning_rate: float
    steps: int


def _read(content: bytes) -> _Lesson:
    """The lesson in a JSON body. Raises Problem if the body is invalid."""
    limit_counts(
        content,
        TeachRequest,
        "invalid-drawing",
        lists=MAX_POINTS_ALL + MAX_DRAWINGS,
        fields=MAX_FIELDS + _FIELDS_EACH * MAX_DRAWINGS,
        too_many_lists=f"The drawings may have at most {MAX_POINTS_ALL:,} points together.",
    )
    with ONE_LARGE_BODY:
        body = parse_body(content, TeachRequest, "invalid-drawing", "drawings, and perhaps weights")
    if body.layers == "all" and body.steps > MAX_STEPS_ALL:
        raise Problem("invalid-drawing", f"All layers can be trained for at most {MAX_STEPS_ALL} steps.")
    drawings = preprocess_all([Strokes(each.strokes, each.pen) for each in body.drawings])
    inputs = normalise(np.array([drawing.image for drawing in drawings]))
    labels = [each.label for each in body.drawings]
    return _Lesson(inputs, labels, body.weights or SERVED, body.layers, body.learning_rate, body.steps)


async def _taught(request: Request, classifier: Classifier, lesson: _Lesson) -> Tensors:
    """The weights after training on the drawings that are not held out. Raises Problem if a number is not finite."""
    chosen = ~np.array(held_out(lesson.labels))
    inputs, labels = lesson.inputs[chosen], np.array(lesson.labels)[chosen]
    start = classifier.checkpoint.tensors
    if lesson.layers == "last":
        features = await compute_next(request, lambda: outputs_of(classifier.engine.run, inputs, "relu3"))
        layer = LastLayer.of(start)
        taught = await compute_next(request, lambda: teach(layer, features, labels, lesson.learning_rate, lesson.steps))
        return taught.into(start)
    tensors: Tensors = start
    for done in range(0, lesson.steps, STEPS_AT_ONCE):
        steps = min(STEPS_AT_ONCE, lesson.steps - done)
        work = partial(teach_all, tensors, inputs, labels, lesson.learning_rate, steps, run_weights)
        tensors = await compute_part(request, work)
        _refuse_infinite(tensors.values())
    return tensors


def _refuse_infinite(arrays: Iterable[Floats]) -> None:
    """Raise Problem if a number is infinite or not a number: the training has diverged."""
    if not all(np.isfinite(array).all() for array in arrays):
        raise Problem("diverged")


def _compare(classifier: Classifier, lesson: _Lesson, tensors: Tensors) -> dict[str, Any]:
    """The fields of the response. Raises Problem if a number is not finite."""
    original, labels = classifier.checkpoint.tensors, lesson.labels
    runs = [SharedOnnxEngine(each).run for each in (original, tensors)]
    own = [outputs_of(run, lesson.inputs, "probabilities") for run in runs]
    features = _test_features(classifier)
    before = LastLayer.of(original).logits(features)
    if lesson.layers == "last":
        after = LastLayer.of(tensors).logits(features)
    else:
        after = outputs_of(runs[1], inputs_of("test"), "logits")
    _refuse_infinite([*own, after])
    read: list[Labels] = [logits.argmax(axis=1).astype(np.uint8) for logits in (before, after)]
    found = compare(digit_sheet("test").labels, *read)
    return {
        "drawings": [
            {"label": label, "held_out": out, "before": first, "after": second}
            for label, out, first, second in zip(labels, held_out(labels), *own, strict=True)
        ],
        "digits": len(features),
        "correct_before": found.before,
        "correct_after": found.correct,
        "lost": found.lost,
        "moved": _moved(original, tensors),
    }


def _moved(original: Tensors, tensors: Tensors) -> list[dict[str, Any]]:
    """The weights that have changed most."""
    found = []
    for layer, module in MODULES.items():
        before, after = original[f"{module}.weight"], tensors[f"{module}.weight"]
        if after is before:
            continue
        change = np.abs(after - before)
        for i in np.argsort(-change, axis=None, kind="stable")[:MOVED]:
            place = np.unravel_index(i, change.shape)
            index = [int(each) for each in place]
            found.append((float(change[place]), layer, index, before[place], after[place]))
    found.sort(key=lambda each: -each[0])
    return [
        {"layer": layer, "index": index, "before": before, "after": after}
        for _, layer, index, before, after in found[:MOVED]
    ]


def _test_features(classifier: Classifier) -> Floats:
    """The outputs of relu3 for the 2,000 test digits; those of the weights used last are kept."""
    return _features_kept.get_or_compute(
        classifier.checkpoint.sha256, lambda: outputs_of(classifier.engine.run, inputs_of("test"), "relu3")
    )


def _file(classifier: Classifier, lesson: _Lesson, tensors: Tensors) -> bytes:
    """The safetensors file of the taught network."""
    origin = {key: value for key, value in classifier.checkpoint.metadata.items() if key != "accuracy"}
    drawn = hashlib.sha256(b"".join(values.tobytes() for values in tensors.values())).hexdigest()[:8]
    name = f"{classifier.checkpoint.name[:40]}-taught-{drawn}"
    layers = {"last": "last layer", "all": "all layers"}[lesson.layers]
    return encode(dict(tensors), origin | {"name": name, "taught": f"{layers}, {len(lesson.labels)} drawings"})
