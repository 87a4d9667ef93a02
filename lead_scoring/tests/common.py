from datetime import timedelta

from odoo.tests import TransactionCase, new_test_user
from odoo.tests.test_cursor import TestCursor


class ScoreCase(TransactionCase):
    """One published scorecard that judges the leads referred by "score-test"."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={**cls.env.context, "tracking_disable": True, "no_reset_password": True}
        )
        cls.signal = cls.env["lead.score.signal"].create({"name": "Asked", "code": "t_ask"})
        cls.bad_signal = cls.env["lead.score.signal"].create(
            {"name": "Bounced", "code": "t_bounce", "is_activity": False}
        )
        salesman = "base.group_user,sales_team.group_sale_salesman"
        cls.rep = new_test_user(cls.env, "score_rep", groups=salesman, name="Rita Rep")
        cls.other = new_test_user(cls.env, "score_other", groups=salesman, name="Otto Other")
        cls.boss = new_test_user(
            cls.env, "score_boss", groups="base.group_user,sales_team.group_sale_manager"
        )

    @classmethod
    def _create_card(cls, rules=(), publish=True, **values):
        card = cls.env["lead.score.card"].create(
            {
                "name": "Test card",
                "sequence": 1,
                "domain": "[('referred', '=', 'score-test')]",
                "rule_ids": [(0, 0, {"name": f"Rule {n}", **rule}) for n, rule in enumerate(rules)],
                **values,
            }
        )
        if publish:
            card.action_publish()
        return card

    @classmethod
    def _create_leads(cls, count=1, **values):
        return cls.env["crm.lead"].create(
            [
                {"name": f"Lead {n}", "referred": "score-test", "user_id": cls.rep.id, **values}
                for n in range(count)
            ]
        )

    def _attribute(self, points=10, domain="[('function', '!=', False)]", **values):
        return {"kind": "attribute", "points": points, "domain": domain, **values}

    def _signal_rule(self, points=20, **values):
        return {
            "kind": "signal",
            "points": points,
            "signal_id": self.signal.id,
            "dimension": "engagement",
            **values,
        }

    def _commit(self):
        """What Odoo does when a transaction is about to end; a test's own never does."""
        self.env.cr.flush()

    def _days_ago(self, days):
        return self.env.cr.now() - timedelta(days=days)

    def _set_clock(self, moment):
        """Mock the database's clock, also for the cursors on which jobs run in tests."""
        self.patch(self.env.cr, "now", lambda: moment)
        self.patch(TestCursor, "now", lambda cursor: moment)

    def _run_cron(self, name="due"):
        with self.enter_registry_test_mode():
            self.env.ref(f"lead_scoring.ir_cron_score_{name}").method_direct_trigger()
