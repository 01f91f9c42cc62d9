"""The files below /static and bundles of them, at addresses that contain a hash of their contents.

A page names its files by `/static/v-<hash>/…`. Browsers cache the response for a year without revalidating it; a page
of another version names another hash. The same addresses without `v-<hash>/` work too, but browsers revalidate them
each time. `bundles/` before the path of a module or a style sheet stands for the file with all its imports.
"""

import gzip
import mimetypes
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.http.assets import bundles
from app.http.conditional import IMMUTABLE, conditional_response
from app.settings import STATIC

# The system's table of types is not used, because on some systems it is incomplete or wrong.
_types = mimetypes.MimeTypes()
_types.add_type("text/javascript", ".js")  # Python 3.11 still has the old type
_COMPRESSED = ("text/", "application/json", "application/octet-stream", "image/svg+xml")
_BUNDLES = "bundles/"


@dataclass(frozen=True)
class Asset:
    """The bytes of a file, their type, their SHA-256, and, for types that gzip makes smaller, the compressed bytes."""

    content: bytes
    media_type: str
    sha256: str
    compressed: bytes | None


@cache
def _paths() -> frozenset[str]:
    """The paths of all files and bundles."""
    files = {file.relative_to(STATIC).as_posix() for file in STATIC.rglob("*") if file.is_file()}
    entries = [*STATIC.glob("js/*.js"), *STATIC.glob("css/pages/*.css")]
    return frozenset(files | {_BUNDLES + entry.relative_to(STATIC).as_posix() for entry in entries})


@cache
def _asset(path: str) -> Asset:
    """The file or the bundle at one of `_paths()`. It is read once."""
    file = STATIC / path.removeprefix(_BUNDLES)
    if file == STATIC / path:
        content = file.read_bytes()
    elif file.suffix == ".js":
        content = bundles.bundle_modules(file).encode()
    else:
        content = bundles.bundle_sheets(file, path).encode()
    media_type = _types.guess_type(file.name)[0] or "application/octet-stream"
    compressed = gzip.compress(content, mtime=0) if media_type.startswith(_COMPRESSED) else None
    return Asset(content, media_type, sha256(content).hexdigest(), compressed)


@cache
def version() -> str:
    """The first part of the addresses in pages: `v-` and 12 hexadecimal digits, which change if any content changes."""
    total = sha256(Path(bundles.__file__).read_bytes())
    for path in sorted(_paths()):
        if not path.startswith(_BUNDLES):
            total.update(f"{path}\0{sha256((STATIC / path).read_bytes()).hexdigest()}\n".encode())
    return f"v-{total.hexdigest()[:12]}"


class Assets(StaticFiles):
    """The ASGI application for /static. Range is ignored, as HTTP allows, because all files are small."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 304 if the client has its current content."""
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        first, _, rest = path.replace("\\", "/").partition("/")
        # The version in an older page is accepted, because that page may still be open, but browsers must revalidate
        # it.
        path = rest if first.startswith("v-") else path
        if path not in _paths():
            raise HTTPException(404)
        asset = _asset(path)
        headers = {"Cache-Control": IMMUTABLE if first == version() else "no-cache", "Accept-Ranges": "none"}
        return conditional_response(
            Request(scope),
            asset.content,
            asset.media_type,
            sha256=asset.sha256,
            compressed=asset.compressed,
            headers=headers,
        )
