import json
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import ScoreCase


@tagged("post_install", "-at_install")
class TestRules(ScoreCase):
    def test_a_pattern_that_breaks_off_is_refused_and_stops_no_lead(self):
        """The database fails over it only once a lead matches all that comes before."""
        text = "[('name', '=like', 'Lead 0\\\\')]"
        for domain in (text, f"[('tag_ids', 'any', {text})]", text.replace("=like", "not =like")):
            with self.subTest(domain), self.assertRaises(ValidationError):
                self._create_card([self._attribute(domain=domain)])
        card = self._create_card([self._attribute(), self._attribute(5, domain="[]")])
        self.env.cr.execute(
            "UPDATE lead_score_card SET definition = jsonb_set(definition, '{rules,0,domain}', %s)"
            " WHERE id = %s",
            (json.dumps(text), card.id),
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        leads = self._create_leads(12)
        self.env["crm.lead"]._score_run("refresh")
        self.assertEqual(set(leads.mapped("score")), {5})

    def test_attribute_rules_and_limits_of_dimensions(self):
        self._create_card(
            [
                self._attribute(25, dimension="fit"),
                self._attribute(25, "[('city', '=', 'Ulm')]", dimension="fit"),
                self._attribute(-30, "[('referred', '!=', False)]", dimension="negative"),
            ]
        )
        lead = self._create_leads(function="Boss", city="Ulm")
        self.assertEqual((lead.score_fit, lead.score_negative, lead.score), (40, -30, 10))
        self.assertEqual((lead.score_grade, lead.score_temperature), ("A", "cold"))
        lead.city = False
        self.assertEqual((lead.score_fit, lead.score, lead.score_grade), (25, 0, "B"))

    def test_only_fields_that_rules_look_at_cause_scoring(self):
        self._create_card([self._attribute(10, "[('partner_name', '!=', False)]")])
        watched = self.env["crm.lead"]._score_watched()
        self.assertIn("partner_name", watched)
        self.assertIn("partner_id", watched, "it makes the name of the company")
        self.assertNotIn("description", watched)

    def test_a_new_owner_who_brings_no_other_team_causes_no_scoring(self):
        self._create_card([self._attribute(10, "[('partner_name', '!=', False)]")])
        lead = self._create_leads()
        here, there = self.env["crm.team"].create([{"name": "Here"}, {"name": "There"}])
        users = [
            new_test_user(
                self.env, f"score_owner_{number}", groups="sales_team.group_sale_salesman"
            )
            for number in range(3)
        ]
        for user, team in zip(users, (here, here, there), strict=True):
            self.env["crm.team.member"].create({"user_id": user.id, "crm_team_id": team.id})
        lead.write({"user_id": users[0].id, "team_id": here.id})
        scored = []
        self.patch(
            type(lead), "_score_update", lambda leads, reason: scored.append((leads, reason))
        )
        lead.user_id = users[1]
        self.assertFalse(scored)
        lead.user_id = users[2]
        self.assertEqual(lead.team_id, there)
        self.assertEqual(scored, [(lead, "edit")])

    def _scored_by(self, leads, **values):
        """The leads that are scored because of a write."""
        scored = self.env["crm.lead"]
        whole = type(leads)._score_update

        def note(leads, reason):
            nonlocal scored
            scored |= leads
            return whole(leads, reason)

        with patch.object(type(leads), "_score_update", note):
            leads.write(values)
        return scored

    def test_what_a_rule_looks_at_is_worked_out_for_who_edits(self):
        self._create_card([self._attribute(domain="[('phone_sanitized', '!=', False)]")])
        company = self.env["res.company"].create(
            {"name": "Maison", "country_id": self.env.ref("base.fr").id}
        )
        rep = new_test_user(
            self.env,
            "score_rep_fr",
            groups="base.group_user,sales_team.group_sale_salesman",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        values = {"name": "Phone", "referred": "score-test", "phone": "06 12 34 56 78"}
        lead = self.env["crm.lead"].with_user(rep).create(values)
        self.assertEqual(lead.phone_sanitized, "+33612345678")
        lead.phone = "06 12 34 56 79"
        self.assertEqual(lead.phone_sanitized, "+33612345679")

    def test_an_edit_of_which_no_rule_says_anything_new_causes_no_scoring(self):
        self._create_card(
            [
                self._attribute(10, "[('expected_revenue', '>=', 1000)]"),
                self._attribute(20, "[('function', 'ilike', 'boss')]"),
                self._attribute(30, "['!', ('country_id.code', '=', 'DE')]"),
            ]
        )
        rich = self._create_leads(expected_revenue=5000, function="Boss")
        poor = self._create_leads(expected_revenue=5)
        both = rich | poor
        self.assertFalse(self._scored_by(rich, expected_revenue=1000, function="The Bosses"))
        self.assertFalse(self._scored_by(rich, priority="1"))
        self.assertEqual(self._scored_by(both, expected_revenue=2000), poor)
        self.assertEqual(poor.score, 40)
        self.assertEqual(self._scored_by(both, function="Clerk"), rich)
        self.assertEqual(rich.score, 40)
        # Of what lies beyond the lead, a change is noticed.
        germany = self.env.ref("base.de")
        self.assertEqual(self._scored_by(rich, country_id=germany.id), rich)
        self.assertEqual(rich.score, 10)
        self.assertFalse(self._scored_by(rich, country_id=germany.id))

    def test_a_stage_moves_on_without_scoring_unless_the_lead_is_closed_or_opened(self):
        self._create_card([self._attribute(10)])
        lead = self._create_leads(function="Boss")
        stages = self.env["crm.stage"].search([("is_won", "=", False)], limit=2)
        self.assertFalse(self._scored_by(lead, stage_id=(stages - lead.stage_id)[0].id))
        self.assertEqual(self._scored_by(lead, active=False, probability=0), lead)
        lead.function = False
        self.assertEqual(lead.score, 10, "a closed lead keeps its score")
        self.assertEqual(self._scored_by(lead, active=True, probability=10), lead)
        self.assertEqual(lead.score, 0)

    def test_frequency_window_once_and_at_most(self):
        lead = self._create_leads()

        def score(**rule):
            card = self._create_card([self._signal_rule(10, half_life=0, **rule)])
            result = lead.score_engagement
            card.action_archive()
            return result

        for days in (1, 5, 50):
            lead.score_signal("t_ask", date=self._days_ago(days))
        self.assertEqual(score(), 30)
        self.assertEqual(score(frequency=3), 30)
        self.assertEqual(score(frequency=4), 0)
        self.assertEqual(score(window_days=5), 20)
        self.assertEqual(score(window_days=4), 10)
        self.assertEqual(score(repeat=False), 10)
        self.assertEqual(score(max_count=2), 20)
        self.assertEqual(score(window_days=5, frequency=3), 0)

    def test_linear_decay(self):
        self._create_card([self._signal_rule(20)], decay="linear", half_life=10)
        lead = self._create_leads()
        lead.score_signal("t_ask", date=self._days_ago(5))
        self.assertEqual(lead.score_engagement, 15)
        self.assertEqual(self._create_leads().score_engagement, 0)

    def test_inactivity_costs_points_until_something_happens(self):
        self._create_card(
            [self._attribute(30, "[]"), self._signal_rule(1)],
            inactivity_days=30,
            inactivity_points=10,
        )
        lead = self._create_leads()
        self.assertEqual(lead.score, 30)
        self._set_clock(self.env.cr.now() + timedelta(days=30))
        lead.score_refresh()
        self.assertEqual((lead.score, lead.score_negative), (20, -10))
        lead.score_signal("t_bounce")
        self.assertEqual(lead.score, 20, "a bounce shows no life")
        lead.score_signal("t_ask")
        self.assertEqual(lead.score, 31)

    def test_first_card_by_priority_judges(self):
        late = self._create_card([self._attribute(10, "[]")], sequence=5)
        early = self._create_card(
            [self._attribute(20, "[]")],
            sequence=2,
            domain="[('referred', '=', 'score-test'), ('city', '=', 'Ulm')]",
        )
        ulm, bonn = self._create_leads(city="Ulm"), self._create_leads(city="Bonn")
        self.assertEqual((ulm.score_card_id, ulm.score), (early, 20))
        self.assertEqual((bonn.score_card_id, bonn.score), (late, 10))
        bonn.city = "Ulm"
        self.assertEqual(bonn.score_card_id, early)
        early.action_archive()
        self.assertEqual((ulm.score_card_id, ulm.score), (late, 10))

    def test_card_of_a_team_and_of_a_company(self):
        team = self.env["crm.team"].create({"name": "T", "company_id": False})
        card = self._create_card([self._attribute(10, "[]")], team_ids=[(6, 0, team.ids)])
        inside = self._create_leads(team_id=team.id, user_id=False)
        outside = self._create_leads(user_id=False, team_id=False)
        self.assertEqual(inside.score_card_id, card)
        self.assertNotEqual(outside.score_card_id, card)
        company = self.env["res.company"].create({"name": "Other"})
        other = self._create_card([self._attribute(5, "[]")], company_id=company.id, sequence=0)
        lead = self._create_leads(company_id=company.id, user_id=False, team_id=False)
        self.assertEqual(lead.score_card_id, other)
        self.assertEqual(inside.score_card_id, card)

    def test_editing_counts_only_when_published_and_raises_the_version(self):
        card = self._create_card([self._attribute(10, "[]")])
        lead = self._create_leads()
        card.rule_ids.points = 20
        lead.score_refresh()
        self.assertEqual((lead.score, card.version, card.is_changed), (10, 1, True))
        card.action_publish()
        self.assertEqual((lead.score, card.version, card.is_changed), (20, 2, False))
        self.assertEqual(lead.score_history_ids[0].card_version, 2)
        card.action_publish()
        self.assertEqual(card.version, 2, "nothing had changed")
        card.rule_ids.points = 50
        card.rule_ids.create({"name": "New", "card_id": card.id, "points": 1})
        card.action_discard()
        self.assertEqual((card.is_changed, card.rule_ids.points), (False, 20))

    def test_bad_rules_are_refused_or_flagged_and_the_rest_goes_on(self):
        for domain in ("[('nonsense', '=', 1)]", "not a filter", "[('score', '>', 5)]", "7"):
            with self.subTest(domain=domain), self.assertRaises(ValidationError):
                self._create_card([self._attribute(10, domain)])
        with self.assertRaises(UserError):
            self._create_card([])
        with self.assertRaises(ValidationError):
            self._create_card([], publish=False, hot_threshold=10, warm_threshold=20)
        card = self._create_card([self._attribute(10, "[]"), self._signal_rule(20)])
        lead = self._create_leads()
        lead.score_signal("t_ask")
        self.assertEqual(lead.score, 30)
        # A field that an addon took along when it was removed.
        definition = card.definition
        definition["rules"].append(
            {**definition["rules"][0], "id": 0, "domain": "[('gone','=',1)]"}
        )
        card.definition = definition
        self.env.cr.execute(
            "UPDATE lead_score_rule SET domain = '[(''gone'', ''='', 1)]' WHERE id = %s",
            (card.rule_ids[0].id,),
        )
        self.signal.action_archive()
        card.rule_ids.invalidate_recordset()
        lead.score_refresh()
        self.assertEqual(lead.score, 10)
        self.assertEqual(card.broken_count, 2)
        self.assertTrue(all("Broken" in rule.broken for rule in card.rule_ids))

    def test_points_beyond_the_range_are_refused(self):
        import psycopg2

        from odoo.tools import mute_logger

        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"):
            self._create_card([self._attribute(101)])

    def test_rule_that_depends_on_the_date_is_checked_daily(self):
        card = self._create_card([self._attribute(10, "[('create_date', '>=', '-5d')]")])
        lead = self._create_leads()
        self.assertTrue(card.rule_ids.is_daily)
        self.assertEqual(lead.score, 10)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = create_date - interval '8 days' WHERE id = %s",
            (lead.id,),
        )
        self.env.invalidate_all()
        card.check_date = self.env["crm.lead"]._score_today() - timedelta(days=1)
        self._run_cron("refresh")
        self.assertEqual(lead.score, 0)
        self.assertEqual(card.check_date, self.env["crm.lead"]._score_today())

    def test_published_card_stays(self):
        card = self._create_card([self._attribute()])
        with self.assertRaises(UserError):
            card.unlink()
        self._create_card([self._attribute()], publish=False).unlink()

    def test_default_card_scores_from_the_start(self):
        card = self.env.ref("lead_scoring.score_card_default")
        self.assertEqual((card.state, card.version, card.broken_count), ("published", 1, 0))
        lead = self.env["crm.lead"].create({"name": "Fresh", "partner_name": "Ltd"})
        self.assertEqual((lead.score_card_id, lead.score), (card, 10))
