from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.lead_public_pool.tools.clock import due_date, from_local, local_date, to_local
from odoo.addons.lead_public_pool.tools.substance import weight

from ..common import top_level

ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "America/Santiago", "Asia/Kolkata", "Asia/Shanghai"]
)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1))
INVISIBLE = st.text(alphabet="\u200b\u2060\ufeff\u00ad\u034f ._-", max_size=20)


def examples(count):
    return settings(max_examples=count, deadline=None, derandomize=True)


@top_level
class TestPoolProperties(BaseCase):
    """What holds for any moment, zone and text, and not only for those that somebody thought of."""

    def test_a_term_of_days_ends_so_many_local_days_later_at_the_same_time(self):
        @examples(200)
        @given(ZONES, MOMENTS, st.integers(1, 400))
        def ends_alike(zone, base, days):
            due = due_date(base, days, "day", zone)
            passed = to_local(due, zone) - to_local(base, zone)
            self.assertEqual((local_date(due, zone) - local_date(base, zone)).days, days)
            # An hour that a change of clocks leaves out is the next one.
            self.assertLessEqual(abs(passed - timedelta(days=days)), timedelta(hours=1))
            if to_local(base, zone).hour > 3:
                self.assertEqual(passed, timedelta(days=days))

        ends_alike()

    def test_local_time_and_back(self):
        @examples(200)
        @given(ZONES, MOMENTS)
        def comes_back(zone, moment):
            back = from_local(to_local(moment, zone), zone)
            # Of an hour that comes twice, it is the first one.
            self.assertIn(moment - back, (timedelta(), timedelta(hours=1)))

        comes_back()

    def test_padding_makes_no_text_heavier(self):
        texts = st.text(alphabet=st.characters(categories=("L", "N")), min_size=1, max_size=30)

        @examples(200)
        @given(texts, INVISIBLE, st.integers(2, 6))
        def weighs_alike(text, padding, times):
            self.assertEqual(weight(padding + text + padding), weight(text))
            self.assertLessEqual(weight((text + padding) * times), weight(text + text))
            self.assertLessEqual(weight(text[:1] * times), 3)

        weighs_alike()
