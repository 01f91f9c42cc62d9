"""POST /lab/attack: small changes of a drawing that make the network read another digit."""

from functools import partial
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request, Response

from app.drawings.declarations import reads_drawing
from app.drawings.encoding import prediction_fields
from app.http.problems import problem_responses
from app.lab.computing import compute, compute_part, json_response, read_drawing, refuse_overload
from app.lab.schemas.attacks import AttackAccuracyQuery, AttackAccuracyResponse, AttackQuery, AttackResponse
from app.network.lru_cache import LruCache
from app.network.routes import chosen_classifier
from model.digit_sheets import digit_sheet
from model.explain.attack_curves import CurveMethod, correct_under_attack
from model.explain.attacks import Attacker, Goal
from model.inference.classifier import Classifier
from model.preprocess.pipeline import PreprocessedDrawing, from_pixels

EPSILONS: dict[CurveMethod, list[int]] = {
    "fgsm": [0, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128],
    "iterated": [0, 12, 24, 48],  # takes ten times as long; with a larger ε, hardly any digit is read correctly
}
DIGITS = 500
PART = 8  # digits of one part of the computation: a tenth of a second
MAX_KEPT = 64  # sets of weights whose curves are kept
SEARCHES = ("smallest_epsilon", "fewest_pixels", "smallest_change")

router = APIRouter()
# The counts of each part of the digits, by the hash of the weights, so all applications can share them.
_curves = LruCache[tuple[str, CurveMethod], list[list[int]]](MAX_KEPT)


@router.post(
    "/attack",
    summary="Fool the network",
    response_model=AttackResponse,
    **reads_drawing(),
)
async def attack(request: Request, query: Annotated[AttackQuery, Query()]) -> Response:
    """Change a drawing so that the network reads another digit: an adversarial example. The changed image has whole
    grey levels, so it can be saved as a file.

    Sources: `fgsm`, Goodfellow et al. 2015; `iterated`, Kurakin et al. 2017; `fewest_pixels`, a greedy search;
    `smallest_change`, DeepFool, Moosavi-Dezfooli et al. 2016.
    """
    classifier = await chosen_classifier(request, query.weights)
    drawing = await read_drawing(request, query.prepare)
    return json_response(await compute(request, lambda: _attack(classifier, drawing, query)))


def _attack(classifier: Classifier, drawing: PreprocessedDrawing, query: AttackQuery) -> dict[str, Any]:
    (prediction,) = classifier.predict([drawing])
    digit = int(prediction.probabilities.argmax()) if query.digit is None else query.digit
    attacker = Attacker(classifier.checkpoint.tensors, classifier.engine.run)
    found = attacker.attack(drawing.image, Goal(digit, query.towards), query.method, query.epsilon)
    change = found.image.astype(int) - drawing.image
    (changed,) = classifier.predict([from_pixels(found.image, "none")])
    return {
        "method": query.method,
        "digit": digit,
        "towards": query.towards,
        "succeeded": found.succeeded,
        "epsilon": found.epsilon,
        "certainty": found.certainty if found.succeeded and query.method in SEARCHES else None,
        "changed_pixels": int(np.count_nonzero(change)),
        "largest_change": int(np.abs(change).max()),
        "length": float(np.sqrt((change**2).sum())),
        "pixels": drawing.image,
        "changed": found.image,
        "prediction": prediction_fields(prediction),
        "changed_prediction": prediction_fields(changed),
    }


@router.get(
    "/attack/accuracy",
    summary="The accuracy under attack",
    response_model=AttackAccuracyResponse,
    responses=problem_responses("unknown-weights", "invalid-parameter", "not-ready", "overloaded"),
)
async def attack_accuracy(request: Request, query: Annotated[AttackAccuracyQuery, Query()]) -> Response:
    """How many of 500 test digits are read correctly after `fgsm` or `iterated` with several ε. They are the first 500
    of the sheet that `/lab/digits/test.png` returns."""
    classifier = await chosen_classifier(request, query.weights)
    epsilons = EPSILONS[query.method]
    parts = _curves.get_or_compute((classifier.checkpoint.sha256, query.method), list)
    attacker = Attacker(classifier.checkpoint.tensors, classifier.engine.run)
    starts = range(PART * len(parts), DIGITS, PART)
    if starts:
        refuse_overload(request)
    for start in starts:
        await compute_part(request, partial(_add_part, parts, attacker, start, query.method))
        if await request.is_disconnected():
            return Response()  # nobody reads it; the parts are kept for the next request
    correct = np.sum(parts, axis=0)
    return json_response({"method": query.method, "digits": DIGITS, "epsilons": epsilons, "correct": correct})


def _add_part(parts: list[list[int]], attacker: Attacker, start: int, method: CurveMethod) -> None:
    """Add the counts of one part of the digits, unless another request has added them meanwhile."""
    if PART * len(parts) > start:
        return
    sheet = digit_sheet("test")
    part = np.s_[start : min(start + PART, DIGITS)]
    parts.append(correct_under_attack(attacker, sheet.images[part], sheet.labels[part], EPSILONS[method], method))
