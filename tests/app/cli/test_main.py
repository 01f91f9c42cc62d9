"""The command `inkling`: its version, the help of its subcommands, and unknown subcommands."""

import pytest

from app import __version__
from app.cli.__main__ import main


def test_the_command_prints_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"inkling {__version__}\n"


@pytest.mark.parametrize("command", ["serve", "train", "calibrate", "evaluate", "predict", "fetch"])
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert f"usage: inkling {command}" in capsys.readouterr().out


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["dream"])
    assert stopped.value.code == 2
    assert "invalid choice" in capsys.readouterr().err
