"""Purchase models of customers without a contract: who will buy again, and how often.

A customer is three numbers, in weeks: `x` repeat purchase days, `t_x` from the first purchase to
the last, `T` from the first purchase to today (`age`). Four parameters describe all customers of a
class: purchase rates vary between them as Gamma(r, alpha), and the chance to stop for good after a
purchase as Beta(a, b).

Sources, implemented from the formulas:

- BG/NBD: Fader, Hardie, Lee, "Counting Your Customers the Easy Way", Marketing Science 24(2), 2005.
  A customer who has bought once cannot have stopped yet. Here for comparison only.
- MBG/NBD: Batislam, Denizel, Filiztekin, "Empirical validation and comparison of models for
  customer base analysis", International Journal of Research in Marketing 24(3), 2007. He may have
  stopped after the first purchase. This is the one we use.

Everything takes and returns numbers or numpy arrays, knows nothing of Odoo, and never overflows.
`purchase_sql` writes the same formulas as SQL.
"""

import time
from typing import NamedTuple

import numpy as np
import scipy  # which loads its parts when they are used

BG = "bg"
MBG = "mbg"
DAYS_PER_WEEK = 7.0
# Largest exponent: PostgreSQL raises on overflow and on underflow, and e^-300 is nobody's chance.
CLAMP = 300.0
# Nodes of the quadrature for expected orders: exact to 1e-12 but for a customer of the first day.
NODES = 16
# With fewer buyers a fit says less than the defaults (measured on three public data sets).
MIN_BUYERS = 200
# So few that came back say nothing about how often people come back.
MIN_REPEATERS = 20
# Above this many different histories they are rounded to whole weeks: P(buy) moves by < 0.015.
MAX_ROWS = 50_000
# With more histories than this, the starts of a search race on rounded ones.
RACE_ROWS = 3_000
# Weeks between orders, assumed where nobody has ordered twice.
UNKNOWN_GAP = 13.0
BOUNDS = {"r": (1e-3, 1e3), "alpha": (1e-3, 1e5), "a": (1e-3, 1e2), "b": (1e-3, 1e3)}


class Parameters(NamedTuple):
    """What describes a class of customers; `alpha` in weeks."""

    r: float
    alpha: float
    a: float
    b: float


class Fit(NamedTuple):
    """Parameters, and how they came about."""

    parameters: Parameters
    log_likelihood: float
    fitted: bool
    warning: str | None
    buyers: int
    repeaters: int
    mean_gap: float
    seconds: float = 0.0


def default_parameters(mean_gap=UNKNOWN_GAP):
    """Parameters that rank nearly as well as fitted ones, for a class with little data.

    :param float mean_gap: weeks between two purchase days of one customer, on average
    :rtype: Parameters
    """
    return Parameters(0.5, 0.7 * (mean_gap or UNKNOWN_GAP), 0.8, 2.5)


def _history(x, t_x, age):
    x = np.maximum(np.asarray(x, dtype=float), 0.0)
    t_x = np.maximum(np.asarray(t_x, dtype=float), 0.0)
    return x, t_x, np.maximum(np.asarray(age, dtype=float), t_x)


def _exp(exponent):
    return np.exp(np.clip(exponent, -CLAMP, CLAMP))


def _stop_odds(parameters, x, t_x, age, model):
    """Odds that the customer has stopped for good after his last purchase."""
    r, alpha, a, b = parameters
    growth = _exp((r + x) * np.log((alpha + age) / (alpha + t_x)))
    if model == MBG:
        return a / (b + x) * growth
    return np.where(x > 0, a / (b + np.maximum(x, 1) - 1) * growth, 0.0)


def log_likelihood(parameters, x, t_x, age, weights=1.0, model=MBG):
    """Log likelihood of these histories.

    :param Parameters parameters: of the class
    :param x: repeat purchase days
    :param t_x: weeks from the first purchase to the last
    :param age: weeks from the first purchase to today
    :param weights: how many customers have this history
    :param str model: `MBG` or `BG`
    :rtype: float
    """
    r, alpha, a, b = parameters
    x, t_x, age = _history(x, t_x, age)
    z = r + x
    rate = scipy.special.gammaln(z) - scipy.special.gammaln(r) + r * np.log(alpha)
    after_last = np.log(alpha + age) - np.log(alpha + t_x)
    if model == MBG:
        stay = scipy.special.betaln(a, b + x + 1) - scipy.special.betaln(a, b)
        odds = np.log(a) - np.log(b + x) + z * after_last
    else:
        stay = scipy.special.betaln(a, b + x) - scipy.special.betaln(a, b)
        odds = np.log(a) - np.log(b + np.maximum(x, 1) - 1) + z * after_last
        odds = np.where(x > 0, odds, -np.inf)
    one = rate + stay - z * np.log(alpha + age) + np.logaddexp(0.0, odds)
    return float(np.sum(weights * one))


def p_alive(parameters, x, t_x, age, model=MBG):
    """Chance that the customer has not stopped for good. **Drives nothing.**

    It ranks customers who bought once and fell silent above those who come back every month
    (PEERS_LIFECYCLE.md, 3.3), so no state, band or list may depend on it. Use `p_buy`.
    """
    x, t_x, age = _history(x, t_x, age)
    return 1.0 / (1.0 + _stop_odds(parameters, x, t_x, age, model))


def p_buy(parameters, x, t_x, age, weeks, model=MBG):
    """Chance of at least one purchase in the next `weeks`: closed form, exact.

    P(alive) * (1 - ((alpha + T) / (alpha + T + t)) ** (r + x)); it falls with every silent day.
    """
    r, alpha, _a, _b = parameters
    x, t_x, age = _history(x, t_x, age)
    silent = _exp(-(r + x) * np.log((alpha + age + weeks) / (alpha + age)))
    return (1.0 - silent) / (1.0 + _stop_odds(parameters, x, t_x, age, model))


