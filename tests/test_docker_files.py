"""What can be said of the images without building them."""

import re
import tomllib

from tests import ROOT

LINES = (ROOT / "Dockerfile").read_text().splitlines()


def stages() -> dict[str, list[str]]:
    """Each stage's instructions, continued lines joined, with those of the stages that it is built upon."""
    text = re.sub(r"\\\n\s*", "", "\n".join(line for line in LINES if not line.startswith("#")))
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in filter(None, text.splitlines()):
        if begin := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            current = found[begin[2]] = list(found.get(begin[1], []))
        current.append(line)
    return found


def last(instruction: str, stage: str) -> str:
    """What an instruction says that counts in a stage: its last one."""
    return [line for line in stages()[stage] if line.startswith(instruction + " ")][-1].removeprefix(instruction + " ")


def test_the_base_image_can_be_chosen_and_is_a_slim_python_that_the_pinned_wheels_exist_for() -> None:
    found = re.fullmatch(r"ARG BASE_IMAGE=python:3\.(\d+)-slim", LINES[0])
    assert found is not None
    assert 11 <= int(found[1]) <= 14
    assert next(line for line in LINES if line.startswith("FROM")) == "FROM ${BASE_IMAGE} AS base"


def test_the_last_stage_and_so_the_default_is_the_service() -> None:
    assert list(stages())[-1] == "serve"


def test_the_service_has_no_pytorch_and_no_build_tools() -> None:
    built = "\n".join(stages()["serve"])
    assert "pip" not in built
    assert "optional-dependencies" not in built
    assert "COPY --from=train" not in built
    assert "apt-get" not in "\n".join(LINES)


def test_both_run_without_rights() -> None:
    for stage in ("serve", "train"):
        assert last("USER", stage) == "inkling"
        after = stages()[stage][stages()[stage].index("USER inkling") :]
        assert not any(line.startswith(("RUN", "COPY", "ADD")) for line in after)


def test_the_process_gets_the_signal_itself_and_listens_to_the_outside_of_its_container() -> None:
    assert last("ENTRYPOINT", "serve") == last("ENTRYPOINT", "train") == '["python", "-m", "app.cli"]'
    assert last("CMD", "serve") == '["serve", "--host", "0.0.0.0", "--port", "8000"]'
    assert last("CMD", "train") == '["train"]'
    assert last("EXPOSE", "serve") == "8000"


def test_health_is_whether_drawings_can_be_answered_and_is_asked_without_a_tool_that_a_slim_image_lacks() -> None:
    health = last("HEALTHCHECK", "serve")
    assert "http://127.0.0.1:8000/readyz" in health
    assert 'CMD ["python", "-c"' in health


def test_a_read_only_file_system_will_do() -> None:
    environment = last("ENV", "base")
    assert "PYTHONDONTWRITEBYTECODE=1" in environment
    compiled = [line for stage in ("packages", "code") for line in stages()[stage] if "compileall" in line]
    assert len(compiled) == 2
    assert all("unchecked-hash" in line for line in compiled)


def test_every_package_in_an_image_is_pinned_and_none_is_compiled() -> None:
    installs = [line for line in stages()["train"] if "install " in line]
    assert len(installs) == 2
    for line in installs:
        assert "-c constraints.txt" in line
        assert "--only-binary :all:" in line
        assert "--no-cache-dir" in line


def test_the_label_names_the_projects_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f'org.opencontainers.image.version="{version}"' in last("LABEL", "base")


def test_only_what_the_images_are_made_of_is_sent_to_the_builder_and_all_of_that() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    let_in = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        source
        for stage in stages().values()
        for line in stage
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    }
    assert let_in == copied
    assert all((ROOT / name).exists() for name in let_in)
