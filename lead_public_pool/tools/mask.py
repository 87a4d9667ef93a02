"""Contact details made unreadable.

All texts are brought into their plainest spelling first (`spelling.plain`), so that no odd digit,
dash or unseen character saves a number from its mask. What the window of a pool shows is worked out
here as well, when a record comes into a pool, and stored (`pool_masked`): there is one formula.
"""

import re

from odoo.tools import SQL

from .spelling import LOOKED_AT, plain

DOTS = "•••"
EMAIL_DOTS = f"{DOTS}@{DOTS}"
EMAIL = re.compile(r"([^@\s])[^@]*@([^@\s])[^@]*?(\.[^\W\d_]{2,12})?")
# Shorter numbers would show too large a part of themselves.
PHONE_DIGITS = 7
# A number inside a text: so many digits, however they are separated, from its first to its last one
# so many characters. Chinese numerals are read out as digits, too.
DIGIT = "[0-9〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖貳參陸两兩幺]"
# Within a number, the letter O passes for a zero.
NUMBER_IN_TEXT = re.compile(
    rf"\+?{DIGIT}(?:[\W_]{{0,20}}(?:{DIGIT}|o)){{4,}}[\W_]{{0,20}}{DIGIT}", re.IGNORECASE
)
NUMBER_SPAN = 7
# Addresses inside a text, as they are, and written out: `bob (at) acme dot com`.
EMAIL_IN_TEXT = re.compile(r'(?:"[^"@]{1,64}"|[^\s@<>"]{1,254})@{1,9}[^\s@<>"]{1,254}')
OPEN, CLOSE = r"\s{0,9}[(\[{<*_|-]\s{0,9}", r"\s{0,9}[)\]}>*_|-]\s{0,9}"
AT = rf"(?:\s{{0,9}}@{{1,9}}\s{{0,9}}|{OPEN}(?:at|a|@|ät){CLOSE}|\s{{1,9}}(?:at|ät)\s{{1,9}})"
DOT = rf"(?:\.|\s\.\s|{OPEN}(?:dot|punkt|\.){CLOSE}|\s{{1,9}}(?:dot|punkt)\s{{1,9}})"
EMAIL_SPELLED = re.compile(
    rf'[^\s@<>"()\[\]{{}}]{{1,64}}{AT}(?:[\w-]{{1,63}}{DOT}){{1,5}}[^\W\d_]{{2,24}}', re.IGNORECASE
)
URL_IN_TEXT = re.compile(
    r"(?:\b[a-z]{2,9}://|\bwww\.|\b(?:wa|t|m)\.me/|\bmailto:)[^\s<>\"]+", re.IGNORECASE
)
# Names by which people are reached in other nets; after them comes a colon, or a name with a digit.
MESSENGER = r"(?:微信|威信|we-?chat|weixin|\bvx|\bwx|qq|whats-?app|telegram|skype|viber|\bline)"
MESSENGER_IN_TEXT = re.compile(
    rf"({MESSENGER}\s{{0,9}}(?:号|id\b|no\b)?\s{{0,9}})"
    r"(?:[:=]\s{0,9}@?[\w.:-]{3,64}|@?(?=[a-z_.-]{0,40}[0-9_])[a-z0-9][\w.-]{3,64}|@\w{3,64})",
    re.IGNORECASE,
)


def email(value):
    """`b•••@e•••.com`: enough to tell two apart, too little to write to.

    :param str value: an address without a name around it
    """
    if not value:
        return None
    parts = EMAIL.fullmatch(plain(value).strip())
    return f"{parts[1]}{DOTS}@{parts[2]}{DOTS}{parts[3]}" if parts and parts[3] else DOTS


def phone(value):
    """`+86 •••• ••12`: the country and the last two digits.

    :param str value: a telephone number as typed or as E.164
    """
    if not value:
        return None
    value = plain(value).strip()
    digits = re.sub("[^0-9]", "", value)
    if len(digits) < PHONE_DIGITS:
        return DOTS
    country = f"+{digits[:2]} " if value.startswith("+") else ""
    return f"{country}•••• ••{digits[-2:]}"


def text(value):
    """Only the first letter of a name."""
    return value[0] + DOTS if value else None


def scrub(value):
    """A text without the addresses and numbers that somebody typed into it.

    A text with none of them stays as it is, letter by letter.
    """
    if not value:
        return None
    shown = plain(value)
    masked = URL_IN_TEXT.sub(DOTS, shown)
    masked = EMAIL_IN_TEXT.sub(EMAIL_DOTS, masked) if "@" in masked else masked
    masked = EMAIL_SPELLED.sub(EMAIL_DOTS, masked)
    masked = MESSENGER_IN_TEXT.sub(rf"\1{DOTS}", masked)
    masked = NUMBER_IN_TEXT.sub(_number, masked)
    # Of a text that is too long to be looked through, nobody sees the rest.
    return masked if masked != shown or len(value) > LOOKED_AT else value


def _number(found):
    return DOTS if len(found[0].lstrip("+")) >= NUMBER_SPAN else found[0]


def sql_text(column):
    """The counterpart of `text`."""
    return SQL(
        "CASE WHEN %(value)s <> '' THEN left(%(value)s, 1) || %(dots)s END", value=column, dots=DOTS
    )


def sql_dots(column):
    """Nothing but that there is something."""
    return SQL("CASE WHEN %s <> '' THEN %s END", column, DOTS)
