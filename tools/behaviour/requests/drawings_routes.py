"""Requests to /predict and /feature-maps: every input format, every option, and every error of body and query."""

from collections.abc import Iterator, Mapping

from tools.behaviour.requests.calls import FORM, JSON, SAFETENSORS, Call, as_base64, as_json, form, post, post_json
from tools.behaviour.requests.drawings import IMAGES, PIXELS, SEVEN, SEVEN_BODY, STROKES

MAPS = "/feature-maps"
MODES = ("mnist", "resize", "none", "uncentred", "own_pen")
LAYERS = (
    "input", "conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "flatten", "dense1",
    "relu3", "logits", "probabilities",
)  # fmt: skip
BINARY = ("Accept", SAFETENSORS)
_PNG = IMAGES["light on dark"][1]


def ways_in() -> Iterator[Call]:
    """Requests with drawings in every input format: strokes, pixels, image files, base64 and forms."""
    for name, body in STROKES.items():
        yield post_json(f"strokes: {name}", "/predict", body)
        yield post_json(f"strokes, stages: {name}", f"{MAPS}?layers=input,logits&stages=true", body)
    for name, pixels in PIXELS.items():
        yield post_json(f"pixels: {name}", "/predict", {"pixels": pixels})
    for name, (kind, content) in IMAGES.items():
        yield post(f"image: {name}", "/predict", f"image/{kind}", content)
    for name in ("28×28", "dark on light", "palette", "grey paper", "large", "JPEG turned by EXIF 6", "WebP", "1×1"):
        kind, content = IMAGES[name]
        target = f"{MAPS}?layers=input&stages=1"
        yield post(f"image, stages: {name}", target, f"image/{kind}", content, BINARY)
        encoded = as_base64(content)
        if len(encoded) < 1_000_000:
            yield post_json(f"base64: {name}", "/predict", {"image": encoded})
            yield post_json(f"data URL: {name}", "/predict", {"image": f"data:image/{kind};base64,{encoded}"})
        yield post(f"form: {name}", "/predict", FORM, form(("file", content, "digit")))
    yield post("form with another field", "/predict", FORM, form(("note", b"mine", None), ("file", _PNG, "a.png")))
    yield post("form, feature maps", f"{MAPS}?layers=logits", FORM, form(("file", _PNG, "a.png")))
    yield post("form without a file name", "/predict", FORM, form(("file", _PNG, None)))
    yield post("content type with a parameter", "/predict", "application/json; charset=utf-8", as_json(SEVEN_BODY))
    yield post("content type in capitals", "/predict", "Application/JSON", as_json(SEVEN_BODY))
    yield post("image type with a parameter", "/predict", "image/png; q=1", _PNG)
    yield post("JSON with spaces", "/predict", JSON, b' \n{ "strokes" : [ [ [30,40], [110 , 40] , [60,150] ] ] } \n')
    yield post("JSON with escapes", "/predict", JSON, b'{"\\u0073trokes": [[[30,40],[110,40],[60,150]]]}')
    yield post("JSON with a key twice", "/predict", JSON, b'{"strokes":[[[1,2]]],"strokes":[[[30,40],[60,150]]]}')
    yield post("JSON after a byte order mark", "/predict", JSON, b"\xef\xbb\xbf" + as_json(SEVEN_BODY))
    yield post("JSON of 1 MiB less a byte", "/predict", JSON, as_json(SEVEN_BODY).ljust(2**20 - 1))
    yield post("JSON of 1 MiB", "/predict", JSON, as_json(SEVEN_BODY).ljust(2**20))


