"""Rendering the HTML templates."""

from fastapi import Request, Response
from fastapi.templating import Jinja2Templates

from app import __version__
from app.settings import TEMPLATES

# No page needs any of these, so no script may ask for them, not even in a frame.
PERMISSIONS_POLICY = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), serial=(), usb=()"
_templates = Jinja2Templates(directory=TEMPLATES)


def page(request: Request, name: str, status: int = 200, **context: object) -> Response:
    """A response with a page, rendered from the template `name` with the variables in `context`."""
    headers = {"Cache-Control": "no-cache", "Permissions-Policy": PERMISSIONS_POLICY}
    return _templates.TemplateResponse(request, name, {"version": __version__, **context}, status, headers)
