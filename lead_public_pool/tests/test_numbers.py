from odoo.fields import Domain
from odoo.tests import tagged

from .common_sealed import SealedCase


@tagged("post_install", "-at_install")
class TestNumbers(SealedCase):
    """Each number of a pool is the length of the list that a click on it opens, for everybody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_rule(delay=3)
        cls.leads = cls._create_leads(5)
        cls.leads[:2].with_user(cls.rep).pool_claim()
        cls.leads[2].with_user(cls.other).pool_claim()
        cls.hidden = cls._create_pool("Hidden", visibility="hidden")
        cls._create_leads(2, pool=cls.hidden)
        cls.env.flush_all()

    def _behind(self, pool, state):
        """How many records the list behind a number shows, its default filter applied."""
        action = getattr(pool, f"action_open_{state}")()
        domain = action.get("domain") or []
        domain = pool._action_domain({"domain": domain})
        return pool.env[action["res_model"]].search_count(
            domain & Domain("pool_id", "=", action["context"]["search_default_pool_id"])
        )

    def _check(self, pool, user, pooled, owned, due=0):
        pool = pool.with_user(user)
        numbers = (pool.pooled_count, pool.owned_count, pool.due_count)
        self.assertEqual(numbers, (pooled, owned, due))
        lists = tuple(self._behind(pool, state) for state in ("pooled", "owned", "due"))
        self.assertEqual(lists, numbers)
        ages = (pool.age_day_count, pool.age_week_count, pool.age_month_count, pool.age_old_count)
        self.assertEqual(sum(ages), pooled)

    def test_a_rep_counts_what_he_sees(self):
        self._check(self.pool, self.rep, 2, 2, 2)
        self._check(self.pool, self.other, 2, 1, 1)

    def test_a_manager_counts_all_of_his_pool(self):
        self._check(self.pool, self.lead_manager, 2, 3, 3)
        self._check(self.pool, self.admin, 2, 3, 3)

    def test_who_is_no_member_counts_nothing_that_waits(self):
        self._check(self.pool, self.stranger, 0, 0)

    def test_sealed_entries_count_and_hidden_ones_do_not(self):
        self._check(self.sealed, self.rep, 1, 0)
        self._check(self.hidden, self.rep, 0, 0)
        self._check(self.hidden, self.lead_manager, 2, 0)

    def test_what_is_won_or_lost_is_neither_counted_nor_listed(self):
        self.leads[0].action_set_won()
        self.leads[2].action_set_lost()
        self.env.flush_all()
        self._check(self.pool, self.rep, 2, 1, 1)
        self._check(self.pool, self.lead_manager, 2, 1, 1)

    def test_customers_are_counted_the_same_way(self):
        pool = self._create_pool("Customers", kind="customer")
        customers = self.env["res.partner"].create(
            [{"name": f"Shop {number}", "pool_id": pool.id} for number in range(3)]
        )
        customers[0].with_user(self.rep).pool_claim()
        self.env.flush_all()
        self.assertEqual(pool.with_user(self.rep).pooled_count, 2)
        self.assertEqual(self._behind(pool.with_user(self.rep), "pooled"), 2)

    def test_the_brake_counts_everything_whoever_asks(self):
        self.pool.brake_percent = 50
        self.assertFalse(self.pool.with_user(self.rep).sudo(False)._brakes(1))
        self.assertEqual(self.pool.with_user(self.rep).sudo().owned_count, 3)
