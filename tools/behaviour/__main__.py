"""The commands of `python -m tools.behaviour`: record, compare, screenshots and compare-screenshots."""

import argparse
import sys
from pathlib import Path

from tools.behaviour.servers import ROOT


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status: 1 if a comparison found differences other than wording, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tools.behaviour", description="Record and compare the behaviour.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (("record", "send all requests"), ("screenshots", "take all screenshots")):
        command = commands.add_parser(name, help=what)
        command.add_argument("--out", type=Path, required=True, help="folder to write")
        command.add_argument("--source", type=Path, default=ROOT, help="folder of the service (default: this one)")
        if name == "record":
            command.add_argument("--url", help="a running server with the default settings")
        else:
            command.add_argument("--only", default="", help="only screenshots whose names contain this")
    for name, what in (("compare", "compare two recordings"), ("compare-screenshots", "compare two sets")):
        command = commands.add_parser(name, help=what)
        command.add_argument("before", type=Path)
        command.add_argument("after", type=Path)
        if name == "compare":
            command.add_argument("--all", action="store_true", help="print all differences of each body, not only 6")
        else:
            command.add_argument("--out", type=Path, help="folder for images of both screenshots and their difference")
    chosen = parser.parse_args(arguments)
    if chosen.command == "record":
        from tools.behaviour.recording import record

        print(f"{record(chosen.out, chosen.source.resolve(), chosen.url)} requests recorded in {chosen.out}")
        return 0
    if chosen.command == "compare":
        from tools.behaviour.comparing import compare

        return compare(chosen.before, chosen.after, *([1_000_000] if chosen.all else []))
    if chosen.command == "screenshots":
        from tools.behaviour.pages.screenshots import take

        print(f"{take(chosen.out, chosen.source.resolve(), chosen.only)} screenshots in {chosen.out}")
        return 0
    from tools.behaviour.pages.differences import compare_screenshots

    return compare_screenshots(chosen.before, chosen.after, chosen.out)


if __name__ == "__main__":
    sys.exit(main())
