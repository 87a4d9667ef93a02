"""Two colleagues plan the first revisits of a company at once."""

from odoo.tests import TransactionCase
from odoo.tools import mute_logger

from ..common import committed, in_parallel, remove_committed, requires, top_level


@top_level
class TestVisitRaces(TransactionCase):
    """Numbers of revisits are counted once, whoever comes first."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "customer_lifecycle")

    def setUp(self):
        super().setUp()
        muted = mute_logger("odoo.sql_db", "odoo.service.model")
        muted.__enter__()
        self.addCleanup(muted.__exit__, None, None, None)
        with committed(self.registry) as env:
            self.customer = env["res.partner"].create({"name": "Raced for"}).id
            # As in a company in which nobody has planned any revisit.
            former = env["ir.sequence"].search([("code", "=", "customer.visit")])
            former.code = "customer.visit.former"
            self.former = former.ids
        self.addCleanup(self._take_back)

    def _take_back(self):
        remove_committed(self.registry, "res.partner", [self.customer])
        with committed(self.registry) as env:
            env["ir.sequence"].search([("code", "=", "customer.visit")]).unlink()
            env["ir.sequence"].browse(self.former).code = "customer.visit"

    def test_two_first_revisits_have_two_numbers(self):
        def plan(env):
            visit = env["customer.visit"].create({"partner_id": self.customer})
            return visit.name

        names = in_parallel(self.registry, [(self.env.uid, plan)] * 3)
        self.assertFalse([name for name in names if isinstance(name, Exception)])
        self.assertEqual(len(set(names)), 3, names)
        with committed(self.registry) as env:
            self.assertEqual(env["ir.sequence"].search_count([("code", "=", "customer.visit")]), 1)
