"""The sets of weights that can answer a request: the served ones, those that ship, and the epochs of the shipped run."""

import asyncio
from collections import OrderedDict

from fastapi import Request

from app.http.problems import Problem, service_unavailable
from app.network.schemas import EpochDescription, WeightsDescription
from model.checkpoint import NAMES, find, read
from model.epochs import RUN, measured_epochs, read_epoch
from model.inference.calibration import read as read_calibration
from model.inference.classifier import Classifier
from model.inference.engines import EngineName

SERVED = "served"
MAX_SETS = 16  # sets in memory besides the served one; the least recently used one is dropped


class WeightSets:
    """Finds the classifier for the name of a set of weights, and loads it if necessary.

    Names are `served`, `robust`, `lesson`, and `lesson:0` to `lesson:5` for the epochs of the shipped run.
    """

    def __init__(self, served: Classifier, engine: EngineName = "auto") -> None:
        self.served = served
        self._engine = engine
        self._loaded: OrderedDict[str, Classifier] = OrderedDict()
        self._loading = asyncio.Lock()
        epochs = [f"{RUN}:{each.epoch}" for each in measured_epochs()]
        self._names = {SERVED, *NAMES, *epochs}

    async def find(self, name: str) -> Classifier:
        """The classifier with these weights. Raises Problem if there are none of this name."""
        if name == SERVED:
            return self.served
        if name not in self._names:
            raise Problem("unknown-weights")
        if name not in self._loaded:
            async with self._loading:
                if name not in self._loaded:
                    self._loaded[name] = await asyncio.to_thread(self._load, name)
        self._loaded.move_to_end(name)
        found = self._loaded[name]
        while len(self._loaded) > MAX_SETS:
            self._loaded.popitem(last=False)
        return found

    def _load(self, name: str) -> Classifier:
        run, _, epoch = name.partition(":")
        if epoch and int(epoch) < measured_epochs()[-1].epoch:
            return Classifier(read_epoch(int(epoch)), self._engine, shared=True)
        path = find(run)
        checkpoint = read(path)
        if checkpoint.sha256 == self.served.checkpoint.sha256:
            return self.served
        return Classifier(checkpoint, self._engine, read_calibration(path, checkpoint), shared=True)

    async def describe(self) -> list[WeightsDescription]:
        """All sets of weights, the served one first."""
        found = [_description(SERVED, self.served, "served")]
        for name in NAMES:
            classifier = await self.find(name)
            found.append(_description(name, classifier, "shipped"))
        return found


def _description(name: str, classifier: Classifier, origin: str) -> WeightsDescription:
    epochs = [
        EpochDescription(name=f"{RUN}:{epoch}", epoch=epoch, accuracy=accuracy, loss=loss)
        for epoch, accuracy, loss in (measured_epochs() if name == RUN else ())
    ]
    checkpoint = classifier.checkpoint
    return WeightsDescription(
        name=name,
        origin=origin,
        model=checkpoint.model,
        sha256=checkpoint.sha256,
        accuracy=checkpoint.accuracy,
        temperature=classifier.temperature,
        calibrated=classifier.calibration is not None,
        epochs=epochs,
    )


def weight_sets_of(request: Request) -> WeightSets:
    """The application's sets of weights. Raises Problem while the weights are loading."""
    sets: WeightSets | None = getattr(request.app.state, "weight_sets", None)
    if sets is None:
        raise service_unavailable("not-ready")
    return sets
