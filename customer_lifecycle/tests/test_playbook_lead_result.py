from datetime import timedelta

from odoo import fields
from odoo.tests import Form, tagged

from .common_playbook import PlaybookCase


@tagged("post_install", "-at_install")
class TestPlaybookLeadResult(PlaybookCase):
    """A playbook on leads is judged like one on customers: against leads that were left alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.playbook = cls._create_playbook(
            model="crm.lead",
            domain="[('name', '=like', 'Nurture %')]",
            control_percent=40,
            daily_limit=0,
            result_days=30,
        )

    def leads(self, count):
        return self.env["crm.lead"].create(
            [
                {
                    "name": f"Nurture {number}",
                    "type": "opportunity",
                    "user_id": self.rep.id,
                    "team_id": self.team.id,
                    "expected_revenue": 100,
                }
                for number in range(count)
            ]
        )

    def play(self, count, treated_won, control_won):
        """So many leads enter 40 days ago; of both groups a share is won ten days later."""
        self.leads(count)
        rows = self._enter()
        self.assertEqual(len(rows), count)
        for control, share in ((False, treated_won), (True, control_won)):
            group = rows.filtered(lambda row, control=control: row.is_control == control)
            group[: round(len(group) * share)].lead_id.action_set_won()
        now = fields.Datetime.now()
        rows.write({"date_start": now - timedelta(days=40), "window_end": now - timedelta(days=10)})
        rows.lead_id.filtered(lambda lead: lead.won_status == "won").date_closed = now - timedelta(
            days=30
        )
        self.playbook.action_measure()
        self.playbook.invalidate_recordset()
        return rows

    def test_leads_of_the_control_group_get_no_step(self):
        self.leads(30)
        rows = self._go()
        control = rows.filtered("is_control")
        self.assertTrue(control)
        self.assertLess(len(control), 30)
        self.assertFalse(self._calls(control.lead_id))
        self.assertFalse(control.log_ids)
        self.assertEqual(len(self._calls((rows - control).lead_id)), 30 - len(control))

    def test_result_compares_wins_and_revenue_with_leads_left_alone(self):
        rows = self.play(120, 0.8, 0.2)
        control = len(rows.filtered("is_control"))
        playbook = self.playbook
        self.assertEqual((playbook.treated_count, playbook.control_count), (120 - control, control))
        self.assertAlmostEqual(playbook.treated_rate, 0.8, delta=0.01)
        self.assertAlmostEqual(playbook.control_rate, 0.2, delta=0.02)
        self.assertAlmostEqual(playbook.treated_revenue, 100 * playbook.treated_rate, places=2)
        self.assertIn("points (+", playbook.rate_difference)
        self.assertIn("to", playbook.revenue_difference)
        self.assertEqual(playbook.verdict_kind, "better")
        self.assertIn("leads are won more often", playbook.verdict)

    def test_harm_and_doubt_are_said_too(self):
        self.play(120, 0.1, 0.7)
        self.assertEqual(self.playbook.verdict_kind, "worse")
        self.assertIn("won less often", self.playbook.verdict)
        self.playbook.enrolment_ids.write({"came_back": False})
        self.playbook.invalidate_recordset()
        self.assertEqual(self.playbook.verdict_kind, "open")
        self.assertIn("may be chance", self.playbook.verdict)

    def test_a_win_after_the_window_or_before_the_entry_does_not_count(self):
        rows = self.play(20, 0, 0)
        early, late = rows.lead_id[:2]
        (early | late).action_set_won()
        now = fields.Datetime.now()
        early.date_closed = now - timedelta(days=50)
        late.date_closed = now - timedelta(days=2)
        rows.write({"measured": False})
        self.playbook.action_measure()
        self.assertFalse(any(rows.mapped("came_back")))

    def test_without_control_group_it_admits_that_nobody_knows(self):
        self.playbook.control_percent = 0
        self.leads(3)
        self._enter()
        self.assertIn("which leads would have been won", self.playbook.verdict)

    def test_result_page_speaks_of_leads(self):
        with Form(self.playbook.with_user(self.boss)) as form:
            self.assertEqual(form.model, "crm.lead")
            view = form._view["tree"]
            labels = {
                node.get("string"): node.get("invisible")
                for node in view.xpath("//field[@name='treated_rate' or @name='control_rate']")
            }
        self.assertEqual(labels["Won"], "model != 'crm.lead'")
        self.assertEqual(labels["Won by themselves"], "model != 'crm.lead'")
