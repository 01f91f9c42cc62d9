"""Turns pydantic's validation errors, of bodies and of parameters, into problems.

The wording is ours, because pydantic's messages are written for programmers and quote the input.
"""

import re
from threading import Lock
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from app.http.middleware import root_path
from app.http.problem_types import listed
from app.http.problems import Problem
from model.layers import SIDE
from model.preprocess.pipeline import MAX_POINTS, MAX_STROKES

# Hold this lock on a thread while pydantic parses a large body. The parser holds Python's global lock for milliseconds.
# If several threads parsed at the same time, the event loop would have to wait for each of them in turn.
ONE_LARGE_BODY = Lock()
_SMALL = 4096  # bytes; a body up to this size need not be checked
_MAX_LISTS = MAX_POINTS + MAX_STROKES + 2  # in a valid body, each point, stroke and row of pixels is a list
_MAX_VALUES = 2**18  # for example an image of 512×512 pixels, which is a megabyte if its numbers have three digits
MAX_FIELDS = 100  # colons and opening braces, also those in strings, of which a valid body has only a few
_UNKNOWN = "a field"
_POSITION = re.compile(r"at line (\d+) column (\d+)$")  # at the end of the parser's message
_MAX_ERRORS = 5  # listed in one problem
_MESSAGES = {
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "list_type": "must be a list",
    "tuple_type": "must be a list of two numbers",
    "string_type": "must be a string",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "model_type": "must be an object",
    "uuid_parsing": "must be a UUID",
    "missing": "is missing",
    "string_too_short": "is empty",
    "greater_than_equal": "is too small",
    "less_than_equal": "is too large",
}
_LIMITS = {"ge": "must be at least {}", "le": "must be at most {}"}


def limit_counts(
    body: bytes,
    schema: type[BaseModel],
    slug: str,
    *,
    lists: int = _MAX_LISTS,
    fields: int = MAX_FIELDS,
    too_many_lists: str | None = None,
) -> None:
    """Raise Problem if a JSON body has more lists, values or fields than a valid one.

    Call this before parsing: a megabyte of empty lists or unknown fields would become a hundred megabytes of objects.
    `too_many_lists` is the problem's detail if there are more than `lists` lists; by default, it names the limit on one
    drawing.
    """
    if len(body) <= _SMALL:
        return
    if body.count(b"[") > lists:
        raise Problem("too-many-points", too_many_lists)
    if body.count(b",") > _MAX_VALUES:
        raise Problem(slug, f"The body has too many values; it may have at most {_MAX_VALUES:,}.")
    if body.count(b":") + body.count(b"{") > fields:
        raise Problem(slug, f"The body has too many fields; {_fields_of(schema)}.")


def validation_problem(error: ValidationError, schema: type[BaseModel], slug: str, expected: str) -> Problem:
    """The problem of type `slug` for a JSON body that `schema` rejects. `expected` completes "a JSON object with …"."""
    errors = error.errors(include_url=False, include_input=False)
    for item in errors:
        if item["type"] == "json_invalid":
            found = _POSITION.search(item["ctx"]["error"])
            where = f"; see line {found[1]}, column {found[2]}" if found else ""
            return Problem("unreadable-body", f"The body is not valid JSON in UTF-8{where}.")
    if any(not item["loc"] for item in errors):
        return Problem(slug, f"The body must be a JSON object with {expected}.")
    known = _fields_of(schema)
    fields = [
        {"where": _location(item["loc"], item["type"]), "what": _message(dict(item), known)}
        for item in errors[:_MAX_ERRORS]
    ]
    first = fields[0]
    subject = first["where"] if first["where"] == _UNKNOWN else f"the field {first['where']}"
    return Problem(slug, f"In the body, {subject} {first['what']}.", fields if len(fields) > 1 else ())


def _fields_of(schema: type[BaseModel]) -> str:
    names = list(schema.model_fields)
    return f"the fields are {listed(names, 'and')}" if len(names) > 1 else f"the only field is {names[0]}"


def _location(location: tuple[str | int, ...], kind: str) -> str:
    if kind == "extra_forbidden":  # the field's name is not repeated, because it is the client's input
        return _UNKNOWN
    rest = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location[1:])
    return str(location[0]) + "".join(rest)


def _message(item: dict[str, Any], known: str) -> str:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "extra_forbidden":
        return f"is unknown; {known}"
    if kind == "literal_error":
        return f"must be {context['expected']}".replace("'", "")
    for key, message in _LIMITS.items():
        if key in context:
            return message.format(_number(context[key]))
    if kind in ("too_short", "too_long") and SIDE in (context.get("min_length"), context.get("max_length")):
        return f"must have a length of {SIDE}"
    if kind == "too_short":
        few = f"must have at least {context['min_length']:,} entries"
        return "is empty" if context.get("actual_length") == 0 else few
    if kind == "too_long" and context.get("max_length") == 2:
        return "must be a list of two numbers"
    if kind == "too_long":
        return f"may have at most {context['max_length']:,} entries"
    if kind == "string_too_long":
        return f"may have at most {context['max_length']:,} characters"
    if kind == "missing" and isinstance(item["loc"][-1], int):
        return "is missing: a point is [x, y]"
    return _MESSAGES.get(kind, "has an invalid value")


def _number(limit: float) -> str:
    """A limit in full: 1,000,000 and 0.000001."""
    return f"{limit:,}" if isinstance(limit, int) else f"{limit:,.9f}".rstrip("0").rstrip(".")


async def _from_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    detail = f"The parameter {first['loc'][-1]} {_message(first, '')}."
    return Problem("invalid-parameter", detail).response(root_path(request))


def install(app: FastAPI) -> None:
    """Make the error for an invalid parameter of a route a problem document that names the parameter."""
    app.add_exception_handler(RequestValidationError, _from_validation_error)
