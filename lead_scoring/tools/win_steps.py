"""A training in steps: what a step has found is kept, so that it goes on where it stopped."""

import io

import numpy as np


class Paused(Exception):
    """The time for one go is over; the training goes on with what its steps have found."""


class Steps:
    """Results of the steps of a training, in their order.

    A training does the same steps in the same order each time; those that are known are skipped.
    """

    def __init__(self, known=None, after=None):
        """
        :param dict known: arrays by name for each step, by its number; from `load`
        :param function after: called after each new step; may raise `Paused`
        """
        self.known, self.after = known or {}, after or (lambda: None)
        self.number = -1

    def do(self, work):
        """What a step finds; it is only done if that is not known.

        :param function work: returns a dict of arrays
        """
        self.number += 1
        if self.number not in self.known:
            self.known[self.number] = work()
            self.after()
        return self.known[self.number]


def dump(ids, known):
    """The leads of a training and the results of its steps as bytes, without any code in them.

    :param list ids: ids of the leads
    :param dict known: see `Steps`
    """
    arrays = {
        f"{number}/{name}": part for number, found in known.items() for name, part in found.items()
    }
    buffer = io.BytesIO()
    np.savez(buffer, ids=np.array(ids, dtype=np.int64), **arrays)
    return buffer.getvalue()


def load(raw):
    """(ids, known) from `dump`."""
    known = {}
    with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
        ids = arrays["ids"].tolist()
        for key in arrays.files:
            if key != "ids":
                number, name = key.split("/", 1)
                known.setdefault(int(number), {})[name] = arrays[key]
    return ids, known
