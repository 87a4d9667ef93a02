"""Contact details made unreadable, once for Python and once for PostgreSQL, with one outcome.

The window of a pool is a view, so that nothing raw ever leaves the database; names in messages and
errors are masked in Python. A test compares the two.
"""

import re

from odoo.tools import SQL

DOTS = "•••"
EMAIL_DOTS = f"{DOTS}@{DOTS}"
EMAIL = r"^(.)[^@]*@(.).*(\.[^.@]+)$"
EMAIL_MASK = r"\1•••@\2•••\3"
# What looks like an e-mail address or a telephone number inside a text.
EMAIL_IN_TEXT = r'[^\s@<>"]+@[^\s@<>"]+'
PHONE_IN_TEXT = r"\+?\d[\d\s()./-]{5,}\d"
# Shorter numbers would show too large a part of themselves.
PHONE_DIGITS = 7


def email(value):
    """`b•••@e•••.com`: enough to tell two apart, too little to write to.

    :param str value: an address without a name around it
    """
    if not value:
        return None
    return re.sub(EMAIL, EMAIL_MASK, value) if re.match(EMAIL, value) else DOTS


def phone(value):
    """`+86 •••• ••12`: the country and the last two digits.

    :param str value: a telephone number as typed or as E.164
    """
    if not value:
        return None
    digits = re.sub(r"\D", "", value)
    if len(digits) < PHONE_DIGITS:
        return DOTS
    country = f"+{digits[:2]} " if value.startswith("+") else ""
    return f"{country}•••• ••{digits[-2:]}"


def text(value):
    """Only the first letter of a name."""
    return value[0] + DOTS if value else None


def scrub(value):
    """A text without the addresses and numbers that somebody typed into it."""
    if not value:
        return None
    return re.sub(PHONE_IN_TEXT, DOTS, re.sub(EMAIL_IN_TEXT, EMAIL_DOTS, value))


def sql_email(column):
    """The counterpart of `email`."""
    return SQL(
        "CASE WHEN %(value)s ~ %(pattern)s THEN regexp_replace(%(value)s, %(pattern)s, %(mask)s)"
        " WHEN %(value)s <> '' THEN %(dots)s END",
        value=column,
        pattern=EMAIL,
        mask=EMAIL_MASK,
        dots=DOTS,
    )


def sql_phone(column):
    """The counterpart of `phone`."""
    digits = SQL(r"regexp_replace(%s, '\D', '', 'g')", column)
    return SQL(
        "CASE WHEN length(%(digits)s) >= %(enough)s THEN"
        " CASE WHEN %(value)s LIKE '+%%' THEN '+' || left(%(digits)s, 2) || ' ' ELSE '' END"
        " || '•••• ••' || right(%(digits)s, 2)"
        " WHEN %(value)s <> '' THEN %(dots)s END",
        digits=digits,
        value=column,
        enough=PHONE_DIGITS,
        dots=DOTS,
    )


def sql_text(column):
    """The counterpart of `text`."""
    return SQL(
        "CASE WHEN %(value)s <> '' THEN left(%(value)s, 1) || %(dots)s END", value=column, dots=DOTS
    )


def sql_scrub(column):
    """The counterpart of `scrub`; most texts need no more than a glance."""
    without_emails = SQL("regexp_replace(%s, %s, %s, 'g')", column, EMAIL_IN_TEXT, EMAIL_DOTS)
    return SQL(
        r"CASE WHEN %(value)s LIKE '%%@%%' OR %(value)s ~ '\d.{5,}\d'"
        " THEN regexp_replace(%(without)s, %(phone)s, %(dots)s, 'g')"
        " WHEN %(value)s <> '' THEN %(value)s END",
        value=column,
        without=without_emails,
        phone=PHONE_IN_TEXT,
        dots=DOTS,
    )