def options() -> Iterator[Call]:
    """Requests with each query parameter and with different Accept headers."""
    drawings: Mapping[str, object] = {
        "corner": STROKES["small in the corner"],
        "seven": SEVEN_BODY,
        "thick": STROKES["thick ring"],
        "28×28": {"pixels": PIXELS["28×28 moved"]},
    }
    for mode in MODES:
        for name, body in drawings.items():
            target = f"{MAPS}?prepare={mode}&stages=true&layers=input,probabilities"
            yield post_json(f"prepare={mode}: {name}", target, body)
        yield post_json(f"prepare={mode}: predict", f"/predict?prepare={mode}", SEVEN_BODY)
        yield post(f"prepare={mode}: image", f"/predict?prepare={mode}", "image/png", IMAGES["grey paper"][1])
        yield post(f"prepare={mode}: 28×28 image", f"/predict?prepare={mode}", "image/png", IMAGES["28×28"][1])
    for dtype in ("float32", "float16", "uint8"):
        for stages in ("false", "true"):
            yield post_json(f"dtype={dtype}, {stages}", f"{MAPS}?dtype={dtype}&stages={stages}", SEVEN_BODY, BINARY)
        yield post_json(f"dtype={dtype}: blank", f"{MAPS}?dtype={dtype}", {"pixels": [[0]]}, BINARY)
        page = f"{MAPS}?dtype={dtype}&layers=conv1,pool1,conv2,pool2,dense1"
        yield post_json(f"dtype={dtype}: the page's layers", page, STROKES["two"], BINARY)
        yield post_json(f"dtype={dtype}: image", f"{MAPS}?dtype={dtype}", {"pixels": PIXELS["28×28"]}, BINARY)
        yield post_json(f"dtype={dtype}: JSON all the same", f"{MAPS}?dtype={dtype}&layers=pool2", SEVEN_BODY)
    for layer in LAYERS:
        yield post_json(f"layers={layer}", f"{MAPS}?layers={layer}", SEVEN_BODY)
    for layers in ("pool2,conv1,pool2", ",".join(reversed(LAYERS)), "logits,probabilities", "conv1%2Cpool1"):
        yield post_json(f"layers={layers}", f"{MAPS}?layers={layers}", SEVEN_BODY)
    yield post_json("all layers", MAPS, SEVEN_BODY)
    yield post_json("all layers, blank", MAPS, {"pixels": [[0]]})
    yield post_json("all layers, stages", f"{MAPS}?stages=true", STROKES["two"])
    for value in ("1", "0", "TRUE", "False", "yes", "", "maybe", "2"):
        yield post_json(f"stages={value}", f"{MAPS}?stages={value}&layers=logits", SEVEN_BODY)
    for value in ("true", "false", "maybe"):
        yield post_json(f"calibrated={value}: predict", f"/predict?calibrated={value}", STROKES["two"])
        yield post_json(f"calibrated={value}", f"{MAPS}?calibrated={value}&layers=logits,probabilities", STROKES["two"])
    yield post_json("a parameter that does not exist", "/predict?colour=red&prepare=mnist", SEVEN_BODY)
    yield post_json(
        "parameters of feature maps for predict", "/predict?layers=conv1&dtype=uint8&stages=true", SEVEN_BODY
    )
    yield post_json("a question mark alone", "/predict?", SEVEN_BODY)
    yield post_json("plus and percent", f"{MAPS}?layers=logits&pre%70are=re%73ize", SEVEN_BODY)
    for number, accept in enumerate(_ACCEPTS):
        headers = [("Accept", each) for each in accept.split(" | ") if each]
        yield post_json(f"accept {number}: {accept}", f"{MAPS}?layers=logits", SEVEN_BODY, *headers)
    yield post_json("predict accepts nothing that it has", "/predict", SEVEN_BODY, ("Accept", "text/html"))


_ACCEPTS = (
    "",
    "*/*",
    "application/json",
    SAFETENSORS,
    "Application/Vnd.Safetensors",
    "application/*;q=0.5",
    "text/html, application/json;q=0.1",
    f"application/json;q=0.5, {SAFETENSORS}",
    f"{SAFETENSORS};q=0, */*",
    f"{SAFETENSORS};q=0.1, application/json;q=0.9",
    f"{SAFETENSORS};q=0.9, application/json;q=0.9",
    f"{SAFETENSORS};q=0.5, */*",
    f"{SAFETENSORS};q=high",
    f"{SAFETENSORS} ; Q=0.2 , application/json ; q=0.1",
    f"text/html | {SAFETENSORS}",
    "text/html",
    "application/json;q=0",
    "*/*;q=0",
    f"{SAFETENSORS};q=0",
    "application/vnd.api+json",
    ",",
)

_WRONG_QUERIES = (
    "layers=conv9", "layers=", "layers=conv1,", "layers=Conv1", "layers=conv1,%20pool1", "dtype=float64", "dtype=",
    "prepare=blur", "prepare=", "prepare=MNIST", "layers=%ff", "layers=conv1&layers=pool1", "dtype=uint8&dtype=float32",
    "prepare=mnist&prepare=mnist", "stages=true&stages=true", "&".join(f"a{i}=1" for i in range(40)),
)  # fmt: skip


