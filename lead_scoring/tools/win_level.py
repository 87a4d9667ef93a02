"""How far the level of what is won has moved with time, beyond what a model says.

Time is cut into blocks. In each, the log-odds of all rows are shifted until they say as many won
rows as there were. These shifts are seen as a random walk with noise (the local level model of
Harvey 1989, filtered by Kalman): how fast it walks is estimated by maximum likelihood, and its last
level is the best guess for what comes next. Without drift it does not walk, and the guess is 0.
"""

import numpy as np

from .win_metrics import logit, sigmoid

MOST_BLOCKS, ROWS, WINS = 20, 40, 4
# Steps of the walk per block, in log-odds, that are tried.
STEPS = (0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.45, 0.7, 1.0, 1.5)
# So much more likely (in log-likelihood) than no walk at all, or it does not walk.
SURE = 3.0
# No shift is known better than so (variance of what is thought before looking).
BEFORE = 4.0


def shift(won, said):
    """(shift of the log-odds by which the rows would say what happened, its variance)."""
    odds, level = logit(said), 0.0
    won = np.asarray(won, float)
    for _step in range(25):
        now = sigmoid(odds + level)
        curvature = float((now * (1 - now)).sum()) + 1 / BEFORE
        move = (float((won - now).sum()) - level / BEFORE) / curvature
        level += float(np.clip(move, -1.0, 1.0))
        if abs(move) < 1e-6:
            break
    return level, 1 / curvature


def shifted(said, level):
    """Probabilities with their log-odds moved by a level."""
    return sigmoid(logit(said) + level) if level else np.asarray(said, float)


def last_level(won, said, age):
    """The level at the end of the time, 0 when nothing says that it moves.

    :param won: 0 or 1 for each row
    :param said: probabilities that do not know their row's outcome
    :param age: days since each row, the newest the least
    """
    won, said = np.asarray(won, float), np.asarray(said, float)
    least = min(won.sum(), (1 - won).sum())
    blocks = int(min(MOST_BLOCKS, len(won) // ROWS, least // WINS))
    if blocks < 4:
        return 0.0
    order = np.argsort(-np.asarray(age, float), kind="stable")
    seen = [shift(won[part], said[part]) for part in np.array_split(order, blocks)]
    _still, standing = _filter(seen, 0.0)
    level, walking = max((_filter(seen, step**2) for step in STEPS), key=lambda found: found[1])
    return level if walking > standing + SURE else 0.0


def _filter(seen, walk):
    """(last level, log-likelihood) of shifts with their variances, for one variance of a step."""
    level, variance, likelihood = 0.0, BEFORE if walk else 1e-12, 0.0
    for value, noise in seen:
        variance += walk
        total = variance + noise
        likelihood -= 0.5 * (np.log(total) + (value - level) ** 2 / total)
        gain = variance / total
        level += gain * (value - level)
        variance *= 1 - gain
    return float(level), float(likelihood)
