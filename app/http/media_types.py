"""The media types that requests and responses use, and the number formats of safetensors responses."""

from typing import Literal

from model.preprocess.decode import FORMATS

JSON = "application/json"
PROBLEM = "application/problem+json"
SAFETENSORS = "application/vnd.safetensors"
OCTETS = "application/octet-stream"
IMAGES = tuple(f"image/{name.lower()}" for name in FORMATS)
FORM = "multipart/form-data"
ALIASES = {"image/jpg": "image/jpeg"}  # not registered, but many programs send it

HTML = "text/html"

DType = Literal["float32", "float16", "uint8"]


def prefers_html(accept: str) -> bool:
    """Whether an Accept header prefers HTML to JSON, or accepts both equally. Browsers send such a header for pages.

    A header that accepts everything (`*/*`) does not name HTML.
    """
    qualities: dict[str, float] = {}
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        try:
            qualities[name] = float(quality)
        except ValueError:
            qualities[name] = 0.0
    return qualities.get(HTML, 0.0) > 0 and qualities[HTML] >= max(qualities.get(name, 0.0) for name in (JSON, PROBLEM))
