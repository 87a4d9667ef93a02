"""One spelling of what people type, for masks, lookups and the search for duplicates.

The same number may be typed with full-width or Arabic digits, with hyphens that do not break and
with characters that nobody sees. Whatever is compared or hidden is brought into one form here
first, by what Unicode says about its characters, and nowhere else.
"""

import re
import unicodedata
from functools import lru_cache

from odoo.tools import email_normalize_all

# Nobody calls a company by a longer name; what comes after is not looked at.
LOOKED_AT = 1000
# Longer keys would not fit into an index.
KEY_LETTERS = 120
# Two numbers that are the same in any notation end alike.
TAIL_DIGITS = 7
# Characters of other categories that are never shown: fillers, variation selectors, joiners.
UNSEEN = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, *range(0x180B, 0x1810)}
UNSEEN |= {*range(0xFE00, 0xFE10), *range(0xE0000, 0xE1000)}
# How companies of many countries end their names.
ENDINGS = (
    "ab ag aps as asa asbl bhd bv bvba cia co company corp corporation cv doo dooel eg ehf eirl "
    "eood eurl ev gbr gesmbh gmbh hf inc incorporated jsc kda kft kg kgaa kk lda limited llc llp "
    "lp ltd ltda mbh nv oao od og ohg ooo oou oy oyj pao plc pllc pt pte pty pvt sa sac sapi sarl "
    "sas sasu sca scs sdn se sl sll slu snc sp spa spk spoo sprl srl sro ug uab vof zao zoo zrt "
    "ооо оао зао пао ао ип тоо тов ад оод еоод"
)
# And how some begin them.
BEGINNINGS = "ooo oao zao pao pt ооо оао зао пао ао ип тоо тов"
LEGAL_FORMS = frozenset(ENDINGS.split())
LEGAL_FORMS_FIRST = frozenset(BEGINNINGS.split())
LEGAL_FORMS_CJK = re.compile(
    "^(株式会社|有限会社|合同会社|주식회사|유한회사)"
    "|(股份有限公司|有限责任公司|有限責任公司|有限公司|株式会社|有限会社|合同会社|주식회사|유한회사)$"
)
# Canonical combining classes of accents: Latin, Greek and Cyrillic ones, and Arabic vowels. Other
# marks make another letter.
ACCENTS = {*range(27, 36), *range(200, 241)}


def plain(text):
    """A text in its plainest spelling: what looks alike is written alike.

    Compatible forms are one form (NFKC), digits of all scripts are `0` to `9`, dashes are `-`,
    blanks are blanks, and what nobody sees is gone.

    :param str text: as typed, may be None or False
    :rtype: str
    """
    text = unicodedata.normalize("NFKC", (text or "")[:LOOKED_AT])
    if text.isascii():
        return text
    # What was removed may have stood between a letter and its accent.
    return unicodedata.normalize("NFKC", "".join(map(_plain_letter, text)))


@lru_cache(maxsize=4096)
def _plain_letter(letter):
    category = unicodedata.category(letter)
    value = unicodedata.numeric(letter, None) if category[0] == "N" else None
    # Half a letter (Cs) cannot be stored.
    if category in ("Cf", "Cs") or ord(letter) in UNSEEN:
        return ""
    if value in range(10):
        return str(int(value))
    return {"Pd": "-", "Zs": " ", "Zl": " ", "Zp": " "}.get(category, letter)


def tidy(text):
    """A plain text without outer and double blanks."""
    return " ".join(plain(text).split())


def name_key(text):
    """What two spellings of the name of a company have in common.

    Capitals, accents, blanks, punctuation and the legal form make no difference.

    :rtype: str | None
    """
    letters = _without_accents(plain(text).casefold())
    words = re.sub(r"(?<=\w)[.'’]", "", letters)
    words = "".join(letter if _spells(letter) else " " for letter in words).split()
    key = LEGAL_FORMS_CJK.sub("", "".join(_without_legal_form(words))) or "".join(words)
    # A name of nothing but signs is its own key.
    return (key or "".join(letters.split()))[:KEY_LETTERS] or None


def _without_accents(text):
    if text.isascii():
        return text
    letters = unicodedata.normalize("NFKD", text)
    letters = "".join(letter for letter in letters if unicodedata.combining(letter) not in ACCENTS)
    return unicodedata.normalize("NFKC", letters)


@lru_cache(maxsize=4096)
def _spells(letter):
    return unicodedata.category(letter)[0] in "LMN"


def _without_legal_form(words):
    """Words of a name without the legal form before or after them, unless there are no others."""
    first, last = 0, len(words)
    while last > 1 and (size := _legal_form_at_end(words[:last])):
        last -= size
    if last > 1 and words[0] in LEGAL_FORMS_FIRST:
        first = 1
    return words[first:last] or words


def _legal_form_at_end(words):
    """How many of the last words are a legal form: `gmbh`, but also `s l` and `co kg`."""
    if words[-1] in LEGAL_FORMS:
        return 1
    for size in (2, 3, 4):
        end = words[-size:]
        if (
            len(words) > size
            and all(len(word) == 1 for word in end)
            and "".join(end) in LEGAL_FORMS
        ):
            return size
    return 0


def emails(text):
    """All addresses in a text, in the form in which Odoo compares them.

    :rtype: list[str]
    """
    return list(dict.fromkeys(email_normalize_all(plain(text)))) if text else []


def digits(text):
    """The digits of a number without the zeros before it."""
    return re.sub("[^0-9]", "", plain(text)).lstrip("0")


def tail(text):
    """The last digits of a number, by which an index finds it in any notation."""
    return digits(text)[-TAIL_DIGITS:]
