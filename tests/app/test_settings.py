"""The settings that come from environment variables."""

from pathlib import Path

import pytest

from app.cli.__main__ import main
from app.settings import Settings
from model.checkpoint import SHIPPED, WEIGHTS


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
    ],
)
def test_a_wrong_value_is_explained_in_one_sentence(
    name: str, value: str, allowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=rf"^{name} is '{value}'; it must be {allowed}\.$"):
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
    assert all(name in shown for name in ("INKLING_COLLECT=1", "INKLING_COLLECT_FILE", "INKLING_COLLECT_MOST"))
