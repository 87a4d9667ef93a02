from odoo.tests import tagged

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
