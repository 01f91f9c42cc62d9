"""`inkling completion`: print a script that lets a shell complete commands and options with Tab."""

import argparse
from functools import partial

from app.cli.options import Commands

# What to add to the configuration of each shell, so that it loads the script.
SHELLS = {
    "bash": 'eval "$(inkling completion bash)"      in ~/.bashrc',
    "zsh": 'eval "$(inkling completion zsh)"       in ~/.zshrc, after compinit',
    "fish": "inkling completion fish | source       in ~/.config/fish/config.fish",
    "tcsh": "inkling completion tcsh > ~/.inkling.tcsh; then source it in ~/.tcshrc",
    "powershell": "inkling completion powershell | Out-String | Invoke-Expression       in $PROFILE",
}


def add_parser(commands: Commands, whole: argparse.ArgumentParser) -> None:
    """Add `inkling completion`. `whole` is the parser of all commands, which the script completes."""
    parser = commands.add_parser(
        "completion",
        help="print a script that completes this command in your shell",
        description="Print a script that lets your shell complete commands, options and files with Tab.",
        epilog="To load it in every new shell:\n" + "\n".join(f"  {name:10}  {line}" for name, line in SHELLS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=tuple(SHELLS), help="the shell")
    parser.set_defaults(run=partial(run, whole))


def run(whole: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Print the script. Returns the exit status."""
    import shtab

    print(shtab.complete(whole, options.shell))
    return 0
