"""The sets of weights that can answer: the served one, those that ship, and the epochs of the shipped run."""

import asyncio
from collections import OrderedDict
from typing import Final, Literal

from starlette.types import Scope

from app.http.problems import Problem, service_unavailable
from app.network.schemas import EpochDescription, WeightsDescription
from model.checkpoint import NAMES, Checkpoint, find
from model.epochs import RUN, measured_epochs, read_epoch
from model.explain.edits import SEPARATOR, EditError, edited, join_name, split_name
from model.inference.calibration import read_calibrated
from model.inference.classifier import Classifier
from model.inference.engines import EngineName

Origin = Literal["served", "shipped"]

SERVED: Final = "served"
MAX_SETS = 16  # sets in memory besides the served one; the least recently used one is dropped


class WeightSets:
    """Finds the classifier for the name of a set of weights, and loads it if necessary.

    Names are `served`, `robust`, `lesson`, and `lesson:0` to `lesson:5` for the epochs of the shipped run. Each can be
    followed by edits.
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
        if SEPARATOR in name:
            return await self._find_edited(name)
        if name not in self._names:
            raise Problem("unknown-weights")
        if name not in self._loaded:
            async with self._loading:
                if name not in self._loaded:
                    self._loaded[name] = await asyncio.to_thread(self._load, name)
        return self._used(name)

    async def _find_edited(self, name: str) -> Classifier:
        """The classifier with edited weights, which are computed from the name: see `model.explain.edits`.

        It has no calibration, because the original's does not fit it.
        """
        try:
            base, edits = split_name(name)
        except EditError as error:
            raise Problem("unknown-weights", str(error)) from None
        original = await self.find(base)
        name = join_name(base, edits)  # one name for "0.50" and "0.5"
        if name not in self._loaded:
            checkpoint = await asyncio.to_thread(edited, original.checkpoint, edits, name)
            self._loaded[name] = Classifier(checkpoint, self._engine, shared=True)
        return self._used(name)

    def _used(self, name: str) -> Classifier:
        """A classifier in memory, which now counts as the one used last. Forgets those that were not used for long."""
        self._loaded.move_to_end(name)
        while len(self._loaded) > MAX_SETS:
            self._loaded.popitem(last=False)
        return self._loaded[name]

    def _load(self, name: str) -> Classifier:
        run, _, epoch = name.partition(":")
        if epoch and int(epoch) < measured_epochs()[-1].epoch:
            return Classifier(read_epoch(int(epoch)), self._engine, shared=True)
        checkpoint, calibration = read_calibrated(find(run))
        if checkpoint.sha256 == self.served.checkpoint.sha256:
            return self.served
        return Classifier(checkpoint, self._engine, calibration, shared=True)

    async def describe(self) -> list[WeightsDescription]:
        """All sets of weights, the served one first."""
        found = [_description(SERVED, self.served, "served")]
        for name in NAMES:
            classifier = await self.find(name)
            found.append(_description(name, classifier, "shipped"))
        return found


def _description(name: str, classifier: Classifier, origin: Origin) -> WeightsDescription:
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
        accuracy=accuracy_of(checkpoint),
        temperature=classifier.temperature,
        calibrated=classifier.calibration is not None,
        epochs=epochs,
    )


def accuracy_of(checkpoint: Checkpoint) -> float | None:
    """The accuracy in the weights' metadata, which may contain anything; None if it is not a number from 0 to 1."""
    try:
        accuracy = float(checkpoint.metadata["accuracy"])
    except (KeyError, ValueError):
        return None
    return accuracy if 0 <= accuracy <= 1 else None


def weight_sets_of(scope: Scope) -> WeightSets:
    """The application's sets of weights. Raises Problem while the weights are loading."""
    sets: WeightSets | None = getattr(scope["app"].state, "weight_sets", None)
    if sets is None:
        raise service_unavailable("not-ready")
    return sets
