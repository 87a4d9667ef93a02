"""How evenly a good is shared, on plain values."""


def gini(amounts):
    """Gini coefficient: 0 when all have the same, towards 1 when one has everything.

    With the amounts in ascending order, x1 <= ... <= xn:
    G = 2 * (1*x1 + 2*x2 + ... + n*xn) / (n * (x1 + ... + xn)) - (n + 1) / n
    (Sen, On Economic Inequality, 1973, chapter 2). Its maximum is (n - 1) / n, reached when one
    of n has everything.

    :param amounts: numbers not below zero, one per person, those who have nothing included
    :return: the coefficient; 0.0 when nobody has anything
    :rtype: float
    """
    ordered = sorted(amounts)
    count, total = len(ordered), sum(ordered)
    if not total:
        return 0.0
    weighted = sum(rank * amount for rank, amount in enumerate(ordered, start=1))
    return 2 * weighted / (count * total) - (count + 1) / count
