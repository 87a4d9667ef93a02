"""CDNOW: 18 months of purchases of the customers who first bought in early 1997."""

import csv
from datetime import date, timedelta
from functools import cache

import numpy as np

from ..common import data_file

WEEK_39 = date(1997, 9, 30)
YEAR_END = date(1997, 12, 31)
MARCH = date(1998, 3, 31)


@cache
def cdnow(name):
    """Columns of purchase days, sorted: customer, day (as a number), amount."""
    sums = {}
    with data_file(f"cdnow_{name}.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            key = int(row["CustomerID"]), date.fromisoformat(row["date"]).toordinal()
            sums[key] = sums.get(key, 0.0) + float(row["amount"])
    keys = sorted(sums)
    customer, day = np.array(keys).T
    return customer, day, np.array([sums[key] for key in keys])


def later(day, weeks):
    return day + timedelta(weeks=weeks)
