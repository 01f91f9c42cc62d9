"""POST /lab/saliency: which pixels of a drawing matter for a digit."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.drawings.declarations import reads_drawing
from app.drawings.encoding import prediction_fields
from app.lab.computing import compute, json_response, read_drawing
from app.lab.schemas.saliency import SaliencyQuery, SaliencyResponse
from app.network.routes import chosen_classifier
from model.explain.saliency import Explainer, Target
from model.inference.classifier import Classifier, normalise
from model.preprocess.pipeline import PreprocessedDrawing

router = APIRouter()


@router.post(
    "/saliency",
    summary="Which pixels matter?",
    response_model=SaliencyResponse,
    **reads_drawing(),
)
async def saliency(request: Request, query: Annotated[SaliencyQuery, Query()]) -> Response:
    """A number for each of the 28×28 pixels that says how much it matters for a digit, by one of five methods. With
    `against`, it says which of two digits the pixel supports: why is this a 7 and not a 1?

    Sources: `gradient`, Simonyan et al. 2013; `gradient_times_input`, Shrikumar et al. 2016;
    `integrated_gradients`, Sundararajan et al. 2017; `grad_cam`, Selvaraju et al. 2017; `occlusion`, Zeiler and Fergus
    2014.
    """
    classifier = await chosen_classifier(request, query.weights)
    drawing = await read_drawing(request, query.prepare)
    return json_response(await compute(request, lambda: _explain(classifier, drawing, query)))


def _explain(classifier: Classifier, drawing: PreprocessedDrawing, query: SaliencyQuery) -> dict[str, Any]:
    """The response's fields. A blank drawing has no predicted digit, so its most likely one is explained."""
    (prediction,) = classifier.predict([drawing])
    ranking = [int(digit) for digit in (-prediction.probabilities).argsort(kind="stable")]
    digit = next(each for each in ranking if each != query.against) if query.digit is None else query.digit
    explainer = Explainer(classifier.checkpoint.tensors, classifier.engine.run)
    found = explainer.explain(
        normalise(drawing.image[None])[0, 0], Target(digit, query.against), query.method, query.patch
    )
    return {
        "method": query.method,
        "digit": digit,
        "against": query.against,
        "value": found.value,
        "rest": found.rest,
        "values": found.values,
        "pixels": drawing.image,
        "prediction": prediction_fields(prediction),
    }
