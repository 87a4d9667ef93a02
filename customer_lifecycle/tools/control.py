"""Who belongs to the control group of a playbook: a draw that never changes."""

import hashlib

# 64 bits of the hash are compared with the share; finer than any percentage.
BITS = 64


def is_control(key, model, record_id, percent):
    """Whether a record stays untouched.

    The first 64 bits of sha256("key:model:id") are read as a fraction between 0 and 1; below
    `percent` / 100 the record belongs to the control group. The same record of the same playbook
    gets the same answer in each run and on each server, and raising the percentage only adds
    records to the group.

    :param str key: key of the playbook, drawn once when it was created
    :param str model: name of the record's model
    :param int record_id: id of the record
    :param float percent: size of the control group, 0 to 100
    :rtype: bool
    """
    digest = hashlib.sha256(f"{key}:{model}:{record_id}".encode()).digest()
    fraction = int.from_bytes(digest[: BITS // 8], "big") / 2**BITS
    return fraction < percent / 100
