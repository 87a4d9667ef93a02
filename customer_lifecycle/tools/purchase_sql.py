"""The formulas of `purchase_model` (MBG/NBD) as SQL, equal to them to 1e-9.

Each argument is a number or an SQL expression of type double precision; histories and horizon in
weeks. Exponents are clamped: PostgreSQL raises when exp() overflows *or underflows*, and one
customer with thousands of orders would otherwise stop the run of everybody.
"""

from odoo.tools import SQL

from .purchase_model import CLAMP, nodes


def _number(value):
    return value if isinstance(value, SQL) else SQL("%s::float8", float(value))


def _history(x, t_x, age):
    x, t_x = SQL("greatest(%s, 0)", _number(x)), SQL("greatest(%s, 0)", _number(t_x))
    return x, t_x, SQL("greatest(%s, %s)", _number(age), t_x)


def _exp(exponent):
    return SQL("exp(greatest(%s, least(%s, %s)))", -CLAMP, CLAMP, exponent)


def _one_less_exp(power):
    """1 - exp(-power), also where the power is tiny: 2 t / (1 + t), with t = tanh(power / 2)."""
    return SQL("(2 * tanh(%(half)s) / (1 + tanh(%(half)s)))", half=SQL("(%s / 2)", power))


def _stop_odds(parameters, x, t_x, age):
    r, alpha, a, b = map(_number, parameters)
    growth = SQL("(%s + %s) * ln((%s + %s) / (%s + %s))", r, x, alpha, age, alpha, t_x)
    return SQL("%s / (%s + %s) * %s", a, b, x, _exp(growth))


def sql_p_alive(parameters, x, t_x, age):
    """`purchase_model.p_alive`. For looking at, never for deciding.

    :param parameters: r, alpha, a, b; each a number or SQL
    :rtype: SQL
    """
    return SQL("(1 / (1 + %s))", _stop_odds(parameters, *_history(x, t_x, age)))


def sql_p_buy(parameters, x, t_x, age, weeks):
    """`purchase_model.p_buy`: chance of at least one order in the next `weeks`.

    :param parameters: r, alpha, a, b; each a number or SQL (a column of a joined fit)
    :param x: repeat purchase days
    :param t_x: weeks from the first purchase to the last
    :param age: weeks from the first purchase to today
    :param weeks: horizon
    :rtype: SQL
    """
    r, alpha, _a, _b = map(_number, parameters)
    x, t_x, age = _history(x, t_x, age)
    now = SQL("(%s + %s)", alpha, age)
    silent = SQL("-(%s + %s) * ln((%s + %s) / %s)", r, x, now, _number(weeks), now)
    return SQL("((1 - %s) / (1 + %s))", _exp(silent), _stop_odds(parameters, x, t_x, age))


def sql_expected_orders(parameters, x, t_x, age, weeks):
    """`purchase_model.expected_orders`: expected orders in the next `weeks`.

    :param Parameters parameters: numbers, not SQL: the nodes of the quadrature depend on `a`
    :rtype: SQL
    """
    r, alpha, a, b = parameters
    x, t_x, age = _history(x, t_x, age)
    q, z = SQL("(%s + %s)", _number(b + 1), x), SQL("(%s + %s)", _number(r), x)
    now, weeks = SQL("(%s + %s)", _number(alpha), age), _number(weeks)
    top, bottom = [], []
    for node, weight in zip(*map(_floats, nodes(a)), strict=True):
        p = _one_less_exp(SQL("(%s / %s)", _number(node), q))
        tilt = SQL("%s * ln(%s * %s / %s)", _number(a - 1), p, q, _number(node))
        share = SQL("%s * %s", _number(weight), _exp(tilt))
        # 2 * atanh(u / (2 + u)) is ln(1 + u), also where u is tiny.
        growth = SQL("atanh(%(p)s * %(t)s / (2 * %(now)s + %(p)s * %(t)s))", p=p, t=weeks, now=now)
        power = SQL("(2 * %s * %s)", z, growth)
        top.append(SQL("%s * %s / %s", share, _one_less_exp(power), p))
        bottom.append(share)
    return SQL(
        "((%s) / (%s) / (1 + %s))",
        SQL(" + ").join(top),
        SQL(" + ").join(bottom),
        _stop_odds(parameters, x, t_x, age),
    )


def sql_band(p_buy, low, high):
    """Name of the band of a chance: `low`, `medium` or `high`.

    :param float low: below this chance, from 0 to 1, the band is low
    :param float high: from this chance on it is high
    """
    return SQL(
        "CASE WHEN %(p)s < %(low)s THEN 'low' WHEN %(p)s < %(high)s THEN 'medium' ELSE 'high' END",
        p=p_buy,
        low=low,
        high=high,
    )


def _floats(values):
    return [float(value) for value in values]
