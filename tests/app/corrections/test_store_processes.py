"""The SQLite file of corrections when several threads and processes write to it and some of them are killed."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import psutil
import pytest

from app.corrections.store import CorrectionStore
from tests import ROOT
from tests.app.corrections.helpers import correction, is_intact, saved
from tests.support.servers import PATIENCE, LiveServer, wait_until

# Saves one correction after another and prints the id of each saved correction. All writers use the same first 20 ids.
WRITER = """
import sys, uuid
import numpy as np
from pathlib import Path
from app.corrections.store import Correction, CorrectionStore
from model.preprocess.rasterise import Strokes
store = CorrectionStore(Path(sys.argv[1]), 10_000)
sys.stdin.readline()
for number in range(int(sys.argv[2])):
    id = uuid.UUID(int=number) if number < 20 else uuid.uuid4()
    new = store.add(Correction(id, Strokes([[(0, 0), (9, number)]]), 1, 7, np.full(10, 0.1, np.float32), "lesson"))
    print(id, int(new), flush=True)
"""


def test_threads_can_create_the_file_at_the_same_time(tmp_path: Path) -> None:
    for number in range(40):  # a race between the threads would show in about one start of ten
        together = threading.Barrier(4)
        store = CorrectionStore(tmp_path / f"{number}.sqlite", 10)

        def start(_: int, store: CorrectionStore = store, together: threading.Barrier = together) -> None:
            together.wait()
            store.check()

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(start, range(4)))


def test_every_acknowledged_correction_is_saved_once_even_if_a_writer_is_killed(file: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file), str(count)],
            cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for count in (60, 60, 60, 100_000)
    ]  # fmt: skip
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    printed: list[list[str]] = [[] for _ in writers]

    def listen(place: int) -> None:
        output = writers[place].stdout
        assert output is not None
        for line in output:
            if line.endswith("\n"):  # a killed writer may leave an incomplete last line
                printed[place].append(line[:-1])

    listeners = [threading.Thread(target=listen, args=(place,)) for place in range(len(writers))]
    for listener in listeners:
        listener.start()
    for writer in writers[:3]:
        assert writer.wait(PATIENCE) == 0
    assert wait_until(lambda: len(printed[3]) > 0), "it may have begun when the others had ended"
    writers[3].kill()
    writers[3].wait(PATIENCE)
    for listener, writer in zip(listeners, writers, strict=True):
        listener.join(PATIENCE)
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdin.close()
        writer.stdout.close()
    acknowledged = [line.split() for lines in printed for line in lines]
    assert is_intact(file)
    saved_ids = [str(each.id) for each in saved(file)]
    assert len(saved_ids) == len(set(saved_ids))
    assert {id_ for id_, _ in acknowledged} <= set(saved_ids)
    assert len(saved_ids) - len({id_ for id_, _ in acknowledged}) <= 1  # at most one that was saved but not printed
    new = [id_ for id_, was_new in acknowledged if was_new == "1"]
    assert len(new) == len(set(new))  # each correction was new for only one writer


def test_no_correction_is_lost_or_duplicated_when_a_worker_of_the_service_is_killed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_COLLECT", "1")
    monkeypatch.setenv("INKLING_COLLECT_FILE", str(file))
    server = LiveServer("--workers", "2", "--engine", "onnx")
    server.start()
    client = httpx2.Client(base_url=server.url)
    counted = [0]

    def send(number: int) -> tuple[str, list[int]]:
        """Send one correction repeatedly until there is a response, as the page does."""
        sent = correction()
        statuses: list[int] = []

        def answered() -> bool:
            try:
                statuses.append(client.post("/corrections", json=sent).status_code)
            except httpx2.TransportError:
                return False
            return statuses[-1] in (200, 201)

        assert wait_until(answered)
        counted[0] += 1
        return str(sent["id"]), statuses

    try:
        with ThreadPoolExecutor(8) as senders:
            results = senders.map(send, range(120))
            assert wait_until(lambda: counted[0] > 20)
            assert server._process is not None
            service = psutil.Process(server._process.pid)
            workers = [child for child in service.children(recursive=True) if child.ppid() != service.pid]
            assert len(workers) == 2
            os.kill(workers[0].pid, signal.SIGKILL)
            answered = list(results)
    finally:
        client.close()
        server.stop()
    saved_ids = sorted(str(each.id) for each in saved(file))
    assert saved_ids == sorted(id_ for id_, _ in answered)
    assert is_intact(file)


def test_a_killed_writer_leaves_a_readable_file(file: Path) -> None:
    """The writer is killed with an open connection, so its committed data is still in the log beside the file."""
    script = f"""
import os, signal, uuid
import numpy as np
from pathlib import Path
from app.corrections.store import Correction, CorrectionStore
from model.preprocess.rasterise import Strokes
store = CorrectionStore(Path({str(file)!r}), 100)
with store._connected():
    assert store.add(Correction(uuid.UUID(int=5), Strokes([[(0, 0)]]), 1, 7, np.full(10, 0.1, np.float32), "lesson"))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert file.with_name(file.name + "-wal").stat().st_size > 0
    assert [each.id.int for each in saved(file)] == [5]
    assert is_intact(file)
