from psycopg2.errors import CheckViolation, UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestProfile(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rep = new_test_user(
            cls.env,
            "profile_rep",
            groups="sales_team.group_sale_salesman,base.group_partner_manager",
        )
        cls.motive = cls.env["lead.score.motive"].create({"name": "Test motive"})
        cls.rival = cls.env["lead.score.competitor"].create({"name": "Test rival"})
        cls.buyer = cls.env["res.partner"].create({"name": "Berta Buyer"})
        cls.lead = cls.env["crm.lead"].create({"name": "Profile", "user_id": cls.rep.id})

    def test_seven_traits_make_a_complete_profile(self):
        self.assertEqual(self.lead.profile_complete, 0)
        traits = [
            {"profile_need": "vague"},
            {"profile_interest": "high"},
            {"profile_information": "comparing"},
            {"profile_budget": 1000},
            {"profile_decision_date": fields.Date.today()},
            {"profile_motive_ids": [(4, self.motive.id)]},
            {"profile_influencer_ids": [(0, 0, {"name": "Mr. User", "role": "user"})]},
        ]
        complete = []
        for values in traits:
            self.lead.write(values)
            complete.append(self.lead.profile_complete)
        self.assertEqual(complete, [14, 29, 43, 57, 71, 86, 100])
        self.lead.profile_competitor_ids = self.rival
        self.assertEqual(self.lead.profile_complete, 100)

    def test_the_chatter_tells_what_changed_of_a_profile(self):
        lead = self.lead.with_context(tracking_disable=False)
        self.flush_tracking()
        lead.write({"name": "Renamed", "city": "Ghent"})
        self.flush_tracking()
        self.assertNotIn(
            "profile_need", lead.message_ids.tracking_value_ids.field_id.mapped("name")
        )
        lead.write({"profile_need": "defined", "profile_budget": 500})
        self.flush_tracking()
        values = {v.field_id.name: v for v in lead.message_ids.tracking_value_ids}
        self.assertEqual(values["profile_need"].new_value_char, "Requirements known")
        self.assertEqual(values["profile_budget"].new_value_float, 500)

    def test_a_lead_made_while_another_is_edited_stops_no_chatter(self):
        lead = self.lead.with_context(tracking_disable=False)
        self.flush_tracking()
        lead.profile_need = "defined"
        lead.create({"name": "New", "profile_need": "vague"})
        self.flush_tracking()
        self.assertIn("profile_need", lead.message_ids.tracking_value_ids.field_id.mapped("name"))

    def flush_tracking(self):
        self.env.flush_all()
        self.cr.precommit.run()

    def test_a_cycle_tells_the_time_as_well_as_a_date(self):
        self.lead.profile_cycle_days = 60
        self.assertEqual(self.lead.profile_complete, 14)

    def test_budget_fit_follows_budget_and_revenue_and_can_be_overruled(self):
        self.lead.write({"expected_revenue": 1000, "profile_budget": 700})
        self.assertEqual(self.lead.profile_budget_fit, "small")
        self.lead.profile_budget = 800
        self.assertEqual(self.lead.profile_budget_fit, "tight")
        self.lead.profile_budget = 1000
        self.assertEqual(self.lead.profile_budget_fit, "fits")
        self.lead.profile_budget_fit = "small"
        self.assertEqual(self.lead.profile_budget_fit, "small")
        self.lead.profile_budget = 0
        self.assertFalse(self.lead.profile_budget_fit)

    def test_budget_in_another_currency_is_converted(self):
        other = self.env["res.currency"].create(
            {
                "name": "TST",
                "symbol": "T",
                "rate_ids": [(0, 0, {"name": "2000-01-01", "rate": 10.0})],
            }
        )
        self.lead.write(
            {"expected_revenue": 1000, "profile_budget": 1000, "profile_currency_id": other.id}
        )
        self.assertEqual(self.lead.profile_budget_fit, "small")

    def test_decision_maker_known_follows_the_people(self):
        person = self.env["lead.score.influencer"].create(
            {"lead_id": self.lead.id, "partner_id": self.buyer.id, "role": "evaluator"}
        )
        self.assertEqual(person.name, "Berta Buyer")
        self.assertEqual(person.display_name, "Berta Buyer (Evaluator)")
        self.assertFalse(self.lead.profile_has_decider)
        person.role = "decider"
        self.assertTrue(self.lead.profile_has_decider)
        person.unlink()
        self.assertFalse(self.lead.profile_has_decider)

    def test_fields_are_stored_and_searchable_by_rules(self):
        self.lead.write({"profile_need": "pressing", "profile_competitor_ids": [self.rival.id]})
        domain = [
            ("profile_need", "=", "pressing"),
            ("profile_competitor_ids.name", "=", "Test rival"),
            ("profile_complete", ">", 10),
        ]
        self.assertEqual(self.env["crm.lead"].search(domain), self.lead)

    def test_nonsense_is_refused(self):
        people = self.env["lead.score.influencer"]
        with self.assertRaises(ValidationError):
            people.create({"lead_id": self.lead.id, "name": "  "})
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.lead.profile_budget = -1
            self.env.flush_all()
        people.create({"lead_id": self.lead.id, "partner_id": self.buyer.id})
        with (
            self.assertRaises(UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            people.create({"lead_id": self.lead.id, "partner_id": self.buyer.id})

    def test_a_deleted_contact_leaves_the_person_by_name(self):
        person = self.env["lead.score.influencer"].create(
            {"lead_id": self.lead.id, "partner_id": self.buyer.id}
        )
        self.buyer.unlink()
        self.assertEqual(person.name, "Berta Buyer")
        self.assertEqual(self.lead.profile_influencer_ids, person)

    def test_merge_unites_people_motives_and_rivals(self):
        motive = self.env["lead.score.motive"].create({"name": "Test motive 2"})
        foreign = self.env["res.currency"].create({"name": "TSU", "symbol": "U"})
        self.lead.write(
            {
                "type": "opportunity",
                "profile_need": "vague",
                "profile_motive_ids": [self.motive.id],
                "profile_influencer_ids": [(0, 0, {"partner_id": self.buyer.id})],
            }
        )
        other = self.env["crm.lead"].create(
            {
                "name": "Other",
                "user_id": self.rep.id,
                "profile_interest": "high",
                "profile_budget": 500,
                "profile_currency_id": foreign.id,
                "profile_motive_ids": [motive.id],
                "profile_competitor_ids": [self.rival.id],
                "profile_influencer_ids": [
                    (0, 0, {"partner_id": self.buyer.id}),
                    (0, 0, {"name": "Eve", "role": "decider"}),
                ],
            }
        )
        merged = (self.lead | other).merge_opportunity()
        self.assertRecordValues(
            merged,
            [
                {
                    "profile_need": "vague",
                    "profile_interest": "high",
                    "profile_budget": 500,
                    "profile_currency_id": foreign.id,
                    "profile_has_decider": True,
                }
            ],
        )
        self.assertEqual(merged.profile_motive_ids, self.motive | motive)
        self.assertEqual(merged.profile_competitor_ids, self.rival)
        self.assertEqual(merged.profile_influencer_ids.mapped("name"), ["Berta Buyer", "Eve"])

    def test_rep_fills_the_profile_on_the_form(self):
        with Form(self.lead.with_user(self.rep)) as form:
            form.profile_need = "defined"
            form.profile_motive_ids.add(self.motive)
            with form.profile_influencer_ids.new() as line:
                line.name = "Eve"
                line.role = "decider"
        self.assertTrue(self.lead.profile_has_decider)
        self.assertEqual(self.lead.profile_complete, 43)

    def test_people_of_leads_of_others_are_out_of_reach(self):
        other = new_test_user(self.env, "profile_other", groups="sales_team.group_sale_salesman")
        person = self.env["lead.score.influencer"].create({"lead_id": self.lead.id, "name": "Eve"})
        self.assertTrue(person.with_user(self.rep).name)
        with self.assertRaises(AccessError):
            person.with_user(other).check_access("read")
        self.assertFalse(self.env["lead.score.influencer"].with_user(other).search([]))

    def test_rep_adds_a_rival_but_not_a_motive(self):
        self.env["lead.score.competitor"].with_user(self.rep).create({"name": "New rival"})
        with self.assertRaises(AccessError):
            self.env["lead.score.motive"].with_user(self.rep).create({"name": "New motive"})
