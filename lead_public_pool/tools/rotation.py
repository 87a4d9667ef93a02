"""Whose turn it is, so that nobody is ever a whole record ahead or behind."""


def next_turn(shares, credits):
    """Choose who receives the next record.

    Tijdeman's solution of the chairman assignment problem (R. Tijdeman, "The chairman assignment
    problem", Discrete Mathematics 32, 1980): after any number of records, what each member has
    received differs from his share by less than one record.

    :param dict shares: positive weight of each member who may receive now
    :param dict credits: what each member was owed before this record (share so far minus received)
    :return: the member chosen, and the new credit of each member in `shares`
    """
    total = sum(shares.values())
    gained = {who: credits.get(who, 0.0) + weight / total for who, weight in shares.items()}
    least = 1 / (2 * len(shares) - 2) if len(shares) > 1 else 0.0
    # Rounding must not rule out the one who is owed exactly the least.
    ready = [who for who in shares if gained[who] >= least - 1e-9] or list(shares)
    chosen = min(ready, key=lambda who: (1 - least - gained[who]) * total / shares[who])
    gained[chosen] -= 1
    return chosen, gained
