"""The types of problems that the service reports. `/problems/<slug>` shows the explanation of each type."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.http.media_types import FORM, IMAGES, JSON, SAFETENSORS
from app.limits import BODY_SECONDS, LEARNING_RATES, MAX_ADDRESS, MAX_BODY, MAX_HEADER_FIELDS, MAX_HEADERS, MAX_STEPS
from model.layers import LAYER_NAMES, SIDE
from model.preprocess.decode import MAX_COSTLY, MAX_PIXELS, MAX_WEBP
from model.preprocess.pipeline import MAX_POINTS, MAX_SIDE, MAX_STROKES


def listed(words: Sequence[str], conjunction: str) -> str:
    """Words joined into a list, such as "a, b or c"; a single word as it is."""
    return f" {conjunction} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A type of error: its slug, HTTP status and title, and an explanation in one or two sentences."""

    slug: str
    status: int
    title: str
    meaning: str


_TYPES = (
    ProblemType(
        "unreadable-request",
        400,
        "The request is not valid HTTP",
        "The bytes that arrived are not an HTTP/1.1 request. The connection is closed.",
    ),
    ProblemType(
        "unreadable-body",
        400,
        "The body cannot be read",
        "The JSON, its UTF-8 encoding, the base64 or the multipart form is damaged, or the body ended early.",
    ),
    ProblemType(
        "unreadable-picture",
        400,
        "The image cannot be read",
        "The file is not a PNG, JPEG or WebP image, or it is incomplete or damaged. Save it as a PNG or JPEG, and "
        "send the whole file.",
    ),
    ProblemType(
        "unauthorised",
        401,
        "You may not do this here",
        "Only those who have the administrator's token may train, or upload, delete or switch weights.",
    ),
    ProblemType(
        "changes-disabled",
        403,
        "This server does not train",
        "Training is disabled on this server, and so is uploading, deleting and switching weights.",
    ),
    ProblemType(
        "not-collecting",
        403,
        "This server does not save corrections",
        "Saving corrections is disabled on this server. Nothing was stored.",
    ),
    ProblemType(
        "foreign-request",
        403,
        "The request comes from a page of another site",
        "Corrections, runs and weights can be changed from this service's own pages or by a program, but not from "
        "another site's page. The same holds for exporting corrections.",
    ),
    ProblemType(
        "not-an-upload",
        403,
        "Only uploads can be deleted here",
        "The weights that come with Inkling always stay. DELETE /runs/{id} deletes a training run with its weights.",
    ),
    ProblemType("not-found", 404, "Nothing was found here", "There is no page, file or API call at this address."),
    ProblemType(
        "unknown-weights",
        404,
        "There are no weights of this name",
        "GET /weights lists the names of the weights that this server has.",
    ),
    ProblemType(
        "unknown-run",
        404,
        "There is no run of this name",
        "GET /runs lists the training runs that this server has.",
    ),
    ProblemType(
        "method-not-allowed",
        405,
        "This address does not support this method",
        "The Allow header lists the methods that it supports.",
    ),
    ProblemType(
        "not-acceptable",
        406,
        "The response is not available in this format",
        f"Feature maps are available as {JSON} and {SAFETENSORS}. Name one of them in the Accept header.",
    ),
    ProblemType(
        "too-slow",
        408,
        "The body took too long to arrive",
        f"The whole body must arrive within {BODY_SECONDS:g} seconds after the request headers.",
    ),
    ProblemType(
        "run-in-progress",
        409,
        "Another run is training",
        "Only one run is trained at a time. Wait until it ends, or stop it.",
    ),
    ProblemType(
        "wrong-state",
        409,
        "The run cannot do this now",
        "Only a run that is training can be paused or stopped. A finished run cannot be continued. A run that is "
        "training cannot be deleted.",
    ),
    ProblemType(
        "weights-in-service",
        409,
        "These weights are in service",
        "The service answers with these weights, or with others of the same run. Put other weights into service first: "
        "on the page Training, or with DELETE /weights/served.",
    ),
    ProblemType(
        "body-too-large",
        413,
        "The request body is too large",
        f"A request body may have at most {MAX_BODY / 2**20:g} MiB ({MAX_BODY:,} bytes). Make a photo smaller: "
        "1,000 pixels a side are enough.",
    ),
    ProblemType(
        "picture-too-large",
        413,
        "The image has too many pixels",
        f"An image may have at most {MAX_PIXELS / 1e6:g} megapixels. A PNG in colour or a progressive JPEG "
        f"may have {MAX_COSTLY / 1e6:g}, and a WebP image {MAX_WEBP / 1e6:g}, because these need more memory. "
        "The size is checked before the image is decoded. Make the image smaller, or send it as a baseline JPEG.",
    ),
    ProblemType(
        "unsupported-type",
        415,
        "This type of body is not supported",
        f"Set the Content-Type header to {listed((JSON, *IMAGES), 'or')}, or send {FORM} with the field file. The body "
        "must not be compressed.",
    ),
    ProblemType(
        "unknown-host",
        421,
        "The service does not know this host name",
        "Corrections, training and weights can be used under localhost, an IP address, and the names that the server "
        "operator lists in INKLING_HOSTS. Another name could belong to somebody who wants to read or change them.",
    ),
    ProblemType(
        "invalid-drawing",
        422,
        "The drawing has a wrong shape or value",
        "A number is infinite, not a number or out of range, rows differ in length, a list is empty, or a field is "
        "unknown or has the wrong type.",
    ),
    ProblemType(
        "one-input",
        422,
        "Send exactly one drawing",
        "The body must contain exactly one of the fields strokes, image and pixels. A form must contain exactly one "
        "file.",
    ),
    ProblemType(
        "too-many-points",
        422,
        "The drawing has too many points",
        f"A drawing may have at most {MAX_POINTS:,} points in at most {MAX_STROKES:,} strokes.",
    ),
    ProblemType(
        "wrong-size",
        422,
        "The image has the wrong size",
        f"With prepare=none, the image must be {SIDE}×{SIDE} pixels. With other modes, the field pixels may have at "
        f"most {MAX_SIDE:,} rows of at most {MAX_SIDE:,} numbers.",
    ),
    ProblemType("animated-picture", 422, "The image is animated", "Send an image with a single frame."),
    ProblemType(
        "invalid-correction",
        422,
        "The correction has a wrong shape or value",
        "A field is missing, unknown or of the wrong type, a number is out of range, or rows differ in length.",
    ),
    ProblemType(
        "invalid-step",
        422,
        "These training steps cannot be computed",
        f"learning_rate must be a number from {LEARNING_RATES[0]:f} to {LEARNING_RATES[1]:g}, steps must be a whole "
        f"number from 1 to {MAX_STEPS}, and optimiser must be sgd or adam. Other fields are not allowed.",
    ),
    ProblemType(
        "invalid-run",
        422,
        "The settings of the run are not valid",
        "GET /runs/defaults lists the recipes, and the smallest and the largest value of each setting.",
    ),
    ProblemType(
        "invalid-command",
        422,
        "The command to the run is not valid",
        "unit must be batch or epoch; seconds_per_batch must be a number from 0 to 60. Other fields are not allowed.",
    ),
    ProblemType(
        "invalid-weights-name",
        422,
        "The name of the weights is not valid",
        "Send a JSON object with the field name. GET /weights lists the names.",
    ),
    ProblemType(
        "unusable-weights",
        422,
        "The weights cannot be used",
        "The file must contain the weights of the lesson's convolutional network: a state dict with the lesson's names "
        "and shapes, saved by PyTorch or as safetensors.",
    ),
    ProblemType(
        "invalid-edit",
        422,
        "These edits of the weights are not possible",
        "The network has no such layer, map, unit or connection, or the operation does not fit it. /docs lists the "
        "operations of POST /lab/accuracy.",
    ),
    ProblemType(
        "diverged",
        422,
        "The learning rate is too large",
        "The numbers became infinite, and the training ended: each step was too large, and the next one was even "
        "larger. Choose a smaller learning rate, or fewer steps.",
    ),
    ProblemType(
        "unknown-layer",
        422,
        "There is no such layer",
        f"The layers are {listed(LAYER_NAMES, 'and')}. Separate names with commas, without spaces.",
    ),
    ProblemType(
        "invalid-parameter",
        422,
        "A query parameter has an invalid value",
        "A parameter in the address, after the question mark, has a value that is not possible, or is given more than "
        "once. /docs lists the parameters of each call with their values.",
    ),
    ProblemType(
        "headers-too-large",
        431,
        "The request headers are too large",
        f"The request line and the headers may have at most {MAX_HEADERS // 1024} KiB together, the address "
        f"{MAX_ADDRESS // 1024} KiB. There may be at most {MAX_HEADER_FIELDS} headers.",
    ),
    ProblemType(
        "internal-error",
        500,
        "Something went wrong on our side",
        "The service ran into an unexpected error and wrote it to its log. You did nothing wrong.",
    ),
    ProblemType(
        "training-unavailable",
        501,
        "This server cannot train",
        "PyTorch is not installed on this server. Without it, you can still look at the shipped run `lesson`.",
    ),
    ProblemType(
        "not-ready",
        503,
        "The service is still starting",
        "The network has not made its first prediction yet. Try again in a moment.",
    ),
    ProblemType(
        "overloaded",
        503,
        "The service is busy",
        "Too many requests are waiting. Wait for the time in the Retry-After header, then try again.",
    ),
    ProblemType(
        "corrections-unavailable",
        503,
        "The saved corrections cannot be reached",
        "Their file is damaged or cannot be written to; the service's log has the details. Predictions still work.",
    ),
    ProblemType(
        "storage-unavailable",
        507,
        "Nothing can be stored",
        "The server's folder of training runs cannot be written to, or its disk is full.",
    ),
    ProblemType(
        "corrections-full",
        507,
        "No more corrections can be saved",
        "The server's limit for saved corrections is reached, or its disk is full. Nothing was stored or deleted.",
    ),
)
PROBLEMS: Mapping[str, ProblemType] = {problem.slug: problem for problem in _TYPES}
