"""Reads files of weights from paths: the type and the size are checked before reading."""

import stat
from pathlib import Path

from model.weight_files.decode import MAX_BYTES, PYTORCH, SAFETENSORS, Decoded, decode
from model.weight_files.errors import WeightFileError
from model.weight_files.refusals import TOO_MUCH

_USUAL_SUFFIXES = {".safetensors": SAFETENSORS, ".pth": PYTORCH, ".pt": PYTORCH}


def decode_file(path: Path) -> Decoded:
    """Read and decode a file of weights. The file is read once. Raises WeightFileError if it cannot be used."""
    decoded = decode(read_file(path))
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
            raise WeightFileError("is a folder. Give the path of a file with weights, such as mnist_cnn.pth.")
        if not stat.S_ISREG(found.st_mode):  # for example a pipe, which may never end
            raise WeightFileError("is not an ordinary file. Save the weights to a file first.")
        if found.st_size > most:
            raise WeightFileError(f"has {found.st_size / 1e6:,.0f} MB. It {TOO_MUCH}")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError:
        raise WeightFileError("does not exist. Check its name and its folder.") from None
    except PermissionError:
        raise WeightFileError("cannot be read by this user. Change its permissions: chmod +r FILE.") from None
    except OSError as error:
        raise WeightFileError(f"cannot be read: {error.strerror}. Check its path.") from error
    if len(content) > most:
        raise WeightFileError(TOO_MUCH)
    return content
