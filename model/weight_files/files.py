"""Reads files of weights from paths: checks size and type before reading, and passes old formats to PyTorch."""

import stat
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from model.weight_files.decode import MAX_BYTES, PYTORCH, SAFETENSORS, Decoded, decode
from model.weight_files.errors import OldFormatError, WeightFileError
from model.weight_files.refusals import DAMAGED, TOO_MUCH, reason_to_refuse

_USUAL_SUFFIXES = {".safetensors": SAFETENSORS, ".pth": PYTORCH, ".pt": PYTORCH}
_CONVERT_SECONDS = 120.0
_REFUSED = 3  # exit status of the conversion for a file with more than tensors
# weights_only: an ordinary pickle can run any code; with this option, torch reads only tensors and plain data.
_CONVERT = f"""
import io, pickle, sys, torch
try:
    state = torch.load(io.BytesIO(sys.stdin.buffer.read()), map_location="cpu", weights_only=True)
except pickle.UnpicklingError:
    sys.exit({_REFUSED})
file = io.BytesIO()
torch.save(state, file)
sys.stdout.buffer.write(file.getvalue())
"""


def decode_file(path: Path) -> Decoded:
    """Read and decode a file of weights. The file is read once. Raises WeightFileError if it cannot be used."""
    content = read_file(path)
    try:
        decoded = decode(content)
    except OldFormatError:
        if find_spec("torch") is None:
            raise
        decoded = decode(_convert(content))
        decoded = decoded._replace(notes=("it has the format of PyTorch before 1.6", *decoded.notes))
    expected = _USUAL_SUFFIXES.get(path.suffix.lower(), decoded.format)
    if expected != decoded.format:
        note = f"it is a {decoded.format} file, although its name ends in {path.suffix}"
        decoded = decoded._replace(notes=(note, *decoded.notes))
    return decoded


def read_file(path: Path, most: int = MAX_BYTES) -> bytes:
    """The content of a file of at most `most` bytes. Raises WeightFileError if it cannot be read or is too large."""
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise WeightFileError("is a folder. Give the path of a file of weights in it.")
        if not stat.S_ISREG(found.st_mode):  # for example a pipe, which may never end
            raise WeightFileError("is not an ordinary file. Save the weights to a file first.")
        if found.st_size > most:
            raise WeightFileError(f"has {found.st_size / 1e6:,.0f} MB. It {TOO_MUCH}")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError:
        raise WeightFileError("does not exist. Check its name and its folder.") from None
    except PermissionError:
        raise WeightFileError("may not be read by this user. Change its permissions: chmod +r FILE.") from None
    except OSError as error:
        raise WeightFileError(f"cannot be read: {error.strerror}. Check its path.") from error
    if len(content) > most:
        raise WeightFileError(TOO_MUCH)
    return content


def _convert(content: bytes) -> bytes:
    """The content of an old file in today's format. PyTorch runs in another process, which frees its memory again."""
    # -P: no module of the working folder can replace PyTorch.
    command = [sys.executable, "-P", "-c", _CONVERT]
    try:
        done = subprocess.run(  # noqa: S603 -- a constant program; the content is only its input
            command, input=content, capture_output=True, timeout=_CONVERT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise WeightFileError(DAMAGED) from error
    if done.returncode == _REFUSED:
        raise WeightFileError(reason_to_refuse("__main__ object", content))
    if done.returncode != 0:
        raise WeightFileError(DAMAGED)
    return done.stdout
