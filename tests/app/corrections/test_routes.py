"""Corrections are kept only where that is wanted, once each, whatever happens; and can be seen and deleted."""

import io
import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import psutil
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as some
from playwright.sync_api import expect

from app.corrections.schemas import CORRECTION_EXAMPLE
from app.corrections.store import Correction, Corrections, FullError, UnavailableError
from app.main import create_app
from app.settings import Settings
from model.preprocess.rasterise import Strokes
from tests import ROOT
from tests.servers import LiveServer, wait_until
from tests.visitor import PHONE, PROJECTOR, Opener

PROBABILITIES = np.full(10, 0.1, np.float32)
HERE = {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}
ELSEWHERE: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://elsewhere.example"},
    {"Origin": "http://testserver.elsewhere.example"},
    {"Origin": "null"},
]


def collecting(file: Path, most: int = 10_000) -> TestClient:
    return TestClient(create_app(Settings(engine="onnx", collect=True, collect_file=file, collect_most=most)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "corrections.sqlite"


@pytest.fixture
def client(file: Path) -> Iterator[TestClient]:
    with collecting(file) as client:
        yield client


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with collecting(tmp_path_factory.mktemp("endless") / "corrections.sqlite") as client:
        yield client


@pytest.fixture(scope="module")
def off() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(engine="onnx"))) as client:
        yield client


def correction(**changes: Any) -> dict[str, Any]:
    sent = CORRECTION_EXAMPLE | {"id": str(uuid.uuid4())} | changes
    return {key: value for key, value in sent.items() if value is not ...}


def a_picture(**changes: Any) -> dict[str, Any]:
    rows = np.zeros((28, 28), int)
    rows[4:24, 13:16] = 250
    return correction(strokes=..., pen=..., pixels=rows.tolist(), **changes)


def kept(file: Path) -> list[Correction]:
    return Corrections(file, 10_000).all()


