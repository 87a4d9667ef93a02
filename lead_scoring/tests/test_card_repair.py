from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import ScoreCase

GONE = "[('gone', '=', 1)]"


@tagged("post_install", "-at_install")
class TestCardRepair(ScoreCase):
    """Rules on what is no longer there are shown, and stand in nobody's way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.card = cls._create_card(
            [
                {"points": 10, "domain": "[('function', '!=', False)]", "sequence": 7},
                {"points": 5, "domain": "[('city', '!=', False)]", "sequence": 3},
                {
                    "kind": "signal",
                    "signal_id": cls.signal.id,
                    "points": 20,
                    "dimension": "engagement",
                },
            ]
        )

    def _lose_field(self, rule):
        """As if an addon had been removed that brought the field of this rule."""
        self.env.flush_all()
        definition = self.card.definition
        mine = next(one for one in definition["rules"] if one["id"] == rule.id)
        mine["domain"] = GONE
        self.card.definition = definition
        self.env["lead.score.card.version"].search([("card_id", "=", self.card.id)])[
            :1
        ].definition = definition
        self.env.flush_all()
        self.env.cr.execute("UPDATE lead_score_rule SET domain = %s WHERE id = %s", (GONE, rule.id))
        self.env.invalidate_all()

    def _names(self):
        return [rule["name"] for rule in self.card._definition()["rules"]]

    def test_undoing_brings_back_a_deleted_rule_in_its_place(self):
        names = self._names()
        self.card.rule_ids.filtered(lambda rule: rule.points == 5).unlink()
        self.assertTrue(self.card.is_changed)
        self.card.action_discard()
        self.assertFalse(self.card.is_changed)
        self.env.invalidate_all()
        self.assertFalse(self.card.is_changed)
        self.assertEqual(self._names(), names)

    def test_changing_a_rule_is_a_change_at_once(self):
        self.assertFalse(self.card.is_changed)
        self.card.rule_ids[0].points = 11
        self.assertTrue(self.card.is_changed)
        self.card.rule_ids[0].points = self.card.definition["rules"][0]["points"]
        self.assertFalse(self.card.is_changed)

    def test_undoing_copying_and_previewing_with_broken_rules(self):
        self._lose_field(self.card.rule_ids.filtered(lambda rule: rule.points == 10))
        self.signal.unlink()
        self.card.name = "Changed"
        self.card.hot_threshold = 77
        self.card.action_discard()
        self.assertEqual((self.card.hot_threshold, self.card.broken_count), (60, 2))
        copy = self.card.copy()
        self.assertEqual((len(copy.rule_ids), copy.broken_count), (3, 2))
        self.card.action_archive()
        copy = self.card.copy()
        self.assertEqual((copy.active, copy.state), (True, "draft"))
        self.card.action_unarchive()
        self.assertTrue(self.card.action_simulate()["res_id"])
        self.card.action_publish()
        lead = self._create_leads(city="Ulm")
        self.assertEqual(lead.score, 5)

    def test_a_rule_that_was_deleted_and_broke_meanwhile_comes_back_broken(self):
        rule = self.card.rule_ids.filtered(lambda rule: rule.points == 10)
        self._lose_field(rule)
        rule.unlink()
        self.card.action_discard()
        self.assertEqual(self.card.broken_count, 1)
        self.assertFalse(self.card.is_changed)

    def test_a_context_from_outside_does_not_let_broken_rules_in(self):
        for value in (True, 1, "restore"):
            with self.assertRaises(ValidationError):
                self.card.with_context(score_restore=value).write(
                    {"rule_ids": [(0, 0, {"name": "Broken", "domain": GONE})]}
                )

    def test_a_card_whose_own_filter_broke_is_neither_previewed_nor_published(self):
        draft = self.card.copy()
        self.env.cr.execute(
            "UPDATE lead_score_card SET domain = %s WHERE id = %s", (GONE, draft.id)
        )
        draft.invalidate_recordset()
        self.assertIn("gone", draft.broken)
        for button in (draft.action_publish, draft.action_simulate):
            with self.assertRaises(UserError):
                button()
        self.assertEqual(draft.state, "draft")
        draft.domain = "[]"
        self.assertFalse(draft.broken)
        draft.action_publish()

    def test_absurd_numbers_are_refused_in_words(self):
        rule = self.card.rule_ids[0]
        for record, name in (
            (self.card, "fit_cap"),
            (self.card, "hot_threshold"),
            (self.card, "half_life"),
            (rule, "window_days"),
            (rule, "sequence"),
            (rule, "half_life"),
        ):
            for value in (10**10, float("nan"), float("inf"), 10**400):
                with self.subTest(name, value=str(value)[:9]), self.assertRaises(ValidationError):
                    record.write({name: value})
        with self.assertRaises(ValidationError):
            self.env["lead.score.card"].create({"name": "Absurd", "fit_cap": 2**31})

    def test_a_rule_that_a_limit_cuts_says_so(self):
        rule = self.card.rule_ids[0]
        rule.write({"dimension": "budget", "points": 40})
        self.assertIn("15 of 40", rule.limit_note)
        action = self.card.action_simulate()
        lines = self.env["lead.score.simulation"].browse(action["res_id"]).rule_ids
        line = lines.filtered(lambda line: line.rule_id == rule)
        line.sudo().match_count = 1
        line.simulation_id.sudo().lead_count = 2
        self.assertIn("15 of 40", line.note)
        self.card.budget_cap = 40
        self.assertFalse(rule.limit_note)
        rule.points = -5
        self.assertIn("0 of -5", rule.limit_note)
