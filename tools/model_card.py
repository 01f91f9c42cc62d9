"""Updates the tables of a model card: python -m tools.model_card robust

In the card, model/weights/NAME.md, it replaces the text between each `<!-- measured: X -->` and `<!-- end -->` by
table X. The figures come from `inkling evaluate --weights NAME --limits --curves --json`.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import Any

from model.checkpoint import WEIGHTS, find, replace_file

Report = dict[str, Any]


def main(arguments: list[str]) -> int:
    """For each name, measure its weights and update its card."""
    for name in arguments:
        command = [sys.executable, "-m", "app.cli", "evaluate", "--weights", name, "--limits", "--curves", "--json"]
        report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        card = WEIGHTS / f"{find(name).stem}.md"
        replace_file(card, fill(card.read_text(encoding="utf-8"), report).encode())
        print(card)
    return 0


def fill(card: str, report: Report) -> str:
    """The card with new tables. Raises KeyError if the card names a table that does not exist."""
    return re.sub(
        r"(<!-- measured: ([\w ]+) -->)\n.*?(<!-- end -->)",
        lambda match: f"{match[1]}\n\n{TABLES[match[2]](report)}\n\n{match[3]}",
        card,
        flags=re.DOTALL,
    )


def table(heading: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table with one row of headings."""
    heading = list(heading)
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def percent(value: float, digits: int = 2) -> str:
    """A fraction of 1 as a percentage."""
    return f"{100 * value:.{digits}f} %"


def _digits(report: Report) -> str:
    rows = [
        (row["digit"], row["pictures"], row["correct"], percent(row["recall"]), percent(row["precision"]))
        for row in report["digits"]
    ]
    return table(("digit", "images", "correct", "recall", "precision"), rows)


def _confusion(report: Report) -> str:
    return table(("", *range(10)), ((f"**{digit}**", *row) for digit, row in enumerate(report["confusion"])))


def _mistakes(report: Report) -> str:
    rows = ((row["index"], row["label"], row["answer"], percent(row["confidence"])) for row in report["mistakes"][:5])
    return table(("test image", "label", "prediction", "confidence"), rows)


def _altered(report: Report) -> str:
    rows = (
        (row["name"], percent(row["accuracy"]), percent(row["sure_and_wrong"])) for row in report["limits"]["altered"]
    )
    return table(("test digits", "accuracy", "wrong with a confidence of 90 % or more"), rows)


def _strangers(report: Report) -> str:
    heading = (
        "not digits",
        "images",
        "called a digit with a confidence of 90 % or more",
        "mean confidence",
        "most frequent prediction",
    )
    rows = (
        (row["name"], row["pictures"], percent(row["sure"], 1), percent(row["confidence"], 1), row["answer"])
        for row in report["limits"]["strangers"]
    )
    return table(heading, rows)


def _curves(report: Report) -> str:
    """One table for each kind of alteration, with the accuracy and the mean confidence at each strength."""
    return "\n\n".join(
        table(
            (f"{curve['name']}, {curve['unit']}", *(f"{point['strength']:g}" for point in curve["points"])),
            (
                ("accuracy", *(percent(point["accuracy"], 1) for point in curve["points"])),
                ("mean confidence", *(percent(point["confidence"], 1) for point in curve["points"])),
            ),
        )
        for curve in report["robustness"]
    )


TABLES: dict[str, Callable[[Report], str]] = {
    "digits": _digits,
    "confusion": _confusion,
    "mistakes": _mistakes,
    "altered": _altered,
    "strangers": _strangers,
    "curves": _curves,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
