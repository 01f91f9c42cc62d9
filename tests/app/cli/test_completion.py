"""`inkling completion`: scripts that complete commands, options, choices and files in a shell."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from app.cli.__main__ import main
from app.cli.completion import SHELLS
from tests import ROOT

# Completes the last word as bash does when Tab is pressed, and prints the candidates.
COMPLETE = """
source {script}
COMP_WORDS=({words})
COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_shtab_inkling inkling "${{COMP_WORDS[-1]}}" "${{COMP_WORDS[-2]}}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["inkling", "ev"], {"evaluate"}),
        (["inkling", "serve", "--engine", ""], {"auto", "onnx", "torch"}),
        (["inkling", "train", "--re"], {"--recipe", "--resume"}),
        (["inkling", "predict", "docs/sev"], {"docs/seven.png"}),
        (["inkling", "serve", "--weights", "READ"], {"README.md"}),
        (["inkling", "train", "--out", "doc"], {"docs"}),
    ],
)
def test_bash_completes(
    words: list[str], expected: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    (tmp_path / "script").write_text(script("bash", capsys))
    text = COMPLETE.format(script=tmp_path / "script", words=" ".join(map(shlex.quote, words)))
    done = subprocess.run([bash, "-c", text], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == expected
    assert done.stderr == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_a_script_and_a_line_that_loads_it(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "calibrate" in script(shell, capsys)
    with pytest.raises(SystemExit):
        main(["completion", "--help"])
    assert f"inkling completion {shell}" in capsys.readouterr().out
