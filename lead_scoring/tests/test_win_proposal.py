from odoo import Command, fields
from odoo.exceptions import UserError

from .common_win import WinCase


class TestWinProposal(WinCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_leads(240)
        cls.card = cls.env["lead.score.card"].create(
            {
                "name": "Win card",
                "company_id": cls.company.id,
                "rule_ids": [
                    Command.create(
                        {
                            "name": name,
                            "kind": "attribute",
                            "points": points,
                            "domain": f"[('source_id', '=', {source_id})]",
                        }
                    )
                    for name, points, source_id in (
                        ("Referral", 5, cls.referral.id),
                        ("Fair", 30, cls.fair.id),
                    )
                ],
            }
        )

    def test_learned_points_are_proposed_and_taken_one_by_one(self):
        proposal = (
            self.env["lead.score.proposal"].with_user(self.boss).create({"card_id": self.card.id})
        )
        proposal.action_learn()
        referral, fair = proposal.line_ids
        self.assertGreater(proposal.auc_after, proposal.auc_before + 0.1)
        self.assertLess(proposal.loss_after, proposal.loss_before)
        self.assertGreater(referral.points, fair.points)
        self.assertGreater(referral.rate, 70)
        self.assertGreater(referral.lift, 1.5)
        self.assertIn("points: ", proposal.band_text)
        self.assertIn("Learned points tell won from lost better", proposal.verdict)
        self.assertEqual(self.card.rule_ids.mapped("points"), [5, 30], "only proposed")
        referral.action_accept()
        self.assertEqual(self.card.rule_ids.mapped("points"), [referral.points, 30])
        proposal.action_refuse_all()
        self.assertEqual(fair.state, "refused")
        self.assertEqual(self.card.rule_ids.mapped("points"), [referral.points, 30])
        proposal.action_accept_all()
        self.assertEqual(self.card.rule_ids.mapped("points"), [referral.points, fair.points])

    def test_who_reads_it_reads_it_in_his_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        proposal = self.env["lead.score.proposal"].create({"card_id": self.card.id})
        self.assertFalse(proposal.verdict or proposal.band_text)
        proposal.action_learn()
        chinese = proposal.with_context(lang="zh_CN")
        for name in ("verdict", "band_text"):
            self.assertRegex(chinese[name], "[\u4e00-\u9fff]", name)
            self.assertNotRegex(proposal[name], "[\u4e00-\u9fff]", name)
        self.assertEqual(len(chinese.band_text.splitlines()), len(proposal.bands))

    def test_what_no_closed_lead_matches_keeps_its_points_and_limits_count(self):
        rule = self.env["lead.score.rule"].create(
            {"name": "Never", "card_id": self.card.id, "points": 33,
             "domain": "[('city', '=', 'Nowhere at all')]"}
        )  # fmt: skip
        self.card.rule_ids.filtered(lambda rule: rule.name == "Fair").points = 95
        self.card.fit_cap = 40
        proposal = self.env["lead.score.proposal"].create({"card_id": self.card.id})
        proposal.action_learn()
        line = proposal.line_ids.filtered(lambda line: line.rule_id == rule)
        self.assertEqual((line.match_count, line.points), (0, 33))
        self.assertIn("40 to 60", proposal.band_text)
        self.assertNotIn("80 to 100", proposal.band_text, "fit counts at most 40 points")

    def test_only_leads_of_the_teams_of_the_card_teach(self):
        team = self.env["crm.team"].create({"name": "Other", "company_id": self.company.id})
        self.card.team_ids = team
        proposal = self.env["lead.score.proposal"].create({"card_id": self.card.id})
        with self.assertRaisesRegex(UserError, "there are 0 won and 0 lost"):
            proposal.action_learn()

    def test_too_few_leads_to_learn_points(self):
        self.card.domain = "[('name', '=', 'nothing is called this')]"
        proposal = self.env["lead.score.proposal"].create({"card_id": self.card.id})
        with self.assertRaisesRegex(UserError, "40 won"):
            proposal.action_learn()

    def test_signals_after_the_closing_teach_nothing(self):
        signal = self.env["lead.score.signal"].create({"name": "Asked", "code": "win_ask"})
        rule = self.env["lead.score.rule"].create(
            {
                "name": "Asked",
                "card_id": self.card.id,
                "kind": "signal",
                "signal_id": signal.id,
                "points": 10,
            }
        )
        lead = self._open_lead()
        lead.score_signal("win_ask")
        lead.action_set_lost()
        early = fields.Datetime.subtract(lead.date_closed, days=1)
        late = fields.Datetime.add(lead.date_closed, days=1)
        proposal = self.env["lead.score.proposal"].create({"card_id": self.card.id})
        self.assertEqual(proposal._matches(rule, lead.ids, [late]).tolist(), [1.0])
        self.assertEqual(proposal._matches(rule, lead.ids, [early]).tolist(), [0.0])
