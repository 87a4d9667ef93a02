"""Filters as functions of a lead, made once and asked often.

`filtered_domain` makes such functions for each call anew, which takes it several times as long as
to ask them; those it makes for links hold only for the records at hand.
"""

from datetime import date, datetime

# What the values of conditions are in Python, by the type of the field.
TEXTS = ("char", "text")
TYPES = {
    **dict.fromkeys((*TEXTS, "selection"), str),
    **dict.fromkeys(("integer", "many2one"), int),
    **dict.fromkeys(("float", "monetary"), (int, float)),
    "boolean": bool,
    "date": date,
    "datetime": datetime,
}


def lead_test(leads, domain):
    """A function that tells whether a lead matches a filter; None if only the database knows.

    Python and the database agree where values have the type of their field. Of the order of
    texts each has its own opinion.

    :param leads: the model of the leads, as the system sees them
    :param Domain domain: fully optimized
    """
    found = []
    # Operators stand before what they join.
    for part in reversed(list(domain)):
        if part == "&":
            test = _both(found.pop(), found.pop())
        elif part == "|":
            test = _either(found.pop(), found.pop())
        elif not isinstance(part, tuple) or not (test := _condition(leads, *part)):
            return None
        found.append(test)
    return found.pop()


def _both(one, other):
    return lambda lead: one(lead) and other(lead)


def _either(one, other):
    return lambda lead: one(lead) or other(lead)


def _condition(leads, name, operator, value):
    if name in (0, 1):
        return lambda _lead: bool(name)
    field = leads._fields.get(name)
    if not field or not _is_plain(field.type, operator, value):
        return None
    positive = operator.removeprefix("not ")
    if field.type == "many2one":
        test = _is_one_of(name, frozenset(value))
    else:
        test = field.filter_function(leads, name, positive, value)
    return test if positive == operator else lambda lead: not test(lead)


def _is_one_of(name, values):
    """Whether a lead links to one of these, or with False among them to none."""
    return lambda lead: lead[name].id in values


def _is_plain(kind, operator, value):
    """Whether a condition on a field of this type means the same in Python and in the database."""
    if operator in ("in", "not in"):
        return all(one is False or _is_of(kind, one) for one in value)
    if operator in ("<", ">", "<=", ">="):
        return kind != "many2one" and TYPES.get(kind) is not str and _is_of(kind, value)
    return kind in TEXTS and isinstance(value, str)


def _is_of(kind, value):
    """Whether a value has the type that fields of this type have."""
    if isinstance(value, bool) and kind != "boolean":
        return False
    return isinstance(value, TYPES.get(kind, ()))
