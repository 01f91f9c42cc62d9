"""Decodes the headers and the body of a response into values that can be compared.

Parts that differ between any two recordings are left out, such as dates and the values of metrics.
"""

import io
import json
import re
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import numpy as np
import safetensors.numpy

from tools.behaviour.sending import Reply

_VOLATILE = ("date", "server", "content-length", "last-modified")
_NOT_COMPARED = ("text/javascript", "application/javascript", "text/css")  # may change without a change in behaviour
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_BLOCKS = frozenset(
    ("p", "li", "h1", "h2", "h3", "h4", "td", "th", "tr", "dt", "dd", "div", "section", "button", "label", "option",
     "summary", "legend", "figcaption", "text", "caption", "a")
)  # fmt: skip
_SILENT = ("script", "style", "template")
_WORDS = ("title", "alt", "aria-label", "aria-roledescription", "placeholder", "content")
_VALUES = ("href", "action", "method", "name", "value", "role", "type")
_DATA = "data-"


def headers(reply: Reply, request: str) -> dict[str, str]:
    """The headers by name. Several headers with one name are joined by commas.

    The entity tag of a static file is replaced by "present", because it changes with the file.
    """
    found: dict[str, str] = {}
    for name, value in reply.headers:
        if name not in _VOLATILE:
            found[name] = f"{found[name]}, {value}" if name in found else value
    if "etag" in found and "/static/" in request:
        found["etag"] = "present"
    return found


def body(reply: Reply) -> Any:
    """The body as JSON-like values and NumPy arrays; None if it is empty, a script or a style sheet.

    If its format is unknown or it cannot be decoded, the result is a dictionary with the SHA-256 of the body.
    """
    kind = dict(reply.headers).get("content-type", "").partition(";")[0].strip().lower()
    if not reply.body or kind in _NOT_COMPARED:
        return None
    try:
        if kind.endswith("json"):
            return _json(reply.body)
        if kind == "application/vnd.safetensors":
            return _tensors(reply.body)
        if reply.body.startswith(b"PK\x03\x04"):
            return _archive(reply.body)
        if kind == "text/html":
            return _page(reply.body.decode())
        if kind == "text/plain" and b"# HELP" in reply.body:
            return _metrics(reply.body.decode())
    except (ValueError, KeyError) as error:
        return {"unreadable": type(error).__name__, "sha256": sha256(reply.body).hexdigest()}
    return {"sha256": sha256(reply.body).hexdigest()}


def _json(content: bytes) -> Any:
    value = json.loads(content)
    if isinstance(value, dict) and "openapi" in value:
        value.get("info", {}).pop("version", None)
        schemas = value.get("components", {}).pop("schemas", {})
        return {"schema names": sorted(schemas), **_resolved(value, schemas)}
    return value


def _resolved(value: Any, schemas: dict[str, Any]) -> Any:
    """An OpenAPI document in which each reference is replaced by its schema, so that names do not matter."""
    if isinstance(value, list):
        return [_resolved(each, schemas) for each in value]
    if not isinstance(value, dict):
        return value
    name = str(value.get("$ref", "")).removeprefix("#/components/schemas/")
    if name in schemas:
        value = schemas[name] | {key: each for key, each in value.items() if key != "$ref"}
    return {key: _resolved(each, schemas) for key, each in value.items()}


def _tensors(content: bytes) -> dict[str, Any]:
    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length]).get("__metadata__", {})
    tensors = dict(safetensors.numpy.load(content))
    return {"metadata": {name: _text_or_json(text) for name, text in metadata.items()}, "tensors": tensors}


def _text_or_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _archive(content: bytes) -> dict[str, Any]:
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays: dict[str, Any] = {name: archive[name] for name in archive.files}
    for name in ("day", "img_day"):
        if name in arrays:
            arrays[name] = arrays[name].shape
    if "meta" in arrays:  # its values contain prose and the version, so only its keys are compared
        arrays["meta"] = sorted(json.loads(str(arrays["meta"])))
    return arrays


def _metrics(text: str) -> list[str]:
    """The names of the metrics and of their labels, without values, sorted."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    names = {re.sub(r'="(\\.|[^"\\])*"', "", line.rpartition(" ")[0]) for line in lines}
    return sorted(names)


class _Reader(HTMLParser):
    """Parses a page. `words` has the visible text of each block and the prose in attributes; `values` has other
    attributes, such as links, roles and ids."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.values: list[str] = []
        self._text = ""
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.end_block()
        if tag in _SILENT:
            self._silent += 1
            return
        if tag == "link":  # not compared, because style sheets and modules may have other addresses
            return
        for name, value in attrs:
            if name in _WORDS:
                self.words.append(f"[{name}] {_DAY.sub('<day>', value or '')}")
            elif name in _VALUES or name == "id" or name.startswith(_DATA):
                # If the value of a data attribute contains a space, it is text for the reader.
                where = self.words if name.startswith(_DATA) and " " in (value or "") else self.values
                where.append(f"{tag} {name}={_DAY.sub('<day>', value or '')}")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.end_block()
        if tag in _SILENT:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._text += data

    def end_block(self) -> None:
        """Append the text since the last block to `words`."""
        if text := " ".join(self._text.split()):
            self.words.append(_DAY.sub("<day>", text))
        self._text = ""


def _page(text: str) -> dict[str, Any]:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    reader.end_block()
    return {"page text": reader.words, "elements": reader.values}
