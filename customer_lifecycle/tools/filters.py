"""Filters that people wrote: read as plain values, never computed."""

from ast import literal_eval

from odoo.fields import Domain

# Longer ones are no filters that a person wrote, and reading them takes the server's time.
LONGEST = 50000


def read_filter(text):
    """The filter that a text says; an empty text lets everything through.

    :param str text: a domain of plain values
    :rtype: Domain
    :raise ValueError: if it is none
    """
    text = (text or "[]").strip()
    if len(text) > LONGEST:
        raise ValueError("The filter is too long.")
    try:
        return Domain(literal_eval(text))
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(str(error) or type(error).__name__) from error