def problem(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


# ---------------------------------------------------------------- off


def test_nothing_is_kept_unless_the_operator_wants_it(off: TestClient) -> None:
    for answer in (
        off.post("/corrections", json=correction()),
        off.delete("/corrections"),
        off.delete(f"/corrections/{uuid.uuid4()}"),
        off.get("/corrections.npz"),
        off.post("/corrections/delete", headers=HERE),
        off.post(f"/corrections/{uuid.uuid4()}/delete", headers=HERE),
    ):
        assert problem(answer) == (403, "not-collecting")
        assert answer.json()["title"] == "This service does not keep drawings"
    page = off.get("/corrections")
    assert page.status_code == 200
    assert "Nothing is kept." in page.text
    assert '"collects": false' in off.get("/").text


def test_the_drawing_pads_page_says_that_corrections_are_kept(client: TestClient) -> None:
    assert '"collects": true' in client.get("/").text


def test_a_service_that_keeps_nothing_does_not_even_load_sqlite() -> None:
    script = """
import sys
from fastapi.testclient import TestClient
from app.main import create_app
with TestClient(create_app()) as client:
    for path in ("/", "/corrections", "/corrections.npz"):
        client.get(path)
print("sqlite3" in sys.modules)
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INKLING_")}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


# ---------------------------------------------------------------- sending one


def test_a_correction_is_kept_as_it_was_sent(client: TestClient, file: Path) -> None:
    sent = correction()
    answer = client.post("/corrections", json=sent)
    assert (answer.status_code, answer.json()) == (201, {"kept": True})
    (found,) = kept(file)
    assert isinstance(found.drawing, Strokes)
    assert [[list(point) for point in line] for line in found.drawing.lines] == sent["strokes"]
    assert (found.drawing.pen, found.drawing.canvas) == (20, None)
    assert (str(found.id), found.label, found.digit) == (sent["id"], 1, 7)
    assert (found.model, found.prepare, found.verdict) == ("lesson-3f2a91bc", "mnist", "digit")
    assert found.probabilities == pytest.approx(sent["answer"]["probabilities"], abs=1e-7)


def test_an_answer_is_taken_as_predict_gives_it(client: TestClient, file: Path) -> None:
    drawing = {"strokes": [[[30, 40], [110, 40], [60, 150]]], "pen": 12}
    answer = client.post("/predict", json=drawing).json()
    sent = {"id": str(uuid.uuid4()), **drawing, "answer": answer, "label": None, "model": answer["model"]}
    assert client.post("/corrections", json=sent).status_code == 201
    (found,) = kept(file)
    assert (found.digit, found.label, found.model) == (7, None, answer["model"])


def test_a_picture_is_kept_too(client: TestClient, file: Path) -> None:
    sent = a_picture(label=1)
    assert client.post("/corrections", json=sent).status_code == 201
    (found,) = kept(file)
    assert isinstance(found.drawing, np.ndarray)
    assert found.drawing.tolist() == sent["pixels"]


def test_sent_twice_it_is_kept_once_as_it_came_first(client: TestClient, file: Path) -> None:
    sent = correction(label=1)
    assert client.post("/corrections", json=sent).status_code == 201
    again = client.post("/corrections", json=sent | {"label": 4})
    assert (again.status_code, again.json()) == (200, {"kept": True})
    assert [found.label for found in kept(file)] == [1]


def test_nothing_but_what_is_promised_is_in_the_file(client: TestClient, file: Path) -> None:
    client.post("/corrections", json=correction(), headers={"User-Agent": "Nosy/1.0", "X-Forwarded-For": "192.0.2.7"})
    connection = sqlite3.connect(file)
    ((schema,),) = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table'").fetchall()
    (row,) = connection.execute("SELECT * FROM corrections").fetchall()
    connection.close()
    columns = [line.split()[0] for line in schema.splitlines()[1:-2]]
    assert columns == [
        "number", "id", "day", "label", "digit", "probabilities", "verdict", "familiarity", "model", "prepare",
        "points", "lengths", "pen", "width", "height", "picture",
    ]  # fmt: skip
    assert len(row[2]) == len("2030-12-31")  # a day, not a moment
    content = file.read_bytes()
    assert b"Nosy" not in content
    assert b"192.0.2.7" not in content


@pytest.mark.parametrize(
    ("changes", "expected", "words"),
    [
        ({"label": ...}, (422, "invalid-correction"), "label is missing"),
        ({"label": 10}, (422, "invalid-correction"), "label must be at most 9"),
        ({"label": "7"}, (422, "invalid-correction"), "label must be a whole number"),
        ({"label": True}, (422, "invalid-correction"), "label must be a whole number"),
        ({"id": "mine"}, (422, "invalid-correction"), "id must be a UUID"),
        ({"answer": 7}, (422, "invalid-correction"), "answer must be an object"),
        ({"answer": {"digit": 7}}, (422, "invalid-correction"), "answer.probabilities is missing"),
        ({"answer": {"digit": 7, "probabilities": [0.5] * 9}}, (422, "invalid-correction"), "is too short"),
        ({"answer": {"digit": 7, "probabilities": [2] + [0] * 9}}, (422, "invalid-correction"), "probabilities[0]"),
        ({"model": ""}, (422, "invalid-correction"), "model is empty"),
        ({"name": "Ada"}, (422, "invalid-correction"), "a field is not known; there are id, strokes,"),
        ({"strokes": []}, (422, "invalid-correction"), "strokes is empty"),
        ({"strokes": [[[1, 1e7]]]}, (422, "invalid-correction"), "strokes[0][0][1] must be at most 1e+06"),
        ({"strokes": ...}, (422, "one-input"), "exactly one of strokes and pixels"),
        ({"pixels": [[0] * 28] * 28}, (422, "one-input"), "exactly one of strokes and pixels"),
        ({"strokes": ..., "pixels": [[0] * 28] * 28}, (422, "invalid-correction"), "pen and canvas belong to strokes"),
        (
            {"strokes": ..., "pixels": [[0] * 27] * 28},
            (422, "invalid-correction"),
            "pixels[0] must have a length of 28",
        ),
        ({"strokes": [[[1, 1]]] * 1001}, (422, "too-many-points"), "1,000 strokes"),
    ],
)
def test_what_is_no_correction_is_refused_in_words(
    endless: TestClient, changes: dict[str, Any], expected: tuple[int, str], words: str
) -> None:
    sent = correction(**changes)
    answer = endless.post("/corrections", json=sent)
    assert problem(answer) == expected
    assert words in answer.json()["detail"]
    assert "Ada" not in answer.text
    assert endless.delete(f"/corrections/{sent['id']}").status_code == 404


def test_bodies_have_the_limits_of_every_other_call(client: TestClient) -> None:
    json_type = {"Content-Type": "application/json"}
    assert problem(client.post("/corrections", content=b"{", headers=json_type)) == (400, "unreadable-body")
    assert problem(client.post("/corrections", content=b"[]", headers=json_type)) == (422, "invalid-correction")
    assert problem(client.post("/corrections", content=b"x" * 2**20 + b"x", headers=json_type)) == (
        413,
        "body-too-large",
    )
    plain = {"Content-Type": "text/plain"}  # what another site's form could send without asking first
    answer = client.post("/corrections", content=json.dumps(correction()), headers=plain)
    assert problem(answer) == (415, "unsupported-type")
    assert answer.headers["accept"] == "application/json"


def test_the_address_names_all_the_methods_it_takes(client: TestClient) -> None:
    answer = client.put("/corrections")
    assert problem(answer) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "DELETE, GET, POST"


@settings(max_examples=60, deadline=None)
@given(
    field=some.sampled_from(sorted(CORRECTION_EXAMPLE)),
    value=some.recursive(
        some.none()
        | some.booleans()
        | some.integers()
        | some.floats(allow_nan=False, allow_infinity=False)
        | some.text(max_size=5),
        lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=5), inner, max_size=3),
        max_leaves=12,
    ),
)
def test_no_value_of_any_field_is_an_error_of_ours(endless: TestClient, field: str, value: Any) -> None:
    answer = endless.post("/corrections", json=correction(**{field: value}))
    assert answer.status_code in (201, 422) or (field == "id" and answer.status_code == 200)


# ---------------------------------------------------------------- seeing and deleting


def test_the_page_shows_each_drawing_with_its_answer_and_what_it_is(client: TestClient) -> None:
    client.post("/corrections", json=correction(label=None))
    client.post("/corrections", json=a_picture(label=1))
    shown = client.get("/corrections")
    assert shown.status_code == 200
    assert shown.text.count("<li class=") == 2
    assert shown.text.index("data:image/png;base64,") < shown.text.index("<polyline points=")  # the newest first
    assert "A drawing read as 7, said to be no digit" in shown.text
    assert '<b>7</b> <span class="share">99.7 %</span>' in shown.text


def test_the_page_has_no_script_and_no_style_of_its_own(client: TestClient) -> None:
    client.post("/corrections", json=correction(model="<script>alert(1)</script>"))
    shown = client.get("/corrections")
    assert "script-src 'self'; style-src 'self'" in shown.headers["content-security-policy"]
    assert " style=" not in shown.text
    assert shown.text.count("<script") == 1  # the theme's, a file
    assert "&lt;script&gt;" in shown.text


def test_many_are_shown_page_by_page_and_a_page_that_has_gone_is_the_last(file: Path) -> None:
    store = Corrections(file, 100)
    for label in range(30):
        store.add(Correction(uuid.uuid4(), Strokes([[(0, 0), (9, label)]]), label % 10, 3, PROBABILITIES, "lesson"))
    with collecting(file) as client:
        texts = {page: client.get(f"/corrections?page={page}").text for page in (1, 2, 9)}
        assert problem(client.get("/corrections?page=x")) == (422, "invalid-parameter")
    counts = {page: text.count("<li class=") for page, text in texts.items()}
    assert counts == {1: 24, 2: 6, 9: 6}


def test_one_is_deleted_and_the_way_back_is_to_its_page(client: TestClient, file: Path) -> None:
    sent = [correction(), correction()]
    for each in sent:
        client.post("/corrections", json=each)
    address = f"/corrections/{sent[0]['id']}"
    answer = client.post(f"{address}/delete?page=3", headers=HERE, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/corrections?page=3")
    assert [str(found.id) for found in kept(file)] == [sent[1]["id"]]
    assert problem(client.delete(address)) == (404, "not-found")
    assert problem(client.delete("/corrections/mine")) == (404, "not-found")
    assert client.delete(f"/corrections/{sent[1]['id']}").status_code == 204
    assert kept(file) == []


@pytest.mark.parametrize("way", ["form", "program"])
def test_all_are_deleted_and_leave_no_trace_in_the_file(client: TestClient, file: Path, way: str) -> None:
    for _ in range(5):
        client.post("/corrections", json=correction(model="the-weights-of-then"))
    assert b"the-weights-of-then" in file.read_bytes()
    if way == "form":
        answer = client.post("/corrections/delete", headers=HERE, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/corrections")
    else:
        assert client.delete("/corrections").status_code == 204
    assert kept(file) == []
    left = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert b"the-weights-of-then" not in left


@pytest.mark.parametrize("headers", ELSEWHERE, ids=lambda headers: " ".join(headers.values()))
def test_no_page_of_another_site_changes_what_is_kept(client: TestClient, file: Path, headers: dict[str, str]) -> None:
    sent = correction()
    client.post("/corrections", json=sent, headers=HERE)
    for answer in (
        client.post("/corrections", json=correction(), headers=headers),
        client.post("/corrections/delete", headers=headers),
        client.post(f"/corrections/{sent['id']}/delete", headers=headers),
        client.delete("/corrections", headers=headers),
        client.delete(f"/corrections/{sent['id']}", headers=headers),
    ):
        assert problem(answer) == (403, "foreign-request")
    assert len(kept(file)) == 1


# ---------------------------------------------------------------- the export


def test_the_export_has_strokes_labels_and_offsets_as_collections_of_drawings_have(client: TestClient) -> None:
    eight = [[[10, 10], [20, 20.5]], [[5, 5]], [[1, 2], [3, 4], [5, 6]]]
    client.post("/corrections", json=correction(strokes=eight, label=8, canvas=[280, 200]))
    client.post("/corrections", json=correction(label=None, pen=...))
    client.post("/corrections", json=a_picture(label=None))
    client.post("/corrections", json=a_picture(label=1, answer={"digit": None, "probabilities": [0.1] * 10}))
    answer = client.get("/corrections.npz")
    assert answer.status_code == 200
    data = np.load(io.BytesIO(answer.content), allow_pickle=False)
    assert (data["points"].dtype, data["points"].shape) == (np.float32, (9, 2))
    assert data["offsets"].tolist() == [0, 6, 9]
    assert data["stroke"].tolist() == [0, 0, 1, 2, 2, 2, 0, 0, 0]
    assert data["label"].tolist() == ["8", "not_a_digit"]
    assert all(len(data[name]) == 2 for name in ("writer", "source", "split", "model", "day", "prepare", "id"))
    assert data["answer"].tolist() == [7, 7]
    assert data["pen"][0] == 20
    assert np.isnan(data["pen"][1])
    assert data["canvas"][0].tolist() == [280, 200]
    first, last = data["offsets"][:2]
    lines = np.split(data["points"][first:last], np.flatnonzero(np.diff(data["stroke"][first:last])) + 1)
    assert [line.tolist() for line in lines] == eight
    assert data["img"].shape == (2, 28, 28)
    assert data["img"].max() == 250
    assert (data["y"].tolist(), data["img_answer"].tolist()) == ([-1, 1], [7, -1])
    assert data["img_probabilities"].shape == (2, 10)
    assert "Inkling" in json.loads(str(data["meta"]))["source"]


def test_an_export_of_nothing_can_be_read_too(client: TestClient) -> None:
    data = np.load(io.BytesIO(client.get("/corrections.npz").content), allow_pickle=False)
    assert (data["points"].shape, data["offsets"].tolist(), data["img"].shape) == ((0, 2), [0], (0, 28, 28))
    assert all(data[name].dtype != object for name in data.files)


# ---------------------------------------------------------------- a file that is full, damaged or out of reach


def test_only_so_many_are_kept_as_the_operator_allows(file: Path) -> None:
    with collecting(file, most=2) as client:
        sent = [correction() for _ in range(3)]
        answers = [client.post("/corrections", json=each) for each in sent]
        assert [answer.status_code for answer in answers] == [201, 201, 507]
        assert problem(answers[2]) == (507, "corrections-full")
        assert client.post("/corrections", json=sent[0]).status_code == 200  # it is kept already
        client.delete(f"/corrections/{sent[0]['id']}")
        assert client.post("/corrections", json=sent[2]).status_code == 201


def test_the_file_does_not_grow_beyond_what_so_many_drawings_need(file: Path) -> None:
    store = Corrections(file, 2)
    huge = Strokes([[(float(x), 0.0) for x in range(20_000)]] * 20)
    with pytest.raises(FullError):
        store.add(Correction(uuid.uuid4(), huge, 1, 7, PROBABILITIES, "lesson"))
    assert store.page(0, 10) == ([], 0)
    assert store.add(Correction(uuid.uuid4(), Strokes([[(0, 0)]]), 1, 7, PROBABILITIES, "lesson"))


def damaged(file: Path) -> Path:
    store = Corrections(file, 100)
    for _ in range(100):
        store.add(Correction(uuid.uuid4(), Strokes([[(0, 0)] * 50]), 1, 7, PROBABILITIES, "lesson"))
    with file.open("r+b") as opened:
        opened.seek(4096)
        opened.write(b"\xff" * 8192)
    return file


def no_database(file: Path) -> Path:
    file.write_bytes(b"Dear diary, this is no database. " * 200)
    return file


def another_programs(file: Path) -> Path:
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    return file


def a_later_versions(file: Path) -> Path:
    Corrections(file, 100).check()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    return file


def in_no_folder(file: Path) -> Path:
    return file.parent / "missing" / file.name


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (damaged, "is damaged"),
        (no_database, "is no SQLite database"),
        (another_programs, "is another program's database"),
        (a_later_versions, "was written by another version"),
        (in_no_folder, "cannot be opened"),
    ],
)
def test_a_file_that_cannot_be_used_stops_nothing_but_the_keeping(
    file: Path, make: Any, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = make(file)
    before = path.read_bytes() if path.exists() else None
    with caplog.at_level(logging.WARNING, "inkling"), collecting(path) as client:
        assert client.post("/predict", json={"strokes": CORRECTION_EXAMPLE["strokes"]}).status_code == 200
        for answer in (
            client.post("/corrections", json=correction()),
            client.delete("/corrections"),
            client.get("/corrections.npz"),
        ):
            assert problem(answer) == (503, "corrections-unavailable")
            assert answer.headers["retry-after"] == "60"
            assert path.name not in answer.text
        assert problem(client.get("/corrections")) == (503, "corrections-unavailable")
        page = client.get("/corrections", headers={"Accept": "text/html"})  # as a browser asks
        assert page.status_code == 503
        assert "The kept drawings cannot be reached." in page.text
        assert client.get("/readyz").status_code == 200
    (line,) = [record.getMessage() for record in caplog.records if record.name == "inkling"]
    assert words in line
    assert before is None or path.read_bytes() == before  # what is there is left as it is


def test_a_file_that_can_only_be_read_is_said_to_be_so_at_once_and_is_still_shown(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Corrections(file, 100).add(Correction(uuid.uuid4(), Strokes([[(0, 0)]]), 1, 7, PROBABILITIES, "lesson"))
    connect = sqlite3.connect

    def only_to_read(name: Path, **options: Any) -> sqlite3.Connection:
        """What rights would do; but they would not stop root, who may run these tests."""
        connection: sqlite3.Connection = connect(f"file:{name}?mode=ro", uri=True, **options)
        return connection

    monkeypatch.setattr(sqlite3, "connect", only_to_read)
    with caplog.at_level(logging.WARNING, "inkling"), collecting(file) as client:
        assert wait_until(lambda: "cannot be written" in caplog.text, 30)
        assert problem(client.post("/corrections", json=correction())) == (503, "corrections-unavailable")
        assert "<b>1</b> of at most 10,000" in client.get("/corrections").text


def test_a_file_that_was_put_away_or_put_right_is_found_as_it_is_now(client: TestClient, file: Path) -> None:
    client.post("/corrections", json=correction())
    # The look at it when the service starts may still be going on; SQLite's log is there while anybody has it open, and
    # without its log a file must not be put away.
    assert wait_until(lambda: not file.with_name(f"{file.name}-wal").exists(), 10)
    file.rename(file.with_suffix(".old"))
    assert client.post("/corrections", json=correction()).status_code == 201
    assert len(kept(file)) == 1
    assert wait_until(lambda: not file.with_name(f"{file.name}-wal").exists(), 10)
    file.with_suffix(".old").replace(file)
    assert client.post("/corrections", json=correction()).status_code == 201
    assert len(kept(file)) == 2


def test_while_another_program_writes_for_long_the_sender_is_told_to_come_back(
    client: TestClient, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.post("/corrections", json=correction()).status_code == 201
    monkeypatch.setattr("app.corrections.store.BUSY_SECONDS", 0.05)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = client.post("/corrections", json=correction())
    assert problem(answer) == (503, "overloaded")
    assert answer.headers["retry-after"] == "1"
    other.execute("ROLLBACK")
    other.close()
    assert len(kept(file)) == 1


# ---------------------------------------------------------------- many at once, and a process that is killed

# Keeps one drawing after the other and says each one's id once it is kept; the ids of its `first` lot others have, too.
WRITER = """
import sys, uuid
import numpy as np
from pathlib import Path
from app.corrections.store import Correction, Corrections
from model.preprocess.rasterise import Strokes
store = Corrections(Path(sys.argv[1]), 10_000)
sys.stdin.readline()
for number in range(int(sys.argv[2])):
    id = uuid.UUID(int=number) if number < 20 else uuid.uuid4()
    new = store.add(Correction(id, Strokes([[(0, 0), (9, number)]]), 1, 7, np.full(10, 0.1, np.float32), "lesson"))
    print(id, int(new), flush=True)
"""


def whole(file: Path) -> bool:
    connection = sqlite3.connect(file)
    found = connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
    return found == [("ok",)]


def test_several_that_make_the_file_in_one_moment_all_find_it_theirs(tmp_path: Path) -> None:
    for number in range(40):  # without a snapshot, one start in ten took the file for another program's
        together = threading.Barrier(4)
        store = Corrections(tmp_path / f"{number}.sqlite", 10)

        def start(_: int, store: Corrections = store, together: threading.Barrier = together) -> None:
            together.wait()
            store.check()

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(start, range(4)))


def test_of_many_processes_and_one_killed_in_the_midst_each_acknowledged_drawing_is_there_once(file: Path) -> None:
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
    said: list[list[str]] = [[] for _ in writers]

    def listen(place: int) -> None:
        output = writers[place].stdout
        assert output is not None
        for line in output:
            if line.endswith("\n"):  # the last may have been cut off with its writer
                said[place].append(line[:-1])

    listeners = [threading.Thread(target=listen, args=(place,)) for place in range(len(writers))]
    for listener in listeners:
        listener.start()
    for writer in writers[:3]:
        assert writer.wait(60) == 0
    assert wait_until(lambda: len(said[3]) > 0, 60), "it may have begun when the others had ended"
    writers[3].kill()
    writers[3].wait(10)
    for listener, writer in zip(listeners, writers, strict=True):
        listener.join(10)
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdin.close()
        writer.stdout.close()
    acknowledged = [line.split() for lines in said for line in lines]
    assert whole(file)
    found = [str(each.id) for each in kept(file)]
    assert len(found) == len(set(found))
    assert {id_ for id_, _ in acknowledged} <= set(found)
    assert len(found) - len({id_ for id_, _ in acknowledged}) <= 1  # the one whose acknowledgement was cut off
    new = [id_ for id_, was_new in acknowledged if was_new == "1"]
    assert len(new) == len(set(new))  # each was new to one alone


def test_two_workers_of_a_service_one_of_them_killed_lose_nothing_and_double_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_COLLECT", "1")
    monkeypatch.setenv("INKLING_COLLECT_FILE", str(file))
    server = LiveServer("--workers", "2", "--engine", "onnx")
    server.start()
    client = httpx2.Client(base_url=server.url, timeout=30)
    counted = [0]

    def send(number: int) -> tuple[str, list[int]]:
        """One correction, again and again until it is answered, as the page does."""
        sent = correction()
        statuses: list[int] = []

        def answered() -> bool:
            try:
                statuses.append(client.post("/corrections", json=sent).status_code)
            except httpx2.TransportError:
                return False
            return statuses[-1] in (200, 201)

        assert wait_until(answered, 60)
        counted[0] += 1
        return str(sent["id"]), statuses

    try:
        with ThreadPoolExecutor(8) as senders:
            results = senders.map(send, range(120))
            assert wait_until(lambda: counted[0] > 20, 60)
            assert server._process is not None
            workers = [
                process
                for process in psutil.Process(server._process.pid).children(recursive=True)
                if "spawn_main" in " ".join(process.cmdline())
            ]
            assert len(workers) == 2
            os.kill(workers[0].pid, signal.SIGKILL)
            answered = list(results)
    finally:
        client.close()
        server.stop()
    found = sorted(str(each.id) for each in kept(file))
    assert found == sorted(id_ for id_, _ in answered)
    assert whole(file)


def test_a_killed_writer_leaves_a_file_that_opens_as_it_was_left(file: Path) -> None:
    """Killed with its connection open: what it had committed is still in the log beside the file."""
    script = f"""
import os, signal, uuid
import numpy as np
from pathlib import Path
from app.corrections.store import Correction, Corrections
from model.preprocess.rasterise import Strokes
store = Corrections(Path({str(file)!r}), 100)
with store._connected():
    assert store.add(Correction(uuid.UUID(int=5), Strokes([[(0, 0)]]), 1, 7, np.full(10, 0.1, np.float32), "lesson"))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert file.with_name(file.name + "-wal").stat().st_size > 0
    assert [each.id.int for each in kept(file)] == [5]
    assert whole(file)


def test_what_cannot_be_opened_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"cannot be opened \(unable to open database file\)\.$"):
        Corrections(tmp_path, 10).check()  # a folder


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def collecting_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INKLING_COLLECT", "1")
        patch.setenv("INKLING_COLLECT_FILE", str(tmp_path_factory.mktemp("kept") / "corrections.sqlite"))
        server = LiveServer("--engine", "onnx")
        server.start()
        yield server
        server.stop()


