"""The sets of weights that can answer: the served one, the shipped ones, those of training runs, and uploads."""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.types import Scope

from app.http.problems import Problem, service_unavailable
from app.network.library import Library, Source, accuracy_of
from app.network.lru_cache import LruCache
from app.network.schemas import EpochDescription, Origin, WeightsDescription
from app.network.served import ServedWeights
from model.checkpoint import NAMES, Checkpoint, CheckpointError
from model.epochs import RUN, measured_epochs
from model.explain.edits import SEPARATOR, EditError, edited, join_name, split_name
from model.inference.classifier import Classifier
from model.inference.engines import EngineName
from model.weight_files.errors import WeightFileError

Key = Source | tuple[str, str]  # identifies weights in memory: edited ones by their name and the original's hash

SERVED: Final = "served"
_GONE = "These uploaded weights are not on this server. Perhaps somebody deleted them, or newer uploads replaced them."
MAX_SETS = 16  # sets in memory besides the served one; the least recently used one is dropped


class WeightSets:
    """Finds the classifier for the name of a set of weights, and loads it if necessary.

    `served` is the set in service. `robust` and `lesson` are shipped sets, and `lesson:0` to `lesson:5` are the epochs
    of the shipped run. `RUN:EPOCH` is an epoch of a training run, and `RUN` is its last complete one. While a run
    trains, `RUN:EPOCH-BATCH` is a snapshot after a batch of an epoch. An upload has a name such as `upload:1a2b3c4d`.
    Each name can be followed by edits.
    """

    def __init__(
        self,
        library: Library,
        served: ServedWeights,
        engine: EngineName = "auto",
    ) -> None:
        self._library, self._served = library, served
        self._engine = engine
        self._loaded = LruCache[Key, Classifier](MAX_SETS)
        self._loading = asyncio.Lock()

    @property
    def served(self) -> Classifier:
        """The classifier with the weights in service."""
        return self._served.current()

    @property
    def served_name(self) -> str | None:
        """The name of the weights that were put into service; None for those that the service started with."""
        return self._served.name()

    async def find(self, name: str) -> Classifier:
        """The classifier with these weights. Raises Problem if there are none of this name."""
        if name == SERVED:
            return self.served
        if SEPARATOR in name:
            return await self._find_edited(name)
        source = self._library.locate(name)
        if source is None:
            self._forget_deleted()
            raise Problem("unknown-weights", _GONE if self._library.is_upload(name) else None)
        found = self._loaded.get(source)
        if found is None:
            if self._library.is_snapshot(name):
                self._forget_deleted()  # a new snapshot replaces an older one
            async with self._loading:
                found = self._loaded.get(source) or self._loaded.add(source, await self._load(source))
        self._library.touch(source)
        return found

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
        key = name, original.checkpoint.sha256  # other weights can get the same name
        found = self._loaded.get(key)
        if found is None:
            try:
                checkpoint = await asyncio.to_thread(edited, original.checkpoint, edits, name)
            except EditError as error:
                raise Problem("unknown-weights", str(error)) from None
            found = self._loaded.add(key, Classifier(checkpoint, self._engine, shared=True))
        return found

    async def _load(self, source: Source) -> Classifier:
        try:
            return await asyncio.to_thread(self._read, source)
        except CheckpointError:  # deleted meanwhile, or weights that cannot be served
            raise Problem("unknown-weights") from None

    def _read(self, source: Source) -> Classifier:
        checkpoint, calibration = self._library.read(source)
        served = self.served
        if checkpoint.sha256 == served.checkpoint.sha256:
            return served
        return Classifier(checkpoint, self._engine, calibration, shared=True)

    async def serve(self, name: str | None) -> Classifier:
        """Put weights into service, in all workers; None means those that the service started with.

        Later requests are answered with these weights, earlier ones with the previous weights. Raises
        Problem if there are no weights of this name, or if the change cannot be stored.
        """
        resolved = None
        if name is not None and name != SERVED:
            await self.find(name)
            source = self._library.locate(name)
            if source is None:
                detail = "Weights with edits cannot be put into service." if SEPARATOR in name else None
                raise Problem("unknown-weights", detail)
            if self._library.is_snapshot(name):
                raise Problem("unknown-weights", "These weights will be deleted. Wait until the epoch is complete.")
            resolved = source.name
        elif name == SERVED:
            return self.served
        try:
            await asyncio.to_thread(self._served.switch, resolved)
        except OSError:
            raise Problem("storage-unavailable") from None
        return self.served

    async def upload(self, decode: Callable[[], Checkpoint]) -> WeightsDescription:
        """Keep uploaded weights. Raises Problem if they cannot be used or stored."""

        def save() -> Source:
            return self._library.save_upload(decode(), self.served_name or "")

        try:
            source = await asyncio.to_thread(save)
        except WeightFileError as error:
            raise Problem("unusable-weights", str(error)) from None
        except OSError:
            raise Problem("storage-unavailable") from None
        return _description(source.name, await self.find(source.name), "upload")

    async def delete(self, name: str) -> None:
        """Delete an upload, for all workers. Requests that have begun with it are still answered.

        Raises Problem if there is no such upload, if it is in service, or if it cannot be deleted.
        """
        source = self._library.locate(name)
        if source is None:
            raise Problem("unknown-weights", _GONE if self._library.is_upload(name) else None)
        if not self._library.is_upload(name):
            raise Problem("not-an-upload")
        if self.served_name == name:
            raise Problem("weights-in-service")
        try:
            await asyncio.to_thread(self._library.delete_upload, source)
        except FileNotFoundError:  # another request has deleted it meanwhile
            raise Problem("unknown-weights", _GONE) from None
        except OSError:
            raise Problem("storage-unavailable", "The file could not be deleted.") from None
        self._forget_deleted()

    def _forget_deleted(self) -> None:
        """Drop the classifiers of weights that are gone, also those with edits.

        Another worker may have deleted them. So each worker calls this when it lists the weights, as the pages do, and
        when a request names weights that are gone.
        """

        def is_gone(key: Key) -> bool:
            name = key.name if isinstance(key, Source) else key[0].partition(SEPARATOR)[0]
            return name != SERVED and self._library.locate(name) is None

        self._loaded.drop(is_gone)

    async def describe(self) -> list[WeightsDescription]:
        """All sets of weights: the served one, the shipped ones, then runs and uploads, the newest first."""
        self._forget_deleted()
        self._library.forget_deleted()
        found = [_description(SERVED, self.served, "served")]
        found += [_description(name, await self.find(name), "shipped") for name in NAMES]
        return found + await asyncio.to_thread(self._trained_and_uploaded)

    def _trained_and_uploaded(self) -> list[WeightsDescription]:
        found = []
        for folder, record in self._library.runs():
            source = self._library.locate(folder.id)
            epochs = [
                EpochDescription(
                    name=f"{folder.id}:{each.epoch}", epoch=each.epoch, accuracy=each.accuracy, loss=each.loss
                )
                for each in record.results
            ]
            accuracy = epochs[-1].accuracy if epochs else None
            found += self._describe_file(folder.id, source, "run", accuracy, epochs)
        for upload in self._library.uploads():
            found += self._describe_file(upload.name, upload, "upload", None, [])
        return found

    def _describe_file(
        self, name: str, source: Source | None, origin: Origin, accuracy: float | None, epochs: list[EpochDescription]
    ) -> list[WeightsDescription]:
        """The description of weights that need not be loaded; empty if they have been deleted meanwhile."""
        if source is None:
            return []
        try:
            identity = self._library.identity(source)
        except CheckpointError:
            return []
        return [
            WeightsDescription(
                name=name, origin=origin, model=identity.model, sha256=identity.sha256,
                accuracy=identity.accuracy if accuracy is None else accuracy, temperature=1, calibrated=False,
                epochs=epochs,
            )
        ]  # fmt: skip


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


def weight_sets_of(scope: Scope) -> WeightSets:
    """The application's sets of weights. Raises Problem while the weights are loading."""
    sets: WeightSets | None = getattr(scope["app"].state, "weight_sets", None)
    if sets is None:
        raise service_unavailable("not-ready")
    return sets
