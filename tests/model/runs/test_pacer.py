"""How the commands to a run let its batches wait."""

from pathlib import Path

from model.runs.commands import Command, send
from model.runs.directory import RunFolder
from model.runs.pacer import Pacer
from model.runs.session import training
from model.runs.settings import RunSettings

PAUSE = 100.0  # s


def test_the_running_time_stands_still_while_the_run_is_paused(tmp_path: Path) -> None:
    now = 0.0

    def sleep(_: float) -> None:
        nonlocal now
        now += PAUSE
        send(commands, Command("resume"))

    commands = RunFolder(tmp_path / "run").commands
    with training(tmp_path / "run", RunSettings.of_recipe("lesson"), tmp_path) as run:
        pacer = Pacer(run, sleep=sleep, clock=lambda: now)
        pacer()
        now += 1
        send(commands, Command("pause"))
        pacer()
        now += 2
    assert now == PAUSE + 3
    assert pacer.running_time() == 3
