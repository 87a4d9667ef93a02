import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.lead_public_pool.tools import mask, spelling

from ..common import top_level
from .test_pool_properties import examples

TEXTS = st.text(max_size=40)
# Every digit of every script, with its value.
DIGITS = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Nd"]
DASHES = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Pd"]
BLANKS = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Zs"]
UNSEEN = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"]
SEPARATORS = st.text(
    alphabet=st.sampled_from([*DASHES, *BLANKS, *UNSEEN, *"()./_,;:*·•#|+\u20e3\ufe0f\t\n"]),
    max_size=6,
)
WORDS = st.text(alphabet="abcdefghijk", min_size=1, max_size=8)
FORMS = st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"])
# ASCII signs and letters, and their full-width forms.
WIDE = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}
ATS = ("@", "＠", "﹫", " @ ", " ＠\u00a0", "(at)", " [at] ", " at ", "\u200b@\u200b")


@st.composite
def numbers(draw):
    """A number as digits, and as somebody may type it."""
    typed = draw(st.lists(st.sampled_from(DIGITS), min_size=7, max_size=15))
    text = "".join(draw(SEPARATORS) + digit for digit in typed)
    return "".join(str(unicodedata.digit(digit)) for digit in typed), text


def runs(text):
    """Digits that stand together in a text, whatever stands between them but letters."""
    return [re.sub("[^0-9]", "", run) for run in re.findall(r"(?:[0-9][\W_]*)+", mask.plain(text))]


@top_level
class TestSpellingProperties(BaseCase):
    """What holds for any text that somebody types, and not only for those in the examples."""

    def test_a_plain_text_is_as_plain_as_can_be(self):
        @examples(400)
        @given(TEXTS)
        def once_is_enough(text):
            plain = spelling.plain(text)
            self.assertEqual(spelling.plain(plain), plain)
            categories = {unicodedata.category(letter) for letter in plain}
            self.assertFalse(categories & {"Cf", "Zl", "Zp"})
            for letter in plain:
                category = unicodedata.category(letter)
                self.assertTrue(category != "Nd" or letter in "0123456789", letter)
                self.assertTrue(category != "Pd" or letter == "-", letter)
                self.assertTrue(category != "Zs" or letter == " ", letter)

        once_is_enough()

    def test_no_number_shows_through_a_mask(self):
        @examples(400)
        @given(WORDS, numbers(), WORDS)
        def hidden(before, number, after):
            _digits, text = number
            shown = mask.scrub(f"{before} {text} {after}")
            self.assertIn(mask.DOTS, shown)
            self.assertFalse([run for run in runs(shown) if len(run) > 2], shown)
            self.assertNotRegex(mask.phone(text) or "", r"\d{3}")

        hidden()

    def test_no_address_shows_through_a_mask(self):
        @examples(300)
        @given(WORDS, st.sampled_from(ATS), WORDS, st.sampled_from(["com", "de", "example"]))
        def hidden(name, at, domain, end):
            shown = mask.plain(mask.scrub(f"call zzz{name}{at}yyy{domain}.{end}"))
            self.assertNotIn(f"yyy{domain}", shown)
            self.assertNotIn(f"zzz{name}", shown)

        hidden()

    def test_texts_without_digits_and_signs_stay(self):
        @examples(200)
        @given(st.text(alphabet=st.characters(categories=("Lu", "Ll", "Mn")), max_size=30))
        def stays(text):
            if not re.search(mask.DIGIT, mask.plain(text)):
                self.assertEqual(mask.scrub(text), text or None)

        stays()

    def test_a_number_is_the_same_however_it_is_typed(self):
        @examples(300)
        @given(numbers(), numbers())
        def compares(one, other):
            self.assertEqual(spelling.digits(one[1]), one[0].lstrip("0"))
            same = one[0].lstrip("0") == other[0].lstrip("0")
            self.assertEqual(spelling.digits(one[1]) == spelling.digits(other[1]), same)

        compares()

    def test_a_name_is_the_same_however_it_is_typed(self):
        @examples(300)
        @given(
            st.lists(WORDS, min_size=1, max_size=4),
            SEPARATORS,
            FORMS,
        )
        def compares(words, padding, form):
            key = spelling.name_key(" ".join(words))
            blanks = "".join(letter for letter in padding if letter in BLANKS)
            typed = unicodedata.normalize(form, f"{blanks}  ".join(words).upper())
            self.assertEqual(spelling.name_key(f" {typed}{blanks}"), key)
            wide = typed.translate(WIDE)
            self.assertEqual(spelling.name_key(wide), key)

        compares()

    def test_a_key_of_a_key_is_itself_and_fits_into_an_index(self):
        @examples(300)
        @given(st.text(max_size=300))
        def fits(text):
            key = spelling.name_key(text)
            self.assertLessEqual(len((key or "").encode()), 4 * spelling.KEY_LETTERS)
            self.assertEqual(spelling.name_key((text + " ") if text else text), key)

        fits()