def nodes(a, count=NODES):
    """Nodes and weights (of sum 1) of the Gauss-Laguerre rule for v**(a-1) * exp(-v)."""
    places, weights = scipy.special.roots_genlaguerre(count, a - 1)
    return places, weights / weights.sum()


def expected_orders(parameters, x, t_x, age, weeks, model=MBG):
    """Expected purchases in the next `weeks`.

    Batislam et al. (and, for BG/NBD, Fader et al. equation 10) give it with Gauss' 2F1, which loses
    all digits for customers with thousands of orders and has a removable pole at a = 1. The same
    number is the mean over p ~ Beta(a, q) of (1 - ((alpha+T) / (alpha+T+p*t)) ** (r+x)) / p, where
    q = b+x+1 (b+x for BG/NBD): with p = 1 - exp(-v/q) this is smooth, and 16 nodes integrate it.
    """
    r, alpha, a, b = parameters
    x, t_x, age = _history(x, t_x, age)
    q = b + x + (1.0 if model == MBG else 0.0)
    top = bottom = 0.0
    for node, weight in zip(*nodes(a), strict=True):
        p = -np.expm1(-node / q)
        share = weight * _exp((a - 1) * np.log(p * q / node))
        exponent = np.minimum((r + x) * np.log1p(p * weeks / (alpha + age)), CLAMP)
        top = top + share * -np.expm1(-exponent) / p
        bottom = bottom + share
    return top / bottom / (1.0 + _stop_odds(parameters, x, t_x, age, model))


def expected_value(orders, average):
    """Expected spend: expected orders at the customer's own average.

    A model of spend (Gamma-Gamma) was measured and forecast no better than this product.
    """
    return orders * average


def compress(x, t_x, age, weights=None, most=MAX_ROWS):
    """Distinct histories and how often each occurs, rounded when there are more than `most`."""
    x, t_x, age = _history(x, t_x, age)
    weights = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    for step in (0.0, 1.0, 4.0):
        rows = np.column_stack([x, t_x, age])
        if step:
            rows[:, 1:] = np.round(rows[:, 1:] / step) * step
        distinct, place = np.unique(rows, axis=0, return_inverse=True)
        if len(distinct) <= most:
            break
    return (*distinct.T, np.bincount(place.ravel(), weights))


def fit(x, t_x, age, weights=None, mean_gap=None, model=MBG):
    """Find the parameters under which these histories are most likely.

    :param mean_gap: weeks between purchase days; taken from the histories when missing
    :return: fitted parameters, or the defaults with `warning` saying why: `no_orders`,
        `few_buyers`, `one_time` (hardly anybody has come back), `degenerate` (nothing fits). A fit
        with warning `edge` stands at a bound: it ranks well, but its parameters mean little.
    :rtype: Fit
    """
    start = time.perf_counter()
    x, t_x, age, weights = compress(x, t_x, age, weights)
    buyers, repeaters = int(weights.sum()), int(weights[x > 0].sum())
    gap = mean_gap or _mean_gap(x, t_x, weights)
    parameters, warning = default_parameters(gap), _too_little(buyers, repeaters)
    fitted = False
    if not warning:
        best, warning = _best(x, t_x, age, weights, parameters, model)
        fitted, parameters = best is not None, best or parameters
    value = log_likelihood(parameters, x, t_x, age, weights, model) if buyers else 0.0
    seconds = time.perf_counter() - start
    return Fit(parameters, value, fitted, warning, buyers, repeaters, gap, seconds)


def _mean_gap(x, t_x, weights):
    gaps = float((weights * x).sum())
    return float((weights * t_x).sum()) / gaps if gaps else UNKNOWN_GAP


def _too_little(buyers, repeaters):
    if not buyers:
        return "no_orders"
    if buyers < MIN_BUYERS:
        return "few_buyers"
    return "one_time" if repeaters < MIN_REPEATERS else None


def _best(x, t_x, age, weights, default, model):
    """Parameters of the best of several starts with a warning, or (None, "degenerate").

    With many histories the starts race on rounded ones, and the winner finishes on all.
    """
    bounds = [tuple(np.log(BOUNDS[name])) for name in Parameters._fields]
    starts = (default, default._replace(r=1.0, a=0.3, b=1.0), default._replace(a=2.0, b=8.0))
    rough = compress(x, t_x, age, weights, RACE_ROWS)
    found = min(_search(np.log(start), rough, bounds, model) for start in starts)
    if len(rough[0]) < len(x):
        found = _search(found[1], (x, t_x, age, weights), bounds, model)
    value, logs = found
    if not value <= _loss(np.log(default), (x, t_x, age, weights), model):
        return None, "degenerate"
    inside = all(
        low + 1e-3 < place < high - 1e-3 for place, (low, high) in zip(logs, bounds, strict=True)
    )
    return Parameters(*map(float, np.exp(logs))), None if inside else "edge"


def _loss(logs, rows, model):
    """Minus the log likelihood of the average customer; large where there is none."""
    value = log_likelihood(Parameters(*np.exp(logs)), *rows, model)
    return -value / rows[-1].sum() if np.isfinite(value) else 1e10


def _search(logs, rows, bounds, model):
    """Walk from here to a minimum: (loss, logarithms of the parameters)."""
    result = scipy.optimize.minimize(
        _loss,
        np.clip(logs, *zip(*bounds, strict=True)),
        args=(rows, model),
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 300, "ftol": 1e-13, "gtol": 1e-8},
    )
    return float(result.fun), tuple(map(float, result.x))
