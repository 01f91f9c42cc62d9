"""Rendering the HTML templates."""

from fastapi import Request, Response
from fastapi.templating import Jinja2Templates

from app import __version__
from app.http.assets.compression import compress
from app.http.assets.files import version
from app.http.assets.inline import inline_script
from app.http.middleware import root_path
from app.settings import TEMPLATES

# No page needs any of these, so no script may ask for them, not even in a frame.
PERMISSIONS_POLICY = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), serial=(), usb=()"
_templates = Jinja2Templates(directory=TEMPLATES)
_templates.env.globals["inline_script"] = inline_script


def static_path(request: Request) -> str:
    """The beginning of the addresses of files, without a slash at its end."""
    return f"{root_path(request)}/static/{version()}"


def page(request: Request, name: str, status: int = 200, **context: object) -> Response:
    """A response with a page, rendered from the template `name` with the variables in `context`.

    The variable `root` is the service's root path, with which the addresses of the page begin; `static` is the
    beginning of its files' addresses.
    """
    headers = {"Cache-Control": "no-cache", "Permissions-Policy": PERMISSIONS_POLICY}
    variables = {"version": __version__, "root": root_path(request), "static": static_path(request), **context}
    return compress(request, _templates.TemplateResponse(request, name, variables, status, headers))
