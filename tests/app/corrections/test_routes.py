"""Saving and deleting corrections through the API."""

import json
import uuid
from codecs import BOM_UTF8
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as some

from app.corrections.schemas import CORRECTION_EXAMPLE
from model.preprocess.modes import Prepare
from model.preprocess.rasterise import Strokes
from tests.app.corrections.helpers import SAME_SITE, correction, image_correction, problem, saved


def test_a_correction_is_saved_as_it_was_sent(client: TestClient, file: Path) -> None:
    sent = correction()
    answer = client.post("/corrections", json=sent)
    assert (answer.status_code, answer.json()) == (201, {"kept": True})
    (stored,) = saved(file)
    assert isinstance(stored.drawing, Strokes)
    assert [[list(point) for point in line] for line in stored.drawing.lines] == sent["strokes"]
    assert (stored.drawing.pen, stored.drawing.canvas) == (20, None)
    assert (str(stored.id), stored.label, stored.digit) == (sent["id"], 1, 7)
    assert (stored.model, stored.prepare, stored.verdict) == ("lesson-3f2a91bc", "mnist", "digit")
    assert stored.probabilities == pytest.approx(sent["answer"]["probabilities"], abs=1e-7)


def test_the_response_of_predict_can_be_sent_unchanged(client: TestClient, file: Path) -> None:
    drawing = {"strokes": [[[30, 40], [110, 40], [60, 150]]], "pen": 12}
    answer = client.post("/predict", json=drawing).json()
    sent = {"id": str(uuid.uuid4()), **drawing, "answer": answer, "label": None, "model": answer["model"]}
    assert client.post("/corrections", json=sent).status_code == 201
    (stored,) = saved(file)
    assert (stored.digit, stored.label, stored.model) == (7, None, answer["model"])


def test_a_correction_of_an_image_is_saved(client: TestClient, file: Path) -> None:
    sent = image_correction(label=1)
    assert client.post("/corrections", json=sent).status_code == 201
    (stored,) = saved(file)
    assert isinstance(stored.drawing, np.ndarray)
    assert stored.drawing.tolist() == sent["pixels"]


def test_a_correction_may_start_with_a_byte_order_mark(client: TestClient, file: Path) -> None:
    headers = {"Content-Type": "application/json"}
    content = BOM_UTF8 + json.dumps(correction()).encode()
    assert client.post("/corrections", content=content, headers=headers).status_code == 201
    assert len(saved(file)) == 1


@pytest.mark.parametrize("prepare", get_args(Prepare))
def test_every_preprocessing_mode_is_accepted(client: TestClient, file: Path, prepare: Prepare) -> None:
    assert client.post("/corrections", json=correction(prepare=prepare)).status_code == 201
    assert [stored.prepare for stored in saved(file)] == [prepare]


def test_only_the_first_version_is_saved_when_a_correction_is_sent_twice(client: TestClient, file: Path) -> None:
    sent = correction(label=1)
    assert client.post("/corrections", json=sent).status_code == 201
    again = client.post("/corrections", json=sent | {"label": 4})
    assert (again.status_code, again.json()) == (200, {"kept": True})
    assert [stored.label for stored in saved(file)] == [1]


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
        (
            {"answer": {"digit": 7, "probabilities": [0.5] * 9}},
            (422, "invalid-correction"),
            "must have at least 10 entries",
        ),
        ({"answer": {"digit": 7, "probabilities": [2] + [0] * 9}}, (422, "invalid-correction"), "probabilities[0]"),
        ({"model": ""}, (422, "invalid-correction"), "model is empty"),
        ({"name": "Ada"}, (422, "invalid-correction"), "a field is unknown; the fields are id, strokes,"),
        ({"strokes": []}, (422, "invalid-correction"), "strokes is empty"),
        ({"strokes": [[[1, 1e7]]]}, (422, "invalid-correction"), "strokes[0][0][1] must be at most 1,000,000"),
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
def test_an_invalid_correction_is_refused_with_an_explanation(
    shared_client: TestClient, changes: dict[str, Any], expected: tuple[int, str], words: str
) -> None:
    sent = correction(**changes)
    answer = shared_client.post("/corrections", json=sent)
    assert problem(answer) == expected
    assert words in answer.json()["detail"]
    assert "Ada" not in answer.text
    assert shared_client.delete(f"/corrections/{sent['id']}").status_code == 404


def test_bodies_have_the_same_limits_as_on_other_routes(client: TestClient) -> None:
    json_type = {"Content-Type": "application/json"}
    assert problem(client.post("/corrections", content=b"{", headers=json_type)) == (400, "unreadable-body")
    assert problem(client.post("/corrections", content=b"[]", headers=json_type)) == (422, "invalid-correction")
    assert problem(client.post("/corrections", content=b"x" * 2**20 + b"x", headers=json_type)) == (
        413,
        "body-too-large",
    )
    plain = {"Content-Type": "text/plain"}  # a form of another site can send this without a preflight request
    answer = client.post("/corrections", content=json.dumps(correction()), headers=plain)
    assert problem(answer) == (415, "unsupported-type")
    assert answer.headers["accept"] == "application/json"


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
def test_no_value_of_any_field_causes_a_server_error(shared_client: TestClient, field: str, value: Any) -> None:
    answer = shared_client.post("/corrections", json=correction(**{field: value}))
    assert answer.status_code in (201, 422) or (field == "id" and answer.status_code == 200)


def test_one_correction_can_be_deleted(client: TestClient, file: Path) -> None:
    sent = [correction(), correction()]
    for each in sent:
        client.post("/corrections", json=each)
    address = f"/corrections/{sent[0]['id']}"
    answer = client.post(f"{address}/delete?page=3", headers=SAME_SITE, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/corrections?page=3")
    assert [str(stored.id) for stored in saved(file)] == [sent[1]["id"]]
    assert problem(client.delete(address)) == (404, "not-found")
    assert problem(client.delete("/corrections/mine")) == (404, "not-found")
    assert client.delete(f"/corrections/{sent[1]['id']}").status_code == 204
    assert saved(file) == []


def content_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize("way", ["form", "program"])
def test_deleted_corrections_leave_no_trace_in_the_file(client: TestClient, file: Path, way: str) -> None:
    for _ in range(5):
        client.post("/corrections", json=correction(model="the-weights-of-then"))
    # While the check at the start of the service has the file open, SQLite's log may contain the content.
    assert b"the-weights-of-then" in content_of(file.parent)
    if way == "form":
        answer = client.post("/corrections/delete", headers=SAME_SITE, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/corrections")
    else:
        assert client.delete("/corrections").status_code == 204
    assert saved(file) == []
    assert b"the-weights-of-then" not in content_of(file.parent)