def wrong_queries() -> Iterator[Call]:
    """Requests with queries that the service refuses."""
    for query in _WRONG_QUERIES:
        yield post_json(f"query: {query[:40]}", f"{MAPS}?{query}", SEVEN_BODY)
        if "prepare" in query:
            yield post_json(f"query of predict: {query[:40]}", f"/predict?{query}", SEVEN_BODY)
    yield post_json("wrong query and wrong body", f"{MAPS}?layers=conv9", {"strokes": []})
    yield post_json("wrong query and wrong Accept", f"{MAPS}?layers=conv9", SEVEN_BODY, ("Accept", "text/html"))
    yield post_json("none: wrong size", "/predict?prepare=none", {"pixels": [[1, 2], [3, 4]]})
    yield post("none: wrong size of an image", "/predict?prepare=none", "image/png", _PNG)


_TINY = as_base64(IMAGES["28×28"][1])
_WRONG_JSON: Mapping[str, bytes] = {
    "empty": b"",
    "spaces": b"   ",
    "no JSON": b"{strokes",
    "cut off": b'{"strokes": [[[1, 2]',
    "nested without end": b"[" * 100_000,
    "nested deeply in a field": b'{"strokes": ' + b"[" * 900 + b"1" + b"]" * 900 + b"}",
    "no UTF-8": b'{"image": "\xff\xfe"}',
    "a lone surrogate": b'{"image": "\\ud800"}',
    "UTF-16": as_json(SEVEN_BODY).decode().encode("utf-16"),
    "a trailing comma": b'{"strokes": [[[1, 2],]]}',
    "a comment": b'{"strokes": [[[1, 2]]]} // mine',
    "two values": b'{"strokes": [[[1, 2]]]} {}',
    "NaN": b'{"strokes": [[[NaN, 1]]]}',
    "infinity": b'{"strokes": [[[1, 2], [Infinity, 1]]]}',
    "minus infinity": b'{"strokes": [[[1, -Infinity]]]}',
    "1e999": b'{"strokes": [[[1, 1e999]]]}',
    "a number of 5,000 digits": b'{"strokes": [[[' + b"9" * 5000 + b", 1]]]}",
    "a pen of NaN": b'{"strokes": [[[1, 2]]], "pen": NaN}',
    "a level of NaN": b'{"pixels": [[NaN]]}',
    "over 1 MiB": as_json(SEVEN_BODY).ljust(2**20 + 1),
    "a list": b"[1, 2]",
    "null": b"null",
    "true": b"true",
    "a number": b"7",
    "a text": b'"seven"',
}
_WRONG_VALUES: Mapping[str, object] = {
    "nothing in it": {},
    "all null": {"strokes": None, "image": None, "pixels": None},
    "two inputs": {"strokes": [[[1, 2]]], "pixels": [[1]]},
    "two wrong inputs": {"strokes": [], "pixels": "x"},
    "three inputs": {"strokes": [[[1, 2]]], "pixels": [[1]], "image": _TINY},
    "an unknown field": {"strokes": SEVEN, "colour": "red"},
    "two unknown fields": {"strokes": SEVEN, "colour": "red", "a\nb": 1},
    "no strokes": {"strokes": []},
    "an empty stroke": {"strokes": [[[1, 2]], []]},
    "a point of one number": {"strokes": [[[1]]]},
    "a point of no number": {"strokes": [[[]]]},
    "a point of three numbers": {"strokes": [[[1, 2, 3]]]},
    "a number for a point": {"strokes": [[1, 2]]},
    "an object for a point": {"strokes": [[{"x": 1, "y": 2}]]},
    "text for a number": {"strokes": [[["1", "2"]]]},
    "true for a number": {"strokes": [[[True, 2]]]},
    "null for a number": {"strokes": [[[None, 2]]]},
    "a null stroke": {"strokes": [None]},
    "text for strokes": {"strokes": "many"},
    "an object for strokes": {"strokes": {}},
    "many wrong numbers": {"strokes": [[["a", "b"], ["c", "d"], ["e", "f"]]]},
    "1e308": {"strokes": [[[1e308, -1e308], [0, 0]]]},
    "a little too far": {"strokes": [[[1_000_000.5, 0]]]},
    "as far as may be": {"strokes": [[[1_000_000, 0], [-1_000_000, 0]]]},
    "a negative pen": {"strokes": SEVEN, "pen": -1},
    "a pen of 0": {"strokes": SEVEN, "pen": 0},
    "a pen of text": {"strokes": SEVEN, "pen": "12"},
    "a pen of true": {"strokes": SEVEN, "pen": True},
    "a list for a pen": {"strokes": SEVEN, "pen": [12]},
    "a huge pen": {"strokes": SEVEN, "pen": 1e7},
    "a pen with pixels": {"pixels": [[1]], "pen": 2},
    "a canvas with an image": {"image": _TINY, "canvas": [28, 28]},
    "a canvas of 0": {"strokes": SEVEN, "canvas": [0, 0]},
    "a canvas of one number": {"strokes": SEVEN, "canvas": [280]},
    "a canvas of three": {"strokes": SEVEN, "canvas": [280, 280, 1]},
    "a canvas of text": {"strokes": SEVEN, "canvas": "280x280"},
    "20,001 points": {"strokes": [[[1, 2]] * 20_001]},
    "1,001 strokes": {"strokes": [[[1, 2]]] * 1001},
    "ragged rows": {"pixels": [[1, 2, 3], [1, 2]]},
    "no rows": {"pixels": []},
    "empty rows": {"pixels": [[], []]},
    "1 by 4,097": {"pixels": [[1] * 4097]},
    "4,097 by 1": {"pixels": [[1]] * 4097},
    "a negative level": {"pixels": [[-1]]},
    "a level of 256": {"pixels": [[256]]},
    "a level of true": {"pixels": [[True]]},
    "a level of text": {"pixels": [["255"]]},
    "a flat list of pixels": {"pixels": [0] * 784},
    "pixels with colours": {"pixels": [[[0, 0, 0]]]},
    "no base64": {"image": "!!!"},
    "base64 with spaces": {"image": "aGVs bG8="},
    "base64 of words": {"image": as_base64(b"hello")},
    "base64 cut off": {"image": _TINY[:-3]},
    "a data URL of text": {"image": "data:text/plain;base64,aGVsbG8="},
    "a data URL without base64": {"image": "data:image/png,hello"},
    "an empty image": {"image": ""},
    "a number for an image": {"image": 7},
}
_WRONG_BODIES: Mapping[str, tuple[str | None, bytes]] = {
    "no content type": (None, as_json(SEVEN_BODY)),
    "an empty content type": ("", as_json(SEVEN_BODY)),
    "text": ("text/plain", b"seven"),
    "JSON as text": ("text/plain", as_json(SEVEN_BODY)),
    "JSON of another kind": ("application/vnd.api+json", as_json(SEVEN_BODY)),
    "form fields": ("application/x-www-form-urlencoded", b"a=1"),
    "GIF": ("image/gif", IMAGES["GIF that says PNG"][1]),
    "SVG": ("image/svg+xml", b"<svg/>"),
    "octets": ("application/octet-stream", _PNG),
    "JSON that says PNG": ("image/png", as_json(SEVEN_BODY)),
    "PNG that says JSON": (JSON, _PNG),
    "form without a boundary": ("multipart/form-data", b"--x--\r\n"),
    "form of another boundary": ("multipart/form-data; boundary=y", form(("file", _PNG, "a.png"))),
    "form without a file": (FORM, form()),
    "form with another name": (FORM, form(("picture", _PNG, "a.png"))),
    "form with three files": (FORM, form(*[("file", _PNG, "a.png")] * 3)),
    "form with a thousand fields": (FORM, form(*[("a", b"q", None)] * 1000)),
    "form with a file of words": (FORM, form(("file", b"hello", "a.png"))),
    "form with an empty file": (FORM, form(("file", b"", "a.png"))),
    "form cut off": (FORM, form(("file", _PNG, "a.png"))[:200]),
    "form that is empty": (FORM, b""),
    "image over 1 MiB": ("image/png", bytes(2**20 + 1)),
    "form over 1 MiB": (FORM, form(("file", bytes(2**20), "a.png"))),
}


def wrong_bodies() -> Iterator[Call]:
    """Requests with bodies that the service refuses, and with a few bodies exactly at a limit."""
    for name, content in _WRONG_JSON.items():
        yield post(f"JSON: {name}", "/predict", JSON, content)
    for name, value in _WRONG_VALUES.items():
        yield post_json(f"values: {name}", "/predict", value)
    for name, (kind, body) in _WRONG_BODIES.items():
        yield post(f"body: {name}", "/predict", kind, body)
    for name in ("no JSON", "a list", "over 1 MiB"):
        yield post(f"feature maps, JSON: {name}", MAPS, JSON, _WRONG_JSON[name], BINARY)
    for name in ("two inputs", "ragged rows", "a pen of text", "no base64"):
        yield post_json(f"feature maps, values: {name}", MAPS, _WRONG_VALUES[name], BINARY)


def calls() -> Iterator[Call]:
    """All requests of this module."""
    yield from ways_in()
    yield from options()
    yield from wrong_queries()
    yield from wrong_bodies()
