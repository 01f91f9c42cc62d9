"""GET /lab/map: training digits on a map of a layer. POST /lab/map/nearest: where a drawing lies on it."""

from typing import Annotated, Any

import numpy as np
import safetensors.numpy
from fastapi import APIRouter, Query, Request, Response
from numpy.typing import NDArray

from app.drawings.declarations import reads_drawing
from app.drawings.encoding import prediction_fields
from app.http.media_types import SAFETENSORS
from app.http.problems import problem_responses
from app.http.schemas import BINARY
from app.lab.computing import compute, json_response, read_drawing
from app.lab.schemas.maps import MapFacts, MapQuery, NearestQuery, NearestResponse
from app.network.lru_cache import LruCache
from app.network.routes import chosen_classifier
from model.digit_sheets import digit_sheet
from model.explain.embedding import LayerMap, MapLayer, Vectors, fit, layer_vectors, nearest
from model.inference.classifier import Classifier, normalise
from model.preprocess.pipeline import PreprocessedDrawing

MAX_VECTORS = 80 * 1024 * 1024  # in all layers, the vectors of a set of weights take 37 MB
MAX_MAPS = 64
# Layers whose vectors are computed in one forward pass. Those of pool1 take most of the memory.
TOGETHER: tuple[tuple[MapLayer, ...], ...] = (("input",), ("pool1",), ("pool2", "relu3", "logits"))

router = APIRouter()


class Maps:
    """Computes maps, and caches the most recently used maps and vectors."""

    def __init__(self, most_bytes: int = MAX_VECTORS, most_maps: int = MAX_MAPS) -> None:
        self._vectors = LruCache[tuple[str, tuple[MapLayer, ...]], dict[MapLayer, Vectors]](most_bytes, _nbytes)
        self._maps = LruCache[tuple[str, MapLayer], LayerMap](most_maps)

    def of(self, classifier: Classifier, layer: MapLayer) -> LayerMap:
        """The map of a layer for these weights, computed if it is not in memory."""
        key = (classifier.checkpoint.sha256, layer)
        return self._maps.get_or_compute(key, lambda: fit(layer, self.vectors(classifier, layer)))

    def vectors(self, classifier: Classifier, layer: MapLayer) -> Vectors:
        """The vectors of the training digits in a layer: see model.explain.embedding.layer_vectors."""
        together = next(layers for layers in TOGETHER if layer in layers)
        # The input is the same for all weights.
        key = ("" if layer == "input" else classifier.checkpoint.sha256, together)
        return self._vectors.get_or_compute(key, lambda: layer_vectors(classifier.engine.run, together))[layer]


def _nbytes(layers: dict[MapLayer, Vectors]) -> int:
    return sum(vectors.values.nbytes + vectors.steps.nbytes for vectors in layers.values())


_maps = Maps()  # maps never change, so all applications can share them; only the lab's thread uses them


@router.get(
    "/map",
    summary="A map of the training digits",
    response_class=Response,
    responses={
        200: {
            "description": "A safetensors file with the float32 tensors `points` (5000×2), `mean` (D) and `components` "
            "(2×D), and the uint8 tensor `labels` (5000). Its metadata has the JSON document `facts`: layer, "
            "dimensions, explained, same_in_plane, same_in_layer.",
            "content": {SAFETENSORS: {"schema": BINARY}},
        },
        **problem_responses("unknown-weights", "invalid-parameter", "not-ready", "overloaded"),
    },
)
async def layer_map(request: Request, query: Annotated[MapQuery, Query()]) -> Response:
    """Where 5,000 training digits lie in a layer, seen in the plane of its first two principal components. A vector x
    of the layer lies at `components` · (x − `mean`). The explained variance says how much of the layer the plane shows.

    Sources: Pearson 1901, Hotelling 1933; for large layers, subspace iteration, Halko et al. 2011.
    """
    classifier = await chosen_classifier(request, query.weights)
    content = await compute(request, lambda: _encoded(_maps.of(classifier, query.layer)))
    return Response(content, media_type=SAFETENSORS, headers={"Cache-Control": "no-cache"})


def _encoded(found: LayerMap) -> bytes:
    facts = MapFacts(
        layer=found.layer,
        dimensions=found.mean.size,
        explained=list(found.explained),
        same_in_plane=found.same_in_plane,
        same_in_layer=found.same_in_layer,
    )
    tensors: dict[str, NDArray[Any]] = {
        "points": found.points,
        "mean": found.mean,
        "components": np.ascontiguousarray(found.components),
        "labels": digit_sheet("train").labels,
    }
    return safetensors.numpy.save(tensors, {"facts": facts.model_dump_json()})


@router.post(
    "/map/nearest",
    summary="The nearest training digits",
    response_model=NearestResponse,
    **reads_drawing(),
)
async def nearest_digits(request: Request, query: Annotated[NearestQuery, Query()]) -> Response:
    """Where a drawing lies on the map of a layer, and the eight training digits that are nearest to it in the layer.
    They need not be the nearest on the map, which shows only two of the layer's directions."""
    classifier = await chosen_classifier(request, query.weights)
    drawing = await read_drawing(request, query.prepare)
    return json_response(await compute(request, lambda: _nearest(classifier, drawing, query)))


def _nearest(classifier: Classifier, drawing: PreprocessedDrawing, query: NearestQuery) -> dict[str, Any]:
    found = _maps.of(classifier, query.layer)
    run = classifier.engine.run
    vector = run(normalise(drawing.image[np.newaxis]), (query.layer,))[0].ravel()
    (prediction,) = classifier.predict([drawing])
    return {
        "layer": query.layer,
        "point": found.place(vector),
        "nearest": [
            each._asdict() for each in nearest(_maps.vectors(classifier, query.layer), vector, run, query.layer)
        ],
        "prediction": prediction_fields(prediction),
    }
