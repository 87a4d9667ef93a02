"""How sure a difference between two groups is."""

from math import sqrt
from typing import NamedTuple

import scipy  # which loads its parts when they are used

# Two-sided 95 % quantile of the normal distribution.
Z95 = 1.959963984540054


class Sample(NamedTuple):
    """What a mean and its error are made of."""

    count: int = 0
    mean: float = 0.0
    # Of the sample, with count - 1; 0 for fewer than two numbers.
    variance: float = 0.0


def sample_of(values):
    """The sample of some numbers.

    :rtype: Sample
    """
    count = len(values)
    mean = sum(values) / count if count else 0.0
    spread = sum((value - mean) ** 2 for value in values)
    return Sample(count, mean, spread / (count - 1) if count > 1 else 0.0)


def wilson(successes, total, z=Z95):
    """Score interval of a share.

    Wilson (1927), Probable inference, the law of succession, and statistical inference.

    :param int successes: how many
    :param int total: out of how many, > 0
    :param float z: quantile of the normal distribution
    :return: lower and upper bound, 0 to 1
    :rtype: tuple[float, float]
    """
    share = successes / total
    centre = share + z * z / (2 * total)
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max((centre - spread) / scale, 0.0), min((centre + spread) / scale, 1.0)


def share_difference(successes, total, control_successes, control_total, z=Z95):
    """Difference of two shares with its interval.

    Newcombe (1998), Interval estimation for the difference between independent proportions,
    Statistics in Medicine 17, 873-890, method 10: the Wilson intervals of both shares combined.

    :return: difference, lower and upper bound, -1 to 1; None when a group is empty
    :rtype: tuple[float, float, float] or None
    """
    if not (total and control_total):
        return None
    share, control = successes / total, control_successes / control_total
    low, high = wilson(successes, total, z)
    control_low, control_high = wilson(control_successes, control_total, z)
    difference = share - control
    return (
        difference,
        difference - sqrt((share - low) ** 2 + (control_high - control) ** 2),
        difference + sqrt((high - share) ** 2 + (control - control_low) ** 2),
    )


def mean_difference(sample, control):
    """Difference of two means with its 95 % interval.

    Welch (1947), The generalization of Student's problem when several different population
    variances are involved.

    :param sample: `Sample` of the one group, or its numbers
    :param control: `Sample` of the control group, or its numbers
    :return: difference, lower and upper bound; None with fewer than two numbers in a group
    :rtype: tuple[float, float, float] or None
    """
    sample, control = (
        one if isinstance(one, Sample) else sample_of(one) for one in (sample, control)
    )
    if min(sample.count, control.count) < 2:
        return None
    # Squared standard errors of the means.
    error, control_error = sample.variance / sample.count, control.variance / control.count
    difference, error_sum = sample.mean - control.mean, error + control_error
    if not error_sum:
        return difference, difference, difference
    freedom = error_sum**2 / (
        error**2 / (sample.count - 1) + control_error**2 / (control.count - 1)
    )
    spread = scipy.stats.t.ppf(0.975, freedom) * sqrt(error_sum)
    return difference, difference - spread, difference + spread
