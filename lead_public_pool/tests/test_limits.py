from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.lead_public_pool.models.lead_pool_engine import ENGINE

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestLimits(PoolCase):
    """Limits beyond holding, day and cool-down; those are in `test_claim`."""

    def _code(self, lead, user=None):
        return lead.with_user(user or self.rep).pool_claim_check()[0]["code"]

    def _pass_time(self, **delta):
        now = self.env.cr.now() + timedelta(**delta)
        self.patch(self.env.cr, "now", lambda: now)

    def test_pause_between_claims(self):
        self.pool.min_interval_minutes = 30
        _first, second = leads = self._create_leads(2)
        results = leads.with_user(self.rep).pool_claim()
        self.assertEqual(self._codes(results), ["ok", "min_interval"])
        self.assertEqual(
            fields.Datetime.to_datetime(results[1]["available_at"]),
            self.env.cr.now().replace(microsecond=0) + timedelta(minutes=30),
        )
        self._pass_time(minutes=31)
        self._claim(second)

    def test_fresh_records_wait(self):
        self.pool.fresh_delay_hours = 2
        lead = self._create_leads()
        self.assertEqual(self._code(lead), "fresh_delay")
        # An edit does not start the wait again.
        lead.city = "Oslo"
        self._pass_time(hours=2, seconds=1)
        self._claim(lead)

    def test_head_start_of_some_members(self):
        self.pool.head_start_hours = 2
        self.pool._member(self.other).head_start = True
        lead = self._create_leads()
        self.assertEqual(self._code(lead), "fresh_delay")
        self.assertEqual(self._code(lead, self.other), "ok")

    def test_work_what_you_have_first(self):
        self.pool.backlog_limit = 2
        leads = self._create_leads(3)
        self._claim(leads[:2])
        self.assertEqual(self._code(leads[2]), "backlog")
        leads[0].with_user(self.rep).message_post(body="I called them", message_type="comment")
        self._claim(leads[2])

    def test_company_cap_over_all_pools(self):
        second_pool = self._create_pool("Second", holding_limit=20)
        self.pool.company_id.pool_holding_limit = 1
        self._claim(self._create_leads())
        self.assertEqual(self._code(self._create_leads(pool=second_pool)), "holding_limit")

    def test_late_stages_do_not_count(self):
        self.pool.write({"holding_limit": 1, "uncounted_domain": "[('city', '=', 'Signed')]"})
        first, second = self._create_leads(2)
        self._claim(first)
        self.assertEqual(self._code(second), "holding_limit")
        first.with_user(self.rep).city = "Signed"
        self._claim(second)

    def test_territory_of_a_member(self):
        self.pool._member(self.rep).skill_domain = "[('city', '=', 'Lyon')]"
        lyon, bonn = self._create_leads(city="Lyon"), self._create_leads(city="Bonn")
        self.assertEqual(self._code(lyon), "ok")
        self.assertEqual(self._code(bonn), "not_member")
        self.assertEqual(
            self._codes(bonn.with_user(self.lead_manager).pool_assign(self.rep.id)), ["ok"]
        )

    def test_own_limits_cover_every_limit(self):
        self.pool.write({"fresh_delay_hours": 5, "min_interval_minutes": 60})
        self.pool._member(self.rep).own_limits = True
        leads = self._create_leads(2)
        self._claim(leads)

    def test_lead_of_anothers_customer(self):
        customer = self.env["res.partner"].create(
            {"name": "Acme", "is_company": True, "user_id": self.other.id}
        )
        lead = self._create_leads(partner_id=customer.id)
        self.assertEqual(self._code(lead), "ok")
        self.pool.owner_guard = "warn"
        answer = lead.with_user(self.rep).pool_claim_check()[0]
        self.assertTrue(answer["ok"])
        self.assertIn(self.other.name, answer["message"])
        self.pool.owner_guard = "block"
        self.assertEqual(self._code(lead), "owner_guard")
        self.assertEqual(self._code(lead, self.other), "ok")

    def test_lead_of_anothers_customer_goes_to_him_at_once(self):
        self.pool.owner_guard = "route"
        customer = self.env["res.partner"].create(
            {"name": "Acme", "is_company": True, "user_id": self.other.id}
        )
        lead = self._create_leads(partner_id=customer.id)
        self.assertOwned(lead, self.other)
        self.assertEqual(self._moves(lead).mapped("kind"), ["enter", "assign"])

    def test_protection_after_a_claim_beats_the_rules(self):
        self.pool.protect_days = 10
        self._create_rule(delay=2)
        lead = self._claim(self._create_leads())
        self.assertEqual(lead.pool_due_date, lead.pool_own_date + timedelta(days=10))

    def test_mistaken_claim_is_undone_without_a_trace_on_limits(self):
        self.pool.write({"daily_limit": 1, "cooldown_days": 5, "undo_minutes": 10})
        first, second = self._create_leads(2)
        entered = first.pool_enter_date
        self._claim(first)
        self.assertEqual(self._codes(first.with_user(self.rep).pool_undo_claim()), ["ok"])
        self.assertPooled(first)
        self.assertEqual((first.pool_enter_date, first.pool_round), (entered, 0))
        self._claim(first)
        first.with_user(self.rep).message_post(body="Already called", message_type="comment")
        self.assertEqual(self._codes(first.with_user(self.rep).pool_undo_claim()), ["locked"])
        self.assertEqual(self._code(second), "daily_limit")

    def test_undo_window_closes(self):
        self.pool.undo_minutes = 10
        lead = self._claim(self._create_leads())
        self._pass_time(minutes=11)
        self.assertEqual(self._codes(lead.with_user(self.rep).pool_undo_claim()), ["locked"])

    def test_extension_as_often_as_allowed(self):
        self._create_rule(delay=7)
        self.pool.write({"extension_days": 3, "extension_limit": 1})
        lead = self._claim(self._create_leads())
        due = lead.pool_due_date
        as_rep = lead.with_user(self.rep)
        self.assertEqual(self._codes(as_rep.pool_extend(note="Holiday")), ["ok"])
        self.assertEqual(lead.pool_due_date, due + timedelta(days=3))
        self.assertEqual(self._codes(as_rep.pool_extend()), ["locked"])
        self.assertEqual(self._codes(lead.with_user(self.other).pool_extend()), ["not_pooled"])

    def test_extension_may_need_a_manager(self):
        self._create_rule(delay=7)
        self.pool.write({"extension_days": 3, "extension_approval": True})
        lead = self._claim(self._create_leads())
        due = lead.pool_due_date
        self.assertEqual(self._codes(lead.with_user(self.rep).pool_extend("Trip")), ["approval"])
        self.assertEqual(lead.pool_due_date, due)
        request = lead.pool_request_ids
        self.assertRecordValues(request, [{"kind": "extend", "note": "Trip", "state": "waiting"}])
        request.with_user(self.lead_manager).action_approve()
        self.assertEqual(lead.pool_due_date, due + timedelta(days=3))
        self.assertEqual(request.state, "approved")

    def test_protected_slots_are_counted(self):
        self._create_rule(delay=1)
        self.pool.write({"protected_limit": 1, "protected_days": 30})
        first, second = leads = self._claim(self._create_leads(2))
        results = leads.with_user(self.rep).pool_protect()
        self.assertEqual(self._codes(results), ["ok", "holding_limit"])
        self.assertEqual(first.pool_due_date, self.env.cr.now() + timedelta(days=30))
        first.with_user(self.rep).pool_protect(protect=False)
        self.assertEqual(first.pool_due_date, first.pool_own_date + timedelta(days=1))
        self.assertEqual(self._codes(second.with_user(self.rep).pool_protect()), ["ok"])

    def test_engine_fields_of_holding_are_guarded(self):
        lead = self._claim(self._create_leads())
        for field_name in ("pool_protected_until", "pool_slot", "pool_extension_count"):
            with self.subTest(field_name), self.assertRaisesRegex(Exception, "kept by"):
                lead.with_user(self.rep).write({field_name: False})
        lead.with_context(pool_engine=ENGINE).write({"pool_slot": True})
        lead.with_user(self.rep).pool_release()
        self.assertFalse(lead.pool_slot)
