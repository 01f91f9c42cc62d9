"""Commands reach the training process once, in order, and only those sent while it runs."""

from pathlib import Path

from model.runs.commands import Command, CommandReader, send


def test_commands_arrive_once_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "commands.jsonl"
    send(path, Command("stop"))  # a command to an earlier process
    reader = CommandReader(path)
    assert reader.read() == []
    sent = [Command("pause"), Command("step", unit="epoch"), Command("resume", seconds_per_batch=0.5)]
    for command in sent:
        send(path, command)
    assert reader.read() == sent
    assert reader.read() == []
    with path.open("ab") as file:
        file.write(b'{"action":"pa')
    assert reader.read() == []
