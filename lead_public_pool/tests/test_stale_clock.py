from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.lead_public_pool.models import lead_pool_clock
from odoo.addons.lead_public_pool.models.lead_pool_engine import ENGINE

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestStaleClock(PoolCase):
    """What a return depends on may change elsewhere: it is looked at again in time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._create_rule(delay=10)
        cls.pool.write({"warn_steps": "7, 3, 1", "warn_manager": True})
        cls.france, cls.spain = cls.env.ref("base.fr"), cls.env.ref("base.es")

    def setUp(self):
        super().setUp()
        self.start = self.env.cr.now()

    def _at(self, *crons, **delta):
        self._set_clock(self.start + timedelta(**delta))
        for cron in crons:
            self._run_cron(cron)

    def _meet(self, lead, **delta):
        start = self.start + timedelta(**delta)
        return self.env["calendar.event"].create(
            {
                "name": "Visit",
                "opportunity_id": lead.id,
                "start": start,
                "stop": start + timedelta(hours=1),
            }
        )

    def _messages(self, user):
        return self.env["mail.message"].search(
            [("partner_ids", "in", user.partner_id.ids), ("message_type", "=", "user_notification")]
        )

    def _with_customer(self, country):
        customer = self.env["res.partner"].create({"name": "Buyer", "country_id": country.id})
        lead = self._create_leads()
        lead.partner_id = customer
        return self._claim(lead), customer

    # Meetings

    def test_nobody_is_warned_about_a_lead_whose_meeting_was_held(self):
        lead = self._claim(self._create_leads())
        self._meet(lead, days=2)
        self._at("warn", days=3, minutes=1)
        self._at("warn", days=8, hours=23)
        self.assertEqual(len(self._messages(self.rep)), 1)
        self.assertFalse(self._messages(self.lead_manager))
        self.assertEqual(lead.pool_due_date, self.start + timedelta(days=12, hours=1))

    def test_the_countdown_is_right_as_soon_as_a_meeting_is_over(self):
        lead = self._claim(self._create_leads())
        for day in (2, 4):
            self._meet(lead, days=day)
        for day in (2, 4):
            self._at("reclaim", days=day, hours=1, minutes=5)
            self.assertEqual(lead.pool_due_date, self.start + timedelta(days=day + 10, hours=1))
        self.assertFalse(lead.pool_check_date)

    def test_warnings_go_on_by_the_new_return_after_a_meeting(self):
        lead = self._claim(self._create_leads())
        self._meet(lead, days=2)
        self._at("warn", days=3, minutes=1)
        self.assertFalse(self._messages(self.rep))
        self._at("warn", days=11, hours=2)
        self.assertIn(lead.name, self._messages(self.rep)[0].body)
        self.assertIn(lead.name, self._messages(self.lead_manager).body)

    def test_a_meeting_that_is_called_off_no_longer_counts(self):
        lead = self._claim(self._create_leads())
        meeting = self._meet(lead, days=2)
        self._at(days=4)
        meeting.start = self.start + timedelta(days=3)
        self.assertEqual(lead.pool_due_date, self.start + timedelta(days=13, hours=1))
        meeting.unlink()
        self.assertEqual(lead.pool_due_date, self.start + timedelta(days=10))

    def test_a_meeting_that_the_owner_enters_afterwards_is_shown_to_the_manager(self):
        lead = self._claim(self._create_leads())
        self._at(days=4)
        values = {"name": "Visit", "opportunity_id": lead.id}
        for start, weak in ((3, 1), (5, 1)):
            moment = self.start + timedelta(days=start)
            self.env["calendar.event"].with_user(self.rep).create(
                {**values, "start": moment, "stop": moment + timedelta(hours=1)}
            )
            self.assertEqual(lead.pool_weak_count, weak)
        self.assertEqual(lead.pool_due_date, self.start + timedelta(days=13, hours=1))

    def test_a_meeting_held_is_a_first_contact(self):
        self.rule.write({"clock": "first_touch", "delay": 2})
        self.pool.first_touch_hours = 1
        lead = self._claim(self._create_leads())
        self._meet(lead, days=1)
        self._at("speed_to_lead", "warn", "reclaim", days=9)
        self.assertOwned(lead, self.rep)
        self.assertFalse(lead.activity_ids)
        self.assertFalse(lead.pool_due_date)

    def test_the_brake_does_not_count_what_a_meeting_has_put_right(self):
        self.pool.brake_count = 1
        leads = self._claim(self._create_leads(3))
        for lead in leads[:2]:
            self._meet(lead, days=5)
        self._at("reclaim", days=10, minutes=1)
        self.assertPooled(leads[2])
        self.assertFalse(self.pool.braked_run_id)

    def test_preview_shows_what_the_run_would_do(self):
        leads = self._claim(self._create_leads(2))
        self._meet(leads[0], days=5)
        self._at(days=10, minutes=1)
        due = self.pool._preview_due(self.env.cr.now())
        self.assertEqual([record for record, *_more in due], [leads[1]])

    def test_the_daily_mail_names_only_what_goes_back(self):
        self.pool.warn_digest = True
        leads = self._claim(self._create_leads(2))
        self._meet(leads[0], days=3, hours=2)
        self._at(days=3, hours=6)
        mails = self.env["mail.mail"].search([])
        self._run_cron("warn_digest")
        body = (self.env["mail.mail"].search([]) - mails).body_html
        self.assertNotIn(f'/{leads[0].id}"', body)
        self.assertIn(f'/{leads[1].id}"', body)

    # Filters on other records

    def test_an_exemption_ends_with_the_quotation(self):
        if "order_ids" not in self.env["crm.lead"]._fields:
            self.skipTest("The Sales app is not installed")
        self.pool.exempt_domain = "[('order_ids.state', 'in', ('draft', 'sent'))]"
        lead, customer = self._with_customer(self.france)
        order = self.env["sale.order"].create(
            {"partner_id": customer.id, "opportunity_id": lead.id}
        )
        self._at("reclaim", days=11)
        self.assertOwned(lead, self.rep)
        order.action_cancel()
        self._run_cron()
        self.assertPooled(lead)

    def test_an_exemption_by_the_customer_ends_with_it(self):
        self.pool.exempt_domain = "[('partner_id.country_id.code', '=', 'FR')]"
        lead, customer = self._with_customer(self.france)
        self.assertFalse(lead.pool_due_date)
        self._at("reclaim", days=5)
        customer.country_id = self.spain
        self._at("reclaim", days=5, minutes=10)
        self.assertEqual(lead.pool_due_date, self.start + timedelta(days=10))
        self._at("reclaim", days=11)
        self.assertPooled(lead)

    def test_a_customer_who_becomes_exempt_is_neither_warned_about_nor_taken(self):
        self.pool.exempt_domain = "[('partner_id.country_id.code', '=', 'FR')]"
        lead, customer = self._with_customer(self.spain)
        customer.country_id = self.france
        self._at("warn", days=3, minutes=1)
        self.assertFalse(self._messages(self.rep))
        self._at("reclaim", days=11)
        self.assertOwned(lead, self.rep)

    def test_a_stricter_rule_that_begins_to_apply_is_seen_within_a_day(self):
        self._create_rule(
            name="France", delay=2, domain="[('partner_id.country_id.code', '=', 'FR')]"
        )
        lead, customer = self._with_customer(self.spain)
        customer.country_id = self.france
        self._at("reclaim", days=1, minutes=10)
        self.assertEqual(lead.pool_due_date, self.start + timedelta(days=2))

    def test_filters_on_tags_and_on_time_follow_along(self):
        tag = self.env["crm.tag"].create({"name": "Fair"})
        self.pool.exempt_domain = (
            "['|', ('tag_ids.name', '=', 'Fair'), ('date_deadline', '>', 'today')]"
        )
        tagged_lead, dated = self._create_leads(2)
        tagged_lead.tag_ids = tag
        dated.date_deadline = self.start.date() + timedelta(days=12)
        self._claim(tagged_lead | dated)
        self.assertFalse((tagged_lead | dated).mapped("pool_due_date")[0])
        tag.name = "Old fair"
        self._at("reclaim", days=11)
        self.assertPooled(tagged_lead)
        self.assertOwned(dated, self.rep)

    def test_what_depends_on_nothing_else_is_not_looked_at_again(self):
        self.rule.domain = "[('referred', '=', False)]"
        lead = self._claim(self._create_leads())
        self.assertFalse(lead.pool_check_date)
        self.pool.exempt_domain = "[('tag_ids', '!=', False)]"
        self.assertTrue(lead.pool_check_date)

    def test_a_run_looks_at_so_many_and_the_others_come_next(self):
        self.pool.exempt_domain = "[('partner_id.country_id.code', '=', 'FR')]"
        leads = self._claim(self._create_leads(3))
        self.patch(lead_pool_clock, "CHECK_BATCHES", 1)
        self.env.ref("lead_public_pool.ir_cron_reclaim").code = "model._cron_reclaim(2)"
        self._at("reclaim", days=2)
        late = leads.filtered(lambda lead: lead.pool_check_date <= self.env.cr.now())
        self.assertEqual(len(late), 1)
        self._run_cron()
        self.assertFalse(leads.filtered(lambda lead: lead.pool_check_date <= self.env.cr.now()))

    def test_nobody_sets_the_date_of_the_next_look(self):
        lead = self._claim(self._create_leads())
        with self.assertRaisesRegex(Exception, "kept by the public pool"):
            lead.with_user(self.rep).pool_check_date = "2099-01-01"
        lead.with_context(pool_engine=ENGINE).pool_check_date = "2099-01-01"
