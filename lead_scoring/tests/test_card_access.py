from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import ScoreCase


@tagged("post_install", "-at_install")
class TestCardAccess(ScoreCase):
    def test_rep_reads_and_manager_edits(self):
        card = self._create_card([self._attribute(10, "[]")])
        self.assertEqual(card.with_user(self.rep).name, "Test card")
        with self.assertRaises(AccessError):
            card.with_user(self.rep).write({"name": "Mine"})
        with self.assertRaises(AccessError):
            card.with_user(self.rep).action_publish()
        with self.assertRaises(AccessError):
            card.with_user(self.rep).action_simulate()
        boss = card.with_user(self.boss)
        boss.rule_ids.points = 15
        boss.action_publish()
        self.assertEqual(card.version, 2)

    def test_card_of_another_company_is_hidden(self):
        company = self.env["res.company"].create({"name": "Other"})
        card = self._create_card([self._attribute(10, "[]")], company_id=company.id)
        with self.assertRaises(AccessError):
            card.with_user(self.boss).read(["name"])
        stranger = new_test_user(
            self.env,
            "score_other_company",
            groups="base.group_user,sales_team.group_sale_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.assertTrue(card.with_user(stranger).name)

    def test_events_and_history_follow_the_lead(self):
        self._create_card([self._signal_rule(10)])
        lead = self._create_leads()
        lead.score_signal("t_ask")
        for model in ("lead.score.event", "lead.score.history"):
            rows = self.env[model].search([("lead_id", "=", lead.id)])
            self.assertTrue(rows)
            self.assertEqual(rows.with_user(self.rep).search([("id", "in", rows.ids)]), rows)
            self.assertFalse(rows.with_user(self.other).search([("id", "in", rows.ids)]))

    def test_preview_shows_what_would_change_and_stores_nothing(self):
        live = self._create_card([self._attribute(10, "[]")], sequence=5)
        leads = self._create_leads(3, city="Ulm") | self._create_leads(1, city="Bonn")
        leads[0].score_signal("t_ask")
        draft = self._create_card(
            [
                self._attribute(30, "[('city', '!=', False)]"),
                self._attribute(5, "[('city', '=', 'Nowhere')]"),
                self._signal_rule(20, half_life=0),
            ],
            publish=False,
            sequence=2,
            domain="[('referred', '=', 'score-test'), ('city', '=', 'Ulm')]",
        )
        action = draft.with_user(self.boss).action_simulate()
        preview = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((preview.lead_count, preview.moved_count), (3, 3))
        self.assertEqual((preview.changed_count, preview.taken_count), (3, 0))
        self.assertEqual((preview.average_before, round(preview.average_after, 2)), (10, 36.67))
        self.assertEqual(preview.rule_ids.mapped("match_count"), [3, 0, 1])
        self.assertIn("everything", preview.rule_ids[0].note)
        self.assertIn("nothing", preview.rule_ids[1].note)
        self.assertEqual(preview.lead_ids[0].lead_id, leads[0])
        self.assertEqual(preview.lead_ids[0].score_after, 50)
        self.assertIn("50–60", preview.histogram)
        self.assertEqual(set(leads.mapped("score_card_id")), set(live))
        preview.with_user(self.boss).action_publish()
        self.assertEqual(leads[0].score_card_id, draft)
        self.assertEqual((leads[0].score, leads[3].score), (50, 10))