@pytest.mark.parametrize(("viewport", "scheme"), [(PROJECTOR, "light"), (PHONE, "dark")], ids=["projector", "phone"])
def test_the_page_works_without_javascript_on_every_screen(
    visitors: Opener, collecting_server: LiveServer, viewport: dict[str, int], scheme: str
) -> None:
    url = collecting_server.url
    assert httpx2.delete(f"{url}/corrections").is_success  # whatever another test has left
    for each in (correction(canvas=[280, 280]), correction(label=None), a_picture(label=1)):
        assert httpx2.post(f"{url}/corrections", json=each).status_code == 201
    visitor = visitors(None, url=url, viewport=viewport, color_scheme=scheme)
    page = visitor.page
    page.goto(f"{url}/corrections")
    expect(page.locator(".card")).to_have_count(3)
    assert visitor.run("document.documentElement.scrollWidth") <= viewport["width"]
    assert visitor.violations() == []
    plain = visitors(None, url=url, viewport=viewport, color_scheme=scheme, java_script_enabled=False).page
    plain.goto(f"{url}/corrections")
    plain.locator(".card button").first.click()
    plain.wait_for_url(f"{url}/corrections?page=1")
    expect(plain.locator(".card")).to_have_count(2)
    plain.locator("summary").click()
    plain.locator(".every button").click()
    plain.wait_for_url(f"{url}/corrections")
    expect(plain.locator("main")).to_contain_text("Nothing is kept yet.")
