"""Whether two telephone numbers are one, in whatever notation."""

import re

try:
    import phonenumbers
except ImportError:  # Odoo does without it as well
    phonenumbers = None

from .spelling import TAIL_DIGITS, digits, plain, tidy


def same(known, asked):
    """Whether somebody asks for a known number, with its country or as people there write it.

    :param str known: with its country (E.164)
    :param str asked: as typed
    """
    asked = tidy(asked)
    if asked.startswith("00"):
        asked = f"+{asked[2:]}"
    if phonenumbers:
        match = phonenumbers.is_number_match(known, asked)
        return match in (phonenumbers.MatchType.EXACT_MATCH, phonenumbers.MatchType.NSN_MATCH)
    number = digits(asked)
    return digits(known) == number or (not asked.startswith("+") and digits(known).endswith(number))


def spellings(asked, number=None):
    """Digits with which a number may have been written down, with its country and without.

    :param str asked: as typed
    :param str number: with its country (E.164), if that is known
    :rtype: list[str]
    """
    found = [digits(asked)]
    if number and phonenumbers:
        found += [digits(number), str(_national(number))]
    elif phonenumbers and tidy(asked).startswith(("+", "00")):
        found.append(str(_national(f"+{digits(asked)}")))
    return list(dict.fromkeys(filter(None, found)))


def written(text):
    """Digits of all numbers in a field, where somebody may have written down two.

    :rtype: list[str]
    """
    parts = re.split(r"[/;,|\n]", plain(text))
    # A slash may as well stand within one number.
    several = all(len(digits(part)) >= TAIL_DIGITS for part in parts)
    found = [spelling for part in (parts if several else [text]) for spelling in spellings(part)]
    return list(dict.fromkeys(found))


def _national(number):
    try:
        return phonenumbers.parse(number, None).national_number
    except phonenumbers.NumberParseException:
        return ""
