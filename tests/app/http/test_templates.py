"""Rendering templates."""

import pytest
from starlette.requests import Request

from app.http.problem_types import PROBLEMS
from app.http.templates import page


def test_a_page_has_a_status_and_escapes_its_context() -> None:
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": []})
    kind = PROBLEMS["animated-picture"]
    response = page(request, "problem.html", 404, problem=kind)
    assert response.status_code == 404
    assert response.headers["cache-control"] == "no-cache"
    assert kind.title in bytes(response.body).decode()


def test_a_missing_template_is_an_error() -> None:
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": []})
    with pytest.raises(Exception, match=r"missing\.html"):
        page(request, "missing.html")
