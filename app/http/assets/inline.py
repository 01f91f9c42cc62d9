"""The scripts that are part of a page, because they run before its first paint and a request would delay it.

The Content-Security-Policy lists their hashes, so browsers run no other inline script.
"""

from base64 import b64encode
from functools import cache
from hashlib import sha256

from markupsafe import Markup

from app.settings import STATIC

SCRIPTS = ("before-paint", "opening-view")  # files in static/js


@cache
def inline_script(name: str) -> Markup:
    """The content of one of SCRIPTS, for a script element. Raises ValueError for another name."""
    if name not in SCRIPTS:
        raise ValueError(f"{name} is not one of {SCRIPTS}")
    # It needs no escaping, because it is a file of this program and has no end tag in it.
    return Markup((STATIC / f"js/{name}.js").read_text(encoding="utf-8"))  # noqa: S704


def inline_sources() -> str:
    """The sources of the scripts for the Content-Security-Policy: `'sha256-…' 'sha256-…'`."""
    hashes = (sha256(inline_script(name).encode()).digest() for name in SCRIPTS)
    return " ".join(f"'sha256-{b64encode(each).decode()}'" for each in hashes)
