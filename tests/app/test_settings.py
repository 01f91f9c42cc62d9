"""The settings that come from environment variables."""

import os
import re
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from app.cli.__main__ import main
from app.cli.serve import Application
from app.settings import Settings
from model.checkpoint import SHIPPED, WEIGHTS

HOST_NAMES = "host names without scheme and port, such as inkling.school.example, separated by commas"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(f"INKLING_{field.upper()}", raising=False)


def test_defaults_apply_when_no_variable_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = Settings.from_environment()
    assert (defaults.weights, defaults.engine, defaults.workers) == (SHIPPED, "auto", 1)
    assert (defaults.collect, defaults.collect_file, defaults.collect_most) == (
        False,
        Path("corrections.sqlite"),
        10_000,
    )
    for field in Settings.model_fields:
        monkeypatch.setenv(f"INKLING_{field.upper()}", "")
    assert Settings.from_environment() == defaults


def test_each_setting_has_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_WEIGHTS", "lesson")
    monkeypatch.setenv("INKLING_ENGINE", "onnx")
    monkeypatch.setenv("INKLING_WORKERS", "2")
    monkeypatch.setenv("INKLING_COLLECT_FILE", "elsewhere.sqlite")
    monkeypatch.setenv("INKLING_COLLECT_MOST", "7")
    chosen = Settings.from_environment()
    assert (chosen.weights, chosen.engine, chosen.workers) == (WEIGHTS / "lesson.safetensors", "onnx", 2)
    assert (chosen.collect_file, chosen.collect_most) == (Path("elsewhere.sqlite"), 7)


def test_only_the_value_1_enables_saving_corrections(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not Settings.from_environment().collect
    monkeypatch.setenv("INKLING_COLLECT", "0")
    assert not Settings.from_environment().collect
    monkeypatch.setenv("INKLING_COLLECT", "1")
    assert Settings.from_environment().collect


@pytest.mark.parametrize("url", ["", "postgresql://u:p@host/inkling"])
def test_in_a_cluster_corrections_are_saved_in_a_database_only(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_COLLECT", "1")
    monkeypatch.setenv("INKLING_COLLECT_DATABASE", url)
    chosen = Settings.from_environment().for_cluster()
    assert chosen.collect == bool(url)
    assert not chosen.training


def test_a_wrong_url_of_a_database_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_COLLECT_DATABASE", "mysql://user:secret@host/inkling")
    with pytest.raises(ValueError, match=r"must be a URL such as postgresql://user:password@host/inkling\.$"):
        Settings.from_environment()


@pytest.mark.parametrize("token", ["short", "pässwörter", "two\nlines of it", "        "])
def test_a_token_that_no_client_can_send_is_refused_and_not_repeated(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_ADMIN_TOKEN", token)
    with pytest.raises(ValueError, match=r"^INKLING_ADMIN_TOKEN must be a secret of at least 8 ASCII characters\.$"):
        Settings.from_environment()


def test_the_line_break_at_the_end_of_a_file_with_the_token_does_not_belong_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INKLING_ADMIN_TOKEN", "correct horse battery\n")
    token = Settings.from_environment().admin_token
    assert token is not None
    assert token.get_secret_value() == "correct horse battery"


def test_addresses_are_host_names_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_HOSTS", "::1, 192.0.2.7, digits.example")
    assert Settings.from_environment().hosts == ("::1", "192.0.2.7", "digits.example")


def test_no_env_file_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("INKLING_COLLECT=1\n")
    monkeypatch.chdir(tmp_path)
    assert not Settings.from_environment().collect


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("INKLING_ENGINE", "fast", "auto, onnx or torch"),
        ("INKLING_COLLECT", "yes", "1, to save corrections, or 0"),
        ("INKLING_COLLECT_MOST", "0", "a whole number, 1 or more"),
        ("INKLING_COLLECT_MOST", "many", "a whole number, 1 or more"),
        ("INKLING_WORKERS", "0", "a whole number from 1 to 256"),
        (
            "INKLING_TRUSTED_PROXIES",
            "proxy.example",
            "IP addresses or networks, such as 10.0.0.0/8, separated by commas",
        ),
        ("INKLING_WORKERS", "two", "a whole number from 1 to 256"),
        *(("INKLING_HOSTS", name, HOST_NAMES) for name in ("https://digits.example", "digits.example:8000", "*")),
    ],
)
def test_a_wrong_value_is_explained_in_one_sentence(
    name: str, value: str, allowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=rf"^{name} is '{re.escape(value)}'; it must be {allowed}\.$"):
        Settings.from_environment()


def test_the_service_does_not_start_with_a_wrong_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INKLING_ENGINE", "auto")
    monkeypatch.setenv("INKLING_COLLECT", "yes")
    assert main(["serve", "--port", "0"]) == 2
    message = capsys.readouterr().err
    assert message == "inkling: INKLING_COLLECT is 'yes'; it must be 1, to save corrections, or 0.\n"


def test_the_help_of_serve_names_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    shown = capsys.readouterr().out
    internal = {"served", "address"}  # `inkling serve` sets them
    assert all(f"INKLING_{name.upper()}" in shown for name in Settings.model_fields.keys() - internal)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, int, str]]:
    """Starts the service as far as uvicorn. Returns the weights, the number of workers and the root path."""
    monkeypatch.setattr(os, "environ", dict(os.environ))

    def run(options: Sequence[str] = (), **environment: str) -> tuple[str, int, str]:
        os.environ.update(environment)
        found = []

        def uvicorn(
            application: Application, listening: socket.socket, workers: int, root_path: str, **_options: bool
        ) -> int:
            listening.close()
            found.append((application.weights[0].name, workers, root_path))
            return 0

        monkeypatch.setattr("app.cli.serve._run", uvicorn)
        assert main(["serve", "--port", "0", *options]) == 0
        return found[0]

    return run


def test_the_environment_chooses_what_options_leave_open(started: Callable[..., tuple[str, int, str]]) -> None:
    variables = {"INKLING_WEIGHTS": "lesson", "INKLING_WORKERS": "2", "INKLING_ROOT_PATH": "/inkling/"}
    assert started() == ("robust", 1, "")
    assert started(**variables) == ("lesson", 2, "/inkling")
    options = ("--weights", "robust", "--workers", "1", "--root-path", "")
    assert started(options, **variables) == ("robust", 1, "")


def test_a_wrong_variable_is_named_and_a_misspelt_one_is_reported(
    started: Callable[..., tuple[str, int, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    started(INKLING_COLECT="1")
    assert "Not a setting, so ignored: INKLING_COLECT." in capsys.readouterr().err
    os.environ["INKLING_ENGINE"] = "fast"
    assert main(["serve", "--port", "0"]) == 2
    assert "INKLING_ENGINE is 'fast'; it must be auto, onnx or torch." in capsys.readouterr().err
