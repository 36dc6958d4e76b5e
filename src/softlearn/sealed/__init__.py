"""Files that others may have made or damaged: all of one is checked before any is used.

data = sealed({"facts.json": text, "0.npy": array_bytes(a)})      members = FORM.open(data)
"""

from .archive import MAX_BYTES, Form, read_bytes, read_members, sealed
from .arrays import array_bytes, check_npy, read_array
from .errors import UnsoundFileError

__all__ = [
    "MAX_BYTES",
    "Form",
    "UnsoundFileError",
    "array_bytes",
    "check_npy",
    "read_array",
    "read_bytes",
    "read_members",
    "sealed",
]
