"""What callers of public methods send, looked at in one place before it is used.

Over RPC anything may come as an id or an argument. A method that wears `checked` gets records that
are numbers, each once and not too many, and arguments of the kind that it names; everything else
is answered with a `UserError` that says what is expected.

The same file in each of our addons, since none may need another; only how many records it takes at
a time differs. `tests/packaging/test_shared_tools.py` keeps it so.
"""

import inspect
from functools import wraps

from odoo import fields
from odoo.api import NewId
from odoo.exceptions import UserError

# So many records, or ids in a list, are taken at a time.
MOST_RECORDS = 20000
# Numbers that the database can hold.
FIRST_NUMBER, LAST_NUMBER = -(2**31), 2**31 - 1
MOST_LETTERS = 20000
MOST_LETTERS_OF_KEY = 200


def checked(one=False, **kinds):
    """Decorate a public method: its records and arguments are checked first.

    :param bool one: whether the method is for exactly one record
    :param kinds: kind of each argument to check, by its name: `text`, `key`, `number`, `numbers`,
        `day` or `flag`; a missing value (None or False) passes, but for `numbers`
    """

    def decorate(method):
        signature = inspect.signature(method)

        @wraps(method)
        def call(self, *args, **kwargs):
            records = distinct(self)
            if one:
                _check_one(records)
            given = signature.bind(records, *args, **kwargs)
            for name, kind in kinds.items():
                if name in given.arguments:
                    given.arguments[name] = kind(self.env, name, given.arguments[name])
            return method(*given.args, **given.kwargs)

        return call

    return decorate


def _check_one(records):
    if len(records) != 1:
        raise UserError(records.env._("Choose exactly one record."))
    if not records.exists():
        raise UserError(records.env._("This record does not exist, or no longer."))


def distinct(records):
    """These records, each once, in their order.

    :raise UserError: if an id is no number, or there are too many
    """
    for record_id in records._ids:
        if not isinstance(record_id, NewId):
            check_number(records.env, records._description, record_id)
    return records.browse(_bounded(records.env, records._ids))


def check_number(env, label, value):
    """Refuse what is no number of a record.

    :raise UserError: if so
    """
    number = isinstance(value, int) and not isinstance(value, bool)
    if not number or not FIRST_NUMBER <= value <= LAST_NUMBER:
        raise UserError(
            env._(
                "%(label)s: a number is expected, not %(value)s.", label=label, value=_short(value)
            )
        )


def number(env, name, value):
    """An id, or nothing."""
    if value is not None and value is not False:
        check_number(env, name, value)
    return value


def numbers(env, name, value):
    """Ids in a list, each once."""
    if not isinstance(value, (list, tuple)):
        raise UserError(
            env._(
                "%(name)s: a list of numbers is expected, not %(value)s.",
                name=name,
                value=_short(value),
            )
        )
    for item in value:
        check_number(env, name, item)
    return _bounded(env, value)


def text(env, name, value, most=MOST_LETTERS):
    """A text that the database can hold, or nothing."""
    if value is None or value is False:
        return value
    if not isinstance(value, str) or "\0" in value:
        raise UserError(
            env._("%(name)s: a text is expected, not %(value)s.", name=name, value=_short(value))
        )
    if len(value) > most:
        raise UserError(
            env._("%(name)s: at most %(most)s characters are possible.", name=name, most=most)
        )
    return value


def key(env, name, value):
    """A name by which a repeated call is recognised."""
    return text(env, name, value, MOST_LETTERS_OF_KEY)


def day(env, name, value):
    """A date, or nothing."""
    try:
        return fields.Date.to_date(value) if value else None
    except (TypeError, ValueError, AttributeError) as error:
        raise UserError(
            env._("%(name)s: a day is expected, not %(value)s.", name=name, value=_short(value))
        ) from error


def flag(env, name, value):
    """Yes or no."""
    if value is not None and not isinstance(value, bool):
        raise UserError(
            env._(
                "%(name)s: yes or no (true or false) is expected, not %(value)s.",
                name=name,
                value=_short(value),
            )
        )
    return bool(value)


def check_values(records, vals):
    """Refuse values for fields that a model does not have, and those of a wrong kind.

    :raise UserError: if there is one
    """
    for name, value in vals.items():
        field = records._fields.get(name)
        if field is None:
            raise UserError(records.env._("There is no field %s here.", _short(name)))
        if field.type in ("char", "text", "html"):
            text(records.env, name, value)
        elif field.type == "many2one" and not isinstance(value, NewId):
            number(records.env, name, value)
        elif field.type in ("one2many", "many2many"):
            _check_commands(records.env, name, value)


def _check_commands(env, name, value):
    if value is not None and value is not False and not isinstance(value, list | tuple):
        raise UserError(
            env._("%(name)s: a list is expected, not %(value)s.", name=name, value=_short(value))
        )


def _bounded(env, ids):
    ids = list(dict.fromkeys(ids))
    if len(ids) > MOST_RECORDS:
        raise UserError(
            env._(
                "At most %(most)s records are possible at a time, not %(count)s.",
                most=MOST_RECORDS,
                count=len(ids),
            )
        )
    return ids


def _short(value):
    """What came, as far as one line of an error shows it; an unprintable text as its letters."""
    return ascii(value)[:60]
