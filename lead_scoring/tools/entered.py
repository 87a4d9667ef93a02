"""What people may enter: no field that the program keeps itself, and no number that is none."""

import math

from odoo.exceptions import AccessError, ValidationError

# No number of days, points or times is larger; the database could not keep some that are.
MOST = 1_000_000
NUMBERS = ("integer", "float", "monetary")


def refuse_kept(records, vals, names):
    """Refuse values of fields that only the program writes, in the environment of the system.

    :param vals: names or values that somebody wants to store
    :param names: names of the fields that the program keeps
    :raise AccessError: in words
    """
    if records.env.su:
        return
    if forbidden := set(names) & set(vals):
        labels = (records._fields[name]._description_string(records.env) for name in forbidden)
        raise AccessError(records.env._("Odoo keeps this itself: %s.", ", ".join(sorted(labels))))


def refuse_absurd(records, vals, most=MOST):
    """Refuse what is no number, is not finite or is too large, before the database does.

    :param dict vals: values by name; of other fields than numbers nothing is said
    :raise ValidationError: in words
    """
    for name, value in vals.items():
        field = records._fields.get(name)
        if field is None or field.type not in NUMBERS:
            continue
        if is_sensible(value, most, int if field.type == "integer" else float):
            continue
        raise ValidationError(
            records.env._(
                "%(field)s: %(value)s is not a sensible number.",
                field=field._description_string(records.env),
                value=str(value)[:20],
            )
        )


def refuse_absurd_defaults(records, names, most=MOST):
    """As `refuse_absurd`, for the defaults that the caller has put into the context.

    Odoo itself fails over some of them, with a traceback.
    """
    context = records.env.context
    chosen = {name: context[f"default_{name}"] for name in names if f"default_{name}" in context}
    refuse_absurd(records, chosen, most)


def is_sensible(value, most=MOST, kind=float):
    """Whether a value is a number of ordinary size, or nothing, as a form or a program sends it.

    :param kind: type as which Odoo will read a text

    >>> is_sensible("12.5"), is_sensible("nan"), is_sensible(10**400), is_sensible([1])
    (True, False, False, False)
    """
    if value is None or value == "":
        return True
    try:
        number = float(kind(value) if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError):
        return False
    return math.isfinite(number) and -most <= number <= most
