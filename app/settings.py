"""Folders, and the settings that a server operator can set as environment variables.

`inkling serve` sets the variables from its options, so that every worker process reads the same settings.
"""

import os
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyNetwork, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.limits import MAX_WORKERS
from model.checkpoint import SHIPPED, find
from model.inference.engines import EngineName

ROOT = Path(__file__).resolve().parent.parent  # the folder with the packages `app` and `model`


def _folder(name: str) -> Path:
    """The path of a folder: beside `app` in a checkout, inside `app` in an installed wheel (see pyproject.toml)."""
    inside = ROOT / "app" / name
    return inside if inside.is_dir() else ROOT / name


STATIC = _folder("static")
TEMPLATES = _folder("templates")
EXAMPLES = _folder("examples")

ENGINES = get_args(EngineName)
_OTHER_VARIABLES = {"INKLING_DATA", "INKLING_IMAGE"}  # read elsewhere: the folder of MNIST, the name of a Docker image


def _flag(value: object) -> object:
    # pydantic would also accept "yes", "on" and more. Here only 0 and 1 are allowed, so that a mistyped value does
    # not enable the saving of drawings.
    if isinstance(value, bool):
        return value
    if value not in ("0", "1"):
        raise ValueError
    return value == "1"


def _host(name: str) -> str:
    # Requests are compared with these names without scheme and port. A URL would never match.
    try:
        ip_address(name)  # IPv6 has colons
    except ValueError:
        if re.search(r"[/:*@\s\[\]]", name):
            raise
    return name


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _token(value: SecretStr | None) -> SecretStr | None:
    # HTTP clients can send only these characters in a header.
    if value is not None and not re.fullmatch("[ -~]{8,}", value.get_secret_value()):
        raise ValueError
    return value


def _database(value: SecretStr | None) -> SecretStr | None:
    if value is not None and not value.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError
    return value


# The first parts of the service's own addresses. A root path that is one of them would hide a page of the service.
OWN_ADDRESSES = frozenset((
    "corrections", "corrections.npz", "docs", "favicon.ico", "feature-maps", "glossary", "lab", "lesson", "livez",
    "metrics", "model", "openapi.json", "predict", "problems", "readyz", "runs", "static", "training", "weights",
))  # fmt: skip


def _root_path(path: str) -> str:
    path = path.rstrip("/")
    if path.removeprefix("/") in OWN_ADDRESSES:
        raise ValueError
    return path


_ORIGIN = r"^https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]+)?$"


def _names(value: object) -> object:
    return (
        tuple(name for part in value.lower().split(",") if (name := part.strip())) if isinstance(value, str) else value
    )


class Settings(BaseSettings):
    """The settings. Each field is the environment variable INKLING_<FIELD>; an empty variable counts as not set.

    If a value is wrong, the error message ends with "it must be " and the description of the field.
    """

    model_config = SettingsConfigDict(env_prefix="INKLING_", env_ignore_empty=True, frozen=True)

    weights: Annotated[
        Path, AfterValidator(find), Field(description="a file of weights, or the name of shipped weights")
    ] = SHIPPED
    engine: Annotated[EngineName, Field(description=f"{', '.join(ENGINES[:-1])} or {ENGINES[-1]}")] = "auto"
    workers: Annotated[int, Field(ge=1, le=MAX_WORKERS, description=f"a whole number from 1 to {MAX_WORKERS}")] = (
        1  # number of processes
    )
    root_path: Annotated[
        str,
        AfterValidator(_root_path),
        Field(
            pattern=r"^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?$",
            description="a path that begins with a slash, such as /inkling, and is not one of the service's own",
        ),
    ] = ""  # the path below which a proxy publishes the service
    # The proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted. These headers name the client and the
    # scheme of a request.
    trusted_proxies: Annotated[
        tuple[IPvAnyNetwork, ...],
        NoDecode,
        BeforeValidator(_names),
        Field(description="IP addresses or networks, such as 10.0.0.0/8, separated by commas"),
    ] = ()
    collect: Annotated[bool, BeforeValidator(_flag), Field(description="1, to save corrections, or 0")] = False
    collect_file: Annotated[Path, Field(description="the SQLite file for corrections")] = Path("corrections.sqlite")
    collect_database: Annotated[
        SecretStr | None,
        AfterValidator(_database),
        Field(description="a URL such as postgresql://user:password@host/inkling"),
    ] = None  # PostgreSQL instead of the file, for services on several machines
    hosts: Annotated[
        tuple[Annotated[str, AfterValidator(_host)], ...],
        NoDecode,
        BeforeValidator(_names),
        Field(description="host names without scheme and port, such as inkling.school.example, separated by commas"),
    ] = ()  # under which saved corrections may be read and changed
    allowed_origins: Annotated[
        tuple[Annotated[str, Field(pattern=_ORIGIN)], ...],
        NoDecode,
        BeforeValidator(_names),
        Field(description="origins, such as https://school.example, separated by commas"),
    ] = ()  # origins of pages whose scripts may call the API (CORS), but never the corrections
    frame_ancestors: Annotated[
        tuple[Annotated[str, Field(pattern=_ORIGIN)], ...],
        NoDecode,
        BeforeValidator(_names),
        Field(description="origins, such as https://school.example, separated by commas"),
    ] = ()  # origins of pages that may show the service's pages in frames
    runs: Annotated[Path, Field(description="the folder of training runs and uploaded weights")] = Path("runs")
    training: Annotated[
        bool,
        BeforeValidator(_flag),
        Field(description="1, to let users train and change weights as far as they are allowed to, or 0"),
    ] = True
    # If it is set, every request that trains, or uploads, deletes or switches weights, needs it. If it is not set, such
    # requests are allowed only if the service listens on a loopback address and has no proxy. Files with secrets often
    # end with a line break, which does not belong to the token.
    admin_token: Annotated[
        SecretStr | None,
        BeforeValidator(_stripped),
        AfterValidator(_token),
        Field(description="a secret of at least 8 ASCII characters"),
    ] = None
    # A file with the name of the weights in service. `inkling serve` sets it if there are several workers.
    served: Path | None = None
    address: str = ""  # on which the service listens; `inkling serve` sets it
    collect_most: Annotated[int, Field(ge=1, lt=10**9, description="a whole number, 1 or more")] = 10_000

    @classmethod
    def from_environment(cls, **given: Any) -> "Settings":
        """Read the settings from the environment, except those that are given.

        Raises ValueError with a sentence about the first wrong value.
        """
        try:
            return cls(**given)
        except ValidationError as error:
            wrong = error.errors(include_url=False)[0]
            field = str(wrong["loc"][0])
            variable = f"INKLING_{field.upper()}"
            if cls.model_fields[field].annotation == SecretStr | None:
                raise ValueError(f"{variable} must be {cls.model_fields[field].description}.") from None
            raise ValueError(
                f"{variable} is {wrong['input']!r}; it must be {cls.model_fields[field].description}."
            ) from None

    @classmethod
    def unknown_variables(cls) -> list[str]:
        """The variables in the environment that look like settings but are none, for example misspelt ones."""
        known = {f"INKLING_{name.upper()}" for name in cls.model_fields} | _OTHER_VARIABLES
        return sorted(name for name in os.environ if name.startswith("INKLING_") and name not in known)

    def for_cluster(self) -> "Settings":
        """These settings without runs, uploads and the SQLite file of corrections, which belong to one machine.

        In a cluster, the next request may reach another machine. Corrections can be saved in a database.
        """
        collect = self.collect and self.collect_database is not None
        return self.model_copy(update={"training": False, "collect": collect})
