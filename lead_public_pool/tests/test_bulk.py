from odoo.tests import tagged

from odoo.addons.lead_public_pool.models.crm_lead import BY_TEAM

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestBulk(PoolCase):
    """Ten times the records may not cost ten times the queries."""

    def _queries(self, operation, leads):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        operation(leads)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def assertBounded(self, operation, prepare=lambda leads: None):
        few, many = self._create_leads(20), self._create_leads(200)
        for leads in (few, many):
            prepare(leads)
        first = self._queries(operation, few)
        self.assertLessEqual(self._queries(operation, many), first + 10)

    def test_claim(self):
        self.assertBounded(lambda leads: self._claim(leads))

    def test_release(self):
        self.assertBounded(lambda leads: leads.with_user(self.rep).pool_release(), self._claim)

    def test_assign(self):
        self.assertBounded(lambda leads: leads.with_user(self.admin).pool_assign(self.rep.id))

    def test_transfer(self):
        target = self._create_pool("Target")
        self._create_rule(pool_id=target.id)
        self.assertBounded(
            lambda leads: leads.with_user(self.admin).pool_transfer(target.id), self._claim
        )

    def test_reclaim(self):
        rule = self._create_rule()
        self.assertBounded(lambda leads: leads.sudo()._pool_move("reclaim", rule=rule), self._claim)

    def test_check(self):
        self.assertBounded(lambda leads: leads.with_user(self.rep).pool_claim_check())

    def test_what_hangs_on_the_team_is_right_without_working_it_out_again(self):
        leads = self._claim(self._create_leads(3, expected_revenue=100))
        leads.with_user(self.rep).pool_release()
        self.env.flush_all()
        before = leads.read(BY_TEAM)
        for name in BY_TEAM:
            self.env.add_to_compute(leads._fields[name], leads)
        self.env.flush_all()
        self.assertEqual(leads.read(BY_TEAM), before)

    def test_only_the_former_owner_stops_following(self):
        mine, his = self._claim(self._create_leads(2)), self._create_leads(2)
        self._claim(his, self.other)
        (mine | his).message_subscribe((self.rep | self.other).partner_id.ids)
        (mine | his).sudo()._pool_move("reclaim", rule=self._create_rule())
        self.assertEqual(mine.message_partner_ids & self.rep.partner_id, self.env["res.partner"])
        self.assertEqual(his.message_partner_ids & self.other.partner_id, self.env["res.partner"])
        self.assertIn(self.other.partner_id, mine[0].message_partner_ids)
        self.assertIn(self.rep.partner_id, his[0].message_partner_ids)

    def test_rounds_and_former_owners_are_those_of_each_record(self):
        mine, his = self._claim(self._create_leads(2)), self._create_leads(1)
        mine[0].with_user(self.rep).pool_release()
        self._claim(mine[0])
        self._claim(his, self.other)
        target = self._create_pool("Target")
        for leads, pool, rounds in ((mine, None, [2, 1]), (his, target, [0])):
            leads.sudo()._pool_move("reclaim", pool=pool, rule=self._create_rule())
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertEqual(leads.mapped("pool_round"), rounds)
        self.assertEqual(mine.pool_former_user_id, self.rep)
        self.assertEqual(his.pool_former_user_id, self.other)
