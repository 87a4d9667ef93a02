"""How sure a difference between two groups is."""

from math import sqrt

import scipy  # which loads its parts when they are used

# Two-sided 95 % quantile of the normal distribution.
Z95 = 1.959963984540054


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


def mean_difference(values, control_values):
    """Difference of two means with its 95 % interval.

    Welch (1947), The generalization of Student's problem when several different population
    variances are involved.

    :param values: numbers of the one group
    :param control_values: numbers of the control group
    :return: difference, lower and upper bound; None with fewer than two numbers in a group
    :rtype: tuple[float, float, float] or None
    """
    if min(len(values), len(control_values)) < 2:
        return None
    mean, error = _mean_and_error(values)
    control_mean, control_error = _mean_and_error(control_values)
    difference, error_sum = mean - control_mean, error + control_error
    if not error_sum:
        return difference, difference, difference
    freedom = error_sum**2 / (
        error**2 / (len(values) - 1) + control_error**2 / (len(control_values) - 1)
    )
    spread = scipy.stats.t.ppf(0.975, freedom) * sqrt(error_sum)
    return difference, difference - spread, difference + spread


def _mean_and_error(values):
    """Mean, and the squared standard error of the mean."""
    mean = sum(values) / len(values)
    variance = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    return mean, variance / len(values)
