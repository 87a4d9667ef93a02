"""A model as a file: JSON with a version and a checksum, never a pickle.

Reading a file runs no code of its own, and a file that was damaged, cut off or written for another
version is refused. Who may write it is a matter of access rights.
"""

import hashlib
import json

from .win_model import WinModel

FORMAT = "lead_scoring.win_model"
SCHEMA = 2
# Its checksum was keyed by a secret that each copy of a database gets anew.
KEYED = 1


class ModelFileError(Exception):
    """Why a file cannot be used: `code` is `damaged` or `version`."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


def dump(kept):
    """Bytes of a model.

    :param dict kept: see `WinModel`
    """
    body = json.dumps(kept, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    head = {"format": FORMAT, "schema": SCHEMA, "checksum": _checksum(body)}
    return json.dumps(head).encode() + b"\n" + body


def load(data):
    """The model in these bytes.

    :raise ModelFileError: when they are not a whole model
    """
    head, separator, body = (data or b"").partition(b"\n")
    try:
        head = json.loads(head)
        form, schema, checksum = head["format"], head["schema"], head["checksum"]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelFileError("damaged", str(error)) from error
    if form != FORMAT or not separator:
        raise ModelFileError("damaged", "not a model file")
    if schema not in (SCHEMA, KEYED):
        raise ModelFileError("version", str(schema))
    if schema == SCHEMA and checksum != _checksum(body):
        raise ModelFileError("damaged", "checksum")
    try:
        return WinModel(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise ModelFileError("damaged", str(error)) from error


def _checksum(body):
    return hashlib.sha256(body).hexdigest()
