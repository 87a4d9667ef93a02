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
    """1 - exp(-power) of a column; by its series where a difference would lose digits."""
    return SQL(
        """CASE WHEN %(p)s < 1e-3 THEN %(p)s * (1 - %(p)s / 2 * (1 - %(p)s / 3 * (1 - %(p)s / 4)))
                ELSE 1 - exp(-least(%(p)s, %(most)s)) END""",
        p=power,
        most=CLAMP,
    )


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
    places, weights = map(_floats, nodes(a))
    # OFFSET 0 keeps PostgreSQL from writing each inner expression out wherever it is used.
    # 2 * atanh(u / (2 + u)) is ln(1 + u), also where u is tiny.
    return SQL(
        """(SELECT sum(share * (%(gain)s) / p) / sum(share) / (1 + %(odds)s)
              FROM (SELECT p, w * %(tilt)s AS share,
                           2 * z * atanh(p * t / (2 * now + p * t)) AS power
                      FROM (SELECT v, w, q, z, now, t, (%(p)s) AS p
                              FROM (SELECT v, w, q, z, now, t, v / q AS s
                                      FROM unnest(%(places)s::float8[], %(weights)s::float8[])
                                           AS node(v, w),
                                           (SELECT %(q)s AS q, %(z)s AS z, %(now)s AS now,
                                                   %(t)s AS t OFFSET 0) AS customer
                                    OFFSET 0) AS scaled
                            OFFSET 0) AS placed
                    OFFSET 0) AS weighed)""",
        gain=_one_less_exp(SQL("power")),
        odds=_stop_odds(parameters, x, t_x, age),
        tilt=_exp(SQL("(%s * ln(p * q / v))", _number(a - 1))),
        p=_one_less_exp(SQL("s")),
        places=places,
        weights=weights,
        q=SQL("(%s + %s)", _number(b + 1), x),
        z=SQL("(%s + %s)", _number(r), x),
        now=SQL("(%s + %s)", _number(alpha), age),
        t=_number(weeks),
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
