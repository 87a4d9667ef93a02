from datetime import datetime

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_sealed import SealedCase


@tagged("post_install", "-at_install")
class TestSealedViews(SealedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leads = cls.lead | cls._create_leads(4, pool=cls.sealed)

    def _open(self, lead, user=None):
        self.env.flush_all()
        return self._entry(lead, user).web_read({"name": {}})

    def test_each_entry_counts_once_a_day(self):
        for lead in self.leads[:2] | self.leads[:1]:
            self._open(lead)
        self._open(self.leads[0])
        views = self.env["lead.pool.view"].search([("user_id", "=", self.rep.id)], order="id")
        self.assertEqual(views.mapped("res_id"), self.leads[:2].ids)
        self.assertEqual(views.mapped("number"), [1, 2])
        self.assertFalse(self.env["lead.pool.view"].with_user(self.admin).search([]) - views)

    def test_beyond_the_limit_the_form_refuses_and_the_list_works(self):
        self.sealed.daily_view_limit = 2
        for lead in self.leads[:2]:
            self._open(lead)
        with self.assertRaisesRegex(UserError, "2 of 2"):
            self._open(self.leads[2])
        with self.assertRaisesRegex(UserError, "2 of 2"):
            self._entry(self.leads[2]).read(["name"])
        self._open(self.leads[0])
        listed = self._entry(self.lead).web_search_read(
            [("pool_id", "=", self.sealed.id)], {"name": {}, "pool_can_claim": {}}, limit=80
        )
        self.assertEqual(listed["length"], 5)
        self.assertEqual(self._codes(self._entry(self.leads[2]).pool_claim()), ["ok"])

    def test_list_and_open_pools_and_managers_are_not_counted(self):
        entries = self.env["lead.pool.entry"].with_user(self.rep)
        entries.web_search_read([], {"name": {}})
        entries.search_read([], ["name"])
        entries.web_read_group([], ["pool_id"], ["__count"])
        self._open(self._create_leads(1))
        self._open(self.lead, self.lead_manager)
        self.assertFalse(self.env["lead.pool.view"].search([]))

    def test_context_of_a_caller_does_not_switch_the_count_off(self):
        self.env.flush_all()
        self._entry(self.lead).with_context(pool_window_list=True).web_read({"name": {}})
        self.assertEqual(self.env["lead.pool.view"].search_count([]), 1)

    def test_managers_are_alerted_once(self):
        self.sealed.view_alert = 2
        domain = [("subject", "ilike", "opens many entries")]
        for lead in self.leads:
            self._open(lead)
        message = self.env["mail.message"].search(domain)
        self.assertEqual(len(message), 1)
        self.assertIn(self.lead_manager.partner_id, message.notified_partner_ids)

    def test_day_of_the_limit_ends_by_the_working_hours_of_the_rep(self):
        self.sealed.daily_view_limit = 1
        berlin, new_york = self.env["resource.calendar"].create(
            [{"name": zone, "tz": zone} for zone in ("Europe/Berlin", "America/New_York")]
        )
        self.env.company.resource_calendar_id = berlin
        self.env["resource.resource"].create(
            {
                "name": "Rita",
                "user_id": self.rep.id,
                "company_id": self.env.company.id,
                "calendar_id": new_york.id,
            }
        )
        # 23:30 in Berlin and 17:30 in New York; an hour later it is tomorrow in Berlin only.
        self._set_clock(datetime(2026, 7, 1, 21, 30))
        for user in (self.rep, self.seller_all):
            self._open(self.leads[0], user)
        self._set_clock(datetime(2026, 7, 1, 22, 30))
        self._open(self.leads[1], self.seller_all)
        with self.assertRaisesRegex(UserError, "1 of 1"):
            self._open(self.leads[1])
        self._set_clock(datetime(2026, 7, 2, 4, 1))
        self._open(self.leads[1])

    def test_limits_are_not_negative(self):
        for name in ("daily_view_limit", "view_alert"):
            with (
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.cr.savepoint(),
            ):
                self.sealed.write({name: -1})
                self.env.flush_all()

    def test_reps_do_not_read_who_looked(self):
        self._open(self.lead)
        with self.assertRaises(AccessError):
            self.env["lead.pool.view"].with_user(self.rep).search([])
        self.assertTrue(self.env["lead.pool.view"].with_user(self.lead_manager).search([]))

    def test_form_is_not_opened_on_a_read_only_cursor(self):
        model = type(self.env["lead.pool.entry"])
        for method in ("web_read", "read"):
            flags = [
                vars(cls)[method]._readonly
                for cls in model.mro()
                if method in vars(cls) and hasattr(vars(cls)[method], "_readonly")
            ]
            self.assertIs(flags[0], False, method)
