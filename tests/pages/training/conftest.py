"""The training page with a recorded run in place of real training."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.recorded_runs import RecordedRuns
from tests.support.visitor import Opener, Visitor

Start = Callable[..., tuple[Visitor, RecordedRuns]]


@pytest.fixture
def training(visitors: Opener) -> Start:
    """A function that opens the training page. Its keyword arguments are those of RecordedRuns and of the browser's
    context; `path` is what follows the page's address."""

    def start(path: str = "", *, runs: int = 0, possible: dict[str, Any] | None = None, **options: Any) -> Any:
        visitor = visitors(None, settled="#now", **options)
        recorded = RecordedRuns(visitor.page, **({"training": possible} if possible else {}), runs=runs)
        return visitor.open(f"/training{path}"), recorded

    return start
