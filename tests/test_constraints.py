"""constraints.txt pins every package that an installation brings."""

import tomllib
from importlib.metadata import distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import ROOT


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def test_every_installed_package_is_pinned_to_the_tested_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    waiting = [Requirement(text) for texts in (project["project"]["dependencies"], *extras.values()) for text in texts]
    pinned, seen, wrong = pins(), set(), []
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if (name, frozenset(wanted.extras)) in seen:
            continue
        seen.add((name, frozenset(wanted.extras)))
        installed = distribution(name)
        if pinned.get(name) != installed.version:
            wrong.append(f"{name} {installed.version}, pinned: {pinned.get(name)}")
        for text in installed.requires or ():
            requirement = Requirement(text)
            contexts = [{"extra": extra} for extra in ("", *wanted.extras)]
            if requirement.marker is None or any(requirement.marker.evaluate(context) for context in contexts):
                waiting.append(requirement)
    assert len(seen) > 50
    assert not wrong


def test_build_requirements_are_pinned_too() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    needed = {"pip", "hatchling", "editables", "packaging", "pathspec", "pluggy", "trove-classifiers"}
    assert needed <= set(pins())
    assert build == [f"hatchling=={pins()['hatchling']}"]
