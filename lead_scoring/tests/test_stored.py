from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL, sql

from ..models.lead_score_engine import COLUMNS
from .common import ScoreCase


@tagged("post_install", "-at_install")
class TestStored(ScoreCase):
    """What is stored of a score is read together with the lead, and never out of date."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.signal = cls.env["lead.score.signal"].create({"name": "Stored", "code": "stored"})
        cls.card = cls._create_card(
            [
                {"points": 10, "domain": "[('city', '=', 'Ulm')]"},
                {
                    "points": 5,
                    "kind": "signal",
                    "signal_id": cls.signal.id,
                    "dimension": "engagement",
                    "half_life": 0,
                    "repeat": True,
                },
            ]
        )
        cls.lead = cls._create_leads()

    def _edit_while(self, act, city="Ulm"):
        """Edit the lead, and have something happen in the midst of it."""
        leads, original = type(self.env["crm.lead"]), type(self.env["crm.lead"])._track_prepare
        left = [act]

        def prepare(records, fields_iter):
            if left:
                left.pop()()
            return original(records, fields_iter)

        self.patch(leads, "_track_prepare", prepare)
        self.env.flush_all()
        self.env.invalidate_all()
        self.lead.with_context(tracking_disable=False).city = city
        self.assertFalse(left)

    def _total(self):
        return sum(line["points"] for line in self.lead.score_explain())

    def test_what_is_reported_during_an_edit_counts(self):
        self._edit_while(lambda: self.lead.score_signal("stored"))
        self.assertEqual((self.lead.score, self._total()), (15, 15))
        self.assertEqual(self.lead.score_history_ids[0].score_before, 5)

    def test_a_score_set_by_hand_during_an_edit_holds(self):
        # No rule cares about this one.
        self._edit_while(lambda: self.lead.score_set(66, reason="Met them"), city="Bonn")
        self.assertEqual((self.lead.score, self.lead.score_computed), (66, 0))
        self._edit_while(lambda: self.lead.score_set(77, reason="Met them"))
        self.assertEqual((self.lead.score, self.lead.score_computed), (77, 10))

    def test_an_edit_that_fails_leaves_nothing_behind(self):
        def fail():
            raise UserError("Not today")

        with self.assertRaisesRegex(UserError, "Not today"):
            self._edit_while(fail)
        field = self.lead._fields["score_stored"]
        self.assertEqual(list(field._cache_missing_ids(self.lead)), self.lead.ids)

    def test_edits_and_signals_in_turns_in_one_transaction(self):
        for number in range(1, 4):
            self.lead.city = "Ulm"
            self.assertEqual(self.lead.score, 5 * number + 5)
            self.lead.score_signal("stored")
            self.lead.city = "Bonn"
            self.lead.city = "Bonn"
            self.assertEqual((self.lead.score, self._total()), (5 * number, 5 * number))

    def _row(self):
        columns = SQL(", ").join(map(SQL.identifier, COLUMNS))
        query = SQL("SELECT %s FROM lead_score WHERE id = %s", columns, self.lead.id)
        return dict(zip(COLUMNS, self.env.execute_query(query)[0], strict=True))

    def test_a_row_of_which_some_was_overwritten_is_as_if_it_were_new(self):
        self._create_card(
            [
                self._attribute(20, "[('city', '=', 'Ulm')]"),
                self._attribute(30, "[('function', '=', 'CEO')]", dimension="authority"),
                self._signal_rule(40, half_life=9),
            ],
            sequence=0,
        )
        seen = []
        for day, values in enumerate(
            [{"city": "Ulm"}, {"function": "CEO"}, {"city": False}, {"function": False}], start=1
        ):
            self._set_clock(datetime(2027, 3, 1) + timedelta(day))
            if day == 2:
                self.lead.score_signal("stored")
            self.lead.write(values)
            after_edit = self._row()
            self.env.cr.execute("DELETE FROM lead_score WHERE id = %s", [self.lead.id])
            self.env.invalidate_all()
            self.lead.score_refresh()
            self.assertEqual(after_edit, self._row())
            seen.append((after_edit["score"], after_edit["matrix"], bool(after_edit["next_date"])))
        expected = [(20, "B3", False), (75, "B1", True), (52.03, "D1", True), (34.29, "D1", True)]
        self.assertEqual(seen, expected)

    def test_an_edit_that_changes_a_score_asks_no_more_often_than_one_that_does_not(self):
        """Reading what is stored takes no statement of its own; storing takes one."""
        self.lead.city = "Ulm"
        asked = []
        for values in ({"city": "Köln"}, {"city": "Ulm"}):
            self.lead.city = "Bonn"
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.lead.write(values)
            self.env.flush_all()
            asked.append(self.env.cr.sql_log_count - before)
        self.assertEqual(self.lead.score, 10)
        self.assertLessEqual(asked[1] - asked[0], 1)

    def test_it_is_nobodys_field(self):
        self.assertFalse(sql.column_exists(self.env.cr, "crm_lead", "score_stored"))
        mine = self.lead.with_user(self.rep)
        self.assertNotIn("score_stored", mine.fields_get())
        self.assertNotIn("score_stored", mine.read()[0])
        for way in (
            lambda: mine.read(["score_stored"]),
            lambda: mine.search([("score_stored", "!=", False)]),
            lambda: mine.write({"score_stored": [1]}),
        ):
            with self.assertRaises(AccessError):
                way()
        self.assertEqual(mine.copy().score, 0)
