"""Opens zip archives of unknown origin within bounds: nothing is unpacked before its size is known."""

import io
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from model.weight_files.errors import WeightFileError
from model.weight_files.refusals import CUT_OFF, DAMAGED, TOO_MUCH, archive_without_state_dict

MAX_UNPACKED = 32 * 1024 * 1024  # bytes of all files in the archive together
MAX_FILES = 4096  # a state dict of the lesson has 14
_ENTRY = b"PK\x01\x02"  # the archive's directory has an entry for each file, which begins with these bytes
_DIRECTORY_END = b"PK\x05\x06"


def open_archive(content: bytes) -> ZipFile:
    """The archive, if it may be a state dict that PyTorch saved. Its files are not unpacked yet.

    Raises WeightFileError if it is something else, is damaged or would unpack to more than MAX_UNPACKED bytes.
    """
    if _DIRECTORY_END not in content:
        raise WeightFileError(CUT_OFF)
    if content.count(_ENTRY) > MAX_FILES:  # counted here, because `zipfile` creates an object for each of them
        raise WeightFileError(TOO_MUCH)
    try:
        archive = ZipFile(io.BytesIO(content))
    except Exception as error:  # a damaged archive can raise almost any exception
        raise WeightFileError(DAMAGED) from error
    if (reason := archive_without_state_dict(archive.namelist())) is not None:
        raise WeightFileError(reason)
    if any(file.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for file in archive.infolist()):
        raise WeightFileError(DAMAGED)  # for other methods, `zipfile` does not limit the unpacked size
    if sum(file.file_size for file in archive.infolist()) > MAX_UNPACKED:
        raise WeightFileError(TOO_MUCH)
    return archive
