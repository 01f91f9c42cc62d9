"""The requests that the simulated class sends."""

import json

from benchmarks.classes import classroom


def test_each_student_sends_growing_drawings_and_no_request_is_repeated() -> None:
    students = classroom.requests(30, 150)
    assert [len(sequence) for sequence in students] == [150] * 30
    assert len({request.body for sequence in students for request in sequence}) == 30 * 150
    sizes = [sum(map(len, json.loads(request.body)["strokes"])) for request in students[0]]
    assert sizes[:60] == list(range(2, 121, 2))
    assert sizes[60] < sizes[59]  # the next digit begins
    assert set(json.loads(students[0][0].body)) == {"strokes", "pen", "canvas"}
