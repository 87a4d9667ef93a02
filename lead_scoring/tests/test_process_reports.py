from datetime import datetime, timedelta

from odoo import fields
from odoo.tests import tagged

from .common_process import ProcessCase


@tagged("post_install", "-at_install")
class TestProcessReports(ProcessCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = cls.env["utm.source"].create({"name": "Fair"})
        cls.reason = cls.env.ref("lead_scoring.reject_reason_no_budget")
        cls.raw, cls.mql, cls.rejected, cls.accepted, cls.won = cls._create_leads(
            5, source_id=cls.source.id, type="opportunity", expected_revenue=1000
        )
        (cls.mql | cls.rejected | cls.accepted).action_mql()
        cls.rejected.action_reject(cls.reason.id)
        cls.accepted.action_accept()
        cls.accepted.action_sql()
        cls.won.action_set_won()
        cls.env.flush_all()

    def _report(self, *aggregates, groupby=(), domain=()):
        return self.env["lead.score.report"]._read_group(
            [("source_id", "=", self.source.id), *domain], groupby, aggregates
        )

    def test_funnel_narrows_from_step_to_step(self):
        rows = self.env["lead.score.funnel"]._read_group(
            [("source_id", "=", self.source.id)], ["step"], ["__count"], order="step"
        )
        self.assertEqual(
            rows,
            [("1_lead", 5), ("2_mql", 4), ("3_accepted", 2), ("4_sql", 2), ("5_won", 1)],
        )

    def test_rates_revenue_and_reasons(self):
        (row,) = self._report(
            "mql_count:sum",
            "accepted_count:sum",
            "rejected_count:sum",
            "accept_rate:avg",
            "win_rate:avg",
            "closed_win_rate:avg",
            "revenue:sum",
            "revenue_per_lead:avg",
        )
        self.assertEqual(row, (3, 1, 1, 50, 20, 100, 1000, 200))
        by_reason = self._report(
            "__count", groupby=["reason_id"], domain=[("rejected_count", ">", 0)]
        )
        self.assertEqual(by_reason, [(self.reason, 1)])

    def test_the_funnel_is_told_by_where_leads_come_from_team_and_month(self):
        every = self.env["crm.lead"].with_context(active_test=False)
        leads = every.search([("source_id", "=", self.source.id)])
        campaign = self.env["utm.campaign"].create({"name": "Spring"})
        medium = self.env["utm.medium"].create({"name": "Stall"})
        leads[:2].write({"campaign_id": campaign.id, "medium_id": medium.id})
        self.env.flush_all()
        of_source = [("source_id", "=", self.source.id)]
        for model in ("lead.score.report", "lead.score.funnel"):
            report = self.env[model].sudo()
            for field in ("campaign_id", "medium_id", "team_id", "date_create:month"):
                with self.subTest(model=model, field=field):
                    groups = report._read_group(of_source, [field], ["lead_id:count_distinct"])
                    self.assertEqual(sum(count for _value, count in groups), len(leads))
                    for record in (campaign, medium):
                        if field.startswith(record._name.removeprefix("utm.")):
                            self.assertEqual(dict(groups)[record], 2)

    def test_time_from_step_to_step(self):
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = qualification_mql_date - interval '3 days',"
            " qualification_accepted_date = qualification_mql_date + interval '5 hours'"
            " WHERE id = %s",
            [self.accepted.id],
        )
        report = self.env["lead.score.report"].browse(self.accepted.id)
        self.assertEqual((report.days_to_mql, report.hours_to_decide), (3, 5))

    def test_a_lead_without_a_score_is_in_no_band(self):
        self.env.cr.execute("DELETE FROM lead_score WHERE id = %s", [self.won.id])
        self.env.invalidate_all()
        self.assertFalse(self.env["lead.score.report"].browse(self.won.id).band)

    def test_bands_against_outcome(self):
        self._create_card([self._attribute(95, domain="[('city', '=', 'Best')]", dimension="fit")],
                          fit_cap=100)  # fmt: skip
        best, poor = self._create_leads(2, source_id=self.source.id, type="opportunity")
        best.city = "Best"
        best.action_set_won()
        poor.action_set_lost()
        self.env.flush_all()
        rows = self._report(
            "closed_win_rate:avg",
            groupby=["band"],
            domain=[("lead_id", "in", (best | poor).ids)],
        )
        self.assertEqual(dict(rows), {"0": 0, "4": 100})

    def test_choices_come_in_their_own_order(self):
        leads = self.raw + self.mql + self.rejected
        for lead, temperature in zip(leads, ("cold", "warm", "hot"), strict=True):
            lead.sudo().write({"score_response_temperature": temperature})
        self.env.flush_all()
        rows = self._report(
            "__count",
            groupby=["response_temperature"],
            domain=[("response_temperature", "!=", False)],
        )
        self.assertEqual([row[0] for row in rows], ["hot", "warm", "cold"])

    def test_speed_of_response_by_temperature(self):
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = now() AT TIME ZONE 'UTC' - interval '2 hours'"
            " WHERE id = %s",
            [self.raw.id],
        )
        self.raw.invalidate_recordset()
        self.raw.with_user(self.rep).message_post(
            body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.env.flush_all()
        (row,) = self._report("response_hours:avg")
        self.assertAlmostEqual(row[0], 2, delta=0.1)

    def test_reps_see_their_own_and_managers_all(self):
        for model in ("lead.score.report", "lead.score.funnel"):
            domain = [("source_id", "=", self.source.id)]
            report = self.env[model]
            self.assertTrue(report.with_user(self.rep).search_count(domain))
            self.assertFalse(report.with_user(self.other).search_count(domain))
            self.assertTrue(report.with_user(self.boss).search_count(domain))

    def test_other_companies_stay_out(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.raw.write({"user_id": False, "team_id": False, "company_id": company.id})
        self.env.flush_all()
        ids = self.env["lead.score.report"].with_user(self.boss).search([]).lead_id.ids
        self.assertNotIn(self.raw.id, ids)
        self.assertIn(self.mql.id, ids)

    def test_each_report_opens_with_a_picture(self):
        for name in ("funnel_action", *(f"report_action_{key}" for key in (
            "source", "reject", "band", "response"
        ))):  # fmt: skip
            action = self.env["ir.actions.act_window"]._for_xml_id(
                f"lead_scoring.lead_score_{name}"
            )
            self.assertEqual(action["views"][0][1], "graph")
            model = self.env[action["res_model"]].with_user(self.boss)
            for view_id, view_type in action["views"]:
                model.get_view(view_id, view_type)

    def test_digest_counts_the_period(self):
        self.env.user.group_ids += self.env.ref("sales_team.group_sale_manager")
        digest = self.env["digest.digest"].create(
            {"name": "Scores", "kpi_score_mql": True, "kpi_score_accepted": True}
        )
        now = fields.Datetime.now()
        before = digest.with_context(
            start_datetime=now - timedelta(days=1), end_datetime=now + timedelta(days=1)
        )
        mqls = before.kpi_score_mql_value
        self.assertGreaterEqual(mqls, 3)
        self.assertGreaterEqual(before.kpi_score_accepted_value, 1)
        past = digest.with_context(
            start_datetime=datetime(2000, 1, 1), end_datetime=datetime(2000, 1, 2)
        )
        past.invalidate_recordset()
        self.assertEqual(past.kpi_score_mql_value, 0)
        self.assertEqual(past.kpi_score_hot_value, 0)
