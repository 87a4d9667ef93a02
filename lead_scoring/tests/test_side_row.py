from odoo.tests import Form, tagged

from ..models.lead_score_fields import SCORE_FIELDS
from ..models.lead_win_probability import WIN_FIELDS
from .common import ScoreCase


@tagged("post_install", "-at_install")
class TestSideRow(ScoreCase):
    """What a lead shows of its rows in the narrow tables, and what each call on it costs."""

    def setUp(self):
        super().setUp()
        self._create_card(
            [self._attribute(30, dimension="fit")], hot_threshold=20, warm_threshold=10
        )
        self.known = self._create_leads(function="Boss")
        self.known.score_set(55, reason="They called")
        self.env.cr.execute(
            "INSERT INTO lead_win (id, probability, band, date) VALUES (%s, 12.5, 'low', now())",
            [self.known.id],
        )
        self.unknown = self._create_leads()
        self.env.cr.execute("DELETE FROM lead_score WHERE id = %s", [self.unknown.id])
        self.env.invalidate_all()

    def _assert_shown(self, lead):
        """A lead shows each column as Odoo shows it of the row itself."""
        for link, names in (("lead_score_id", SCORE_FIELDS), ("lead_win_id", WIN_FIELDS)):
            for name, column in names.items():
                self.assertEqual(lead[name], lead[link][column], name)

    def test_a_lead_shows_what_its_rows_say(self):
        leads = self.known | self.unknown
        self.assertEqual(leads.mapped("score"), [55.0, 0.0])
        self.assertEqual(leads.mapped("win_probability"), [12.5, 0.0])
        self.assertEqual(leads.mapped("win_is_stale"), [False, False])
        for lead in leads:
            self._assert_shown(lead)
        self.assertEqual(self.known.score_override_user_id, self.env.user)
        self.assertEqual(self.known.score_grade, "A")
        self.assertIs(self.unknown.score_grade, False)
        self.assertFalse(self.unknown.lead_score_id)

    def test_it_is_shown_again_after_an_edit(self):
        self.assertEqual(self.known.score_fit, 30)
        self.known.function = False
        self.assertEqual((self.known.score_fit, self.known.score_computed), (0, 0))
        self.known.score_unset()
        self._assert_shown(self.known)
        self.assertEqual(self.known.score_temperature, "cold")
        self.unknown.function = "Boss"
        self._assert_shown(self.unknown)
        self.assertEqual(self.unknown.score_temperature, "hot")

    def test_a_lead_that_is_being_edited_shows_its_rows(self):
        with Form(self.known.with_user(self.rep)) as form:
            self.assertEqual((form.score, form.score_grade, form.win_band), (55, "A", "low"))
            form.name = "Renamed"
        with Form(self.env["crm.lead"].with_user(self.rep)) as form:
            self.assertEqual((form.score, form.score_grade), (0, False))
            form.name = "New"

    def test_all_that_is_shown_of_a_row_is_read_at_once(self):
        leads = (self.known | self.unknown).with_user(self.rep)
        leads.mapped("score_fit")
        leads.mapped("win_band")
        with self.assertQueryCount(0):
            for name in (*SCORE_FIELDS, *WIN_FIELDS):
                leads.mapped(name)

    def test_what_somebody_else_relates_to_a_row_is_left_to_odoo(self):
        self.env["ir.model.fields"].create(
            [
                {
                    "name": name,
                    "field_description": name,
                    "model_id": self.env["ir.model"]._get_id("crm.lead"),
                    "ttype": kind,
                    "related": related,
                    "store": store,
                }
                for name, kind, related, store in (
                    ("x_card_active", "boolean", "lead_score_id.card_id.active", False),
                    ("x_fit", "float", "lead_score_id.fit", True),
                    ("x_row", "char", "lead_score_id.display_name", False),
                )
            ]
        )
        lead = self.known.browse(self.known.id)
        self.assertFalse({"x_card_active", "x_fit", "x_row"} & lead._score_beside().keys())
        self.assertEqual((lead.score_fit, lead.x_fit, lead.x_card_active), (30, 30, True))
        self.assertEqual(lead.x_row, lead.lead_score_id.display_name)
        self._assert_shown(lead)

    def test_the_lead_is_extended_and_not_mixed(self):
        """Odoo sorts out the bases of a model twice per call, which abstract models make dear."""
        mixed = [base.__name__ for base in type(self.known).__bases__ if hasattr(base, "pool")]
        self.assertFalse([name for name in mixed if name.startswith(("lead.score", "lead.win"))])
