"""A model as a file: JSON with a version and a keyed checksum, never a pickle.

Reading a file runs no code of its own, and a file that was changed, cut off or written for another
version is refused.
"""

import hashlib
import hmac
import json

from .win_model import WinModel

FORMAT = "lead_scoring.win_model"
SCHEMA = 1


class ModelFileError(Exception):
    """Why a file cannot be used: `code` is `damaged`, `version` or `tampered`."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


def dump(kept, key):
    """Bytes of a model.

    :param dict kept: see `WinModel`
    :param str key: secret of this database
    """
    body = _body(kept)
    head = {"format": FORMAT, "schema": SCHEMA, "checksum": _checksum(body, key)}
    return json.dumps(head).encode() + b"\n" + body


def load(data, key):
    """The model in these bytes.

    :raise ModelFileError: when they are not a model that this database wrote
    """
    head, separator, body = (data or b"").partition(b"\n")
    try:
        head = json.loads(head)
        form, schema, checksum = head["format"], head["schema"], str(head["checksum"])
    except (ValueError, KeyError, TypeError) as error:
        raise ModelFileError("damaged", str(error)) from error
    if form != FORMAT or not separator:
        raise ModelFileError("damaged", "not a model file")
    if schema != SCHEMA:
        raise ModelFileError("version", str(schema))
    if not hmac.compare_digest(checksum.encode(), _checksum(body, key).encode()):
        raise ModelFileError("tampered")
    try:
        return WinModel(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise ModelFileError("damaged", str(error)) from error


def _body(kept):
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _checksum(body, key):
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
