"""The Dockerfile: properties of the images that can be tested without building the images."""

import re
import tomllib

from tests import ROOT

LINES = (ROOT / "Dockerfile").read_text().splitlines()


def stages() -> dict[str, list[str]]:
    """The instructions of each stage, including those of its base stages. Continued lines are joined."""
    text = re.sub(r"\\\n\s*", "", "\n".join(line for line in LINES if not line.startswith("#")))
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in filter(None, text.splitlines()):
        if begin := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            current = found[begin[2]] = list(found.get(begin[1], []))
        current.append(line)
    return found


def last(instruction: str, stage: str) -> str:
    """The arguments of the last `instruction` in a stage. Docker ignores earlier instructions of this kind."""
    return [line for line in stages()[stage] if line.startswith(instruction + " ")][-1].removeprefix(instruction + " ")


def test_the_base_image_can_be_chosen_and_is_a_slim_python_by_default() -> None:
    found = re.fullmatch(r"ARG BASE_IMAGE=python:3\.(\d+)-slim", LINES[0])
    assert found is not None
    assert 11 <= int(found[1]) <= 14
    assert next(line for line in LINES if line.startswith("FROM")) == "FROM ${BASE_IMAGE} AS base"


def test_the_default_stage_is_the_service() -> None:
    assert list(stages())[-1] == "serve"


def test_the_service_image_has_no_pytorch_and_no_build_tools() -> None:
    built = "\n".join(stages()["serve"])
    assert "pip" not in built
    assert "optional-dependencies" not in built
    assert "COPY --from=train" not in built
    assert "apt-get" not in "\n".join(LINES)


def test_all_images_run_as_an_unprivileged_user() -> None:
    for stage in ("serve", "train", "cluster"):
        assert last("USER", stage) == "inkling"
        after = stages()[stage][stages()[stage].index("USER inkling") :]
        assert not any(line.startswith(("RUN", "COPY", "ADD")) for line in after)


def test_the_process_receives_signals_and_listens_outside_its_container() -> None:
    assert last("ENTRYPOINT", "serve") == last("ENTRYPOINT", "train") == '["python", "-m", "inkling"]'
    assert last("CMD", "serve") == '["serve", "--host", "0.0.0.0", "--port", "8000"]'
    assert last("CMD", "train") == '["train"]'
    assert last("EXPOSE", "serve") == "8000"


def test_the_health_check_needs_only_python_and_knows_no_port() -> None:
    health = last("HEALTHCHECK", "serve")
    assert health.endswith('CMD ["python", "-m", "app.health_check"]')  # tests/app/test_health_check.py runs it
    assert "8000" not in health


def test_the_images_work_on_a_read_only_file_system() -> None:
    environment = last("ENV", "base")
    assert "PYTHONDONTWRITEBYTECODE=1" in environment
    compiled = [line for stage in ("packages", "code") for line in stages()[stage] if "compileall" in line]
    assert len(compiled) == 2
    assert all("unchecked-hash" in line for line in compiled)


def test_packages_in_a_mounted_folder_are_not_imported() -> None:
    assert "PYTHONSAFEPATH=1" in last("ENV", "base")


def test_packages_are_pinned_and_installed_from_wheels() -> None:
    installs = {line for stage in ("train", "cluster") for line in stages()[stage] if "install " in line}
    assert len(installs) == 3
    for line in installs:
        assert "-c constraints.txt" in line
        assert "--only-binary :all:" in line
        assert "--no-cache-dir" in line


def test_the_label_has_the_version_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f'org.opencontainers.image.version="{version}"' in last("LABEL", "base")


def test_the_build_context_has_exactly_the_files_that_are_copied() -> None:
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


def test_the_compose_file_gives_the_container_no_rights_that_it_does_not_need() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    settings = dict(re.findall(r"^    (\w+): (.+)$", text, re.MULTILINE))
    assert settings["user"] == '"1000:1000"'
    assert (settings["read_only"], settings["cap_drop"]) == ("true", "[ALL]")
    assert settings["security_opt"] == '["no-new-privileges:true"]'
    assert re.findall(r"^      - (.+)$", text, re.MULTILINE) == ['"127.0.0.1:8000:8000"']
    assert {"mem_limit", "pids_limit", "tmpfs"} <= settings.keys()
