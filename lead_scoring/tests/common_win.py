import random

from odoo import Command
from odoo.tests import TransactionCase, new_test_user


class WinCase(TransactionCase):
    """A company whose leads from referrals are mostly won, and those without source mostly lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={**cls.env.context, "tracking_disable": True, "no_reset_password": True}
        )
        groups = "base.group_user,sales_team.group_sale_salesman"
        cls.rep = new_test_user(cls.env, "win_rep", groups=groups)
        cls.boss = new_test_user(
            cls.env, "win_boss", groups="base.group_user,sales_team.group_sale_manager"
        )
        cls.company = cls.env["res.company"].create({"name": "Win Company"})
        (cls.rep + cls.boss).write(
            {"company_ids": [Command.link(cls.company.id)], "company_id": cls.company.id}
        )
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.company.ids})
        sources = cls.env["utm.source"].create([{"name": n} for n in ("Win referral", "Win fair")])
        cls.referral, cls.fair = sources
        cls.models = cls.env["lead.score.model"]

    @classmethod
    def _create_leads(cls, count, days=60, seed=1, noise=False, **values):
        """Leads created and closed over so many days; the newest today."""
        chance = random.Random(seed)
        leads = cls.env["crm.lead"].create(
            [
                {
                    "name": f"Lead {number}",
                    "user_id": False,
                    "company_id": cls.company.id,
                    "source_id": chance.choice([cls.referral.id, cls.fair.id, False]),
                    "expected_revenue": chance.choice([0, 100, 5000]),
                    **values,
                }
                for number in range(count)
            ]
        )
        won = []
        for number, lead in enumerate(leads):
            rate = 0.4 if noise else {cls.referral: 0.85, cls.fair: 0.35}.get(lead.source_id, 0.1)
            if chance.random() < rate:
                won.append(number)
        cls._close(leads, set(won), days)
        return leads

    @classmethod
    def _close(cls, leads, won, days):
        """Won and lost as Odoo stores it, spread over the last days."""
        stage = cls.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        winners = leads.browse([lead.id for n, lead in enumerate(leads) if n in won])
        winners.write({"stage_id": stage.id, "probability": 100})
        (leads - winners).action_set_lost()
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE crm_lead SET date_closed = (now() AT TIME ZONE 'UTC')"
            " - (%s * (%s - id) / %s::float) * interval '1 day' WHERE id = ANY(%s)",
            (days, max(leads.ids), len(leads), leads.ids),
        )
        cls.env.cr.execute(
            "UPDATE crm_lead SET create_date = date_closed - interval '5 day' WHERE id = ANY(%s)",
            (leads.ids,),
        )
        cls.env.invalidate_all()

    def _train(self, model=None, user=None):
        model = (model or self.models.create({})).with_user(user or self.env.user)
        model.action_train()
        self._run("win_train")
        return model.sudo()

    def _run(self, name):
        with self.enter_registry_test_mode():
            self.env.ref(f"lead_scoring.ir_cron_{name}").method_direct_trigger()
        self.env.invalidate_all()

    def _open_lead(self, **values):
        values = {"name": "Open", "user_id": False, "company_id": self.company.id, **values}
        return self.env["crm.lead"].create(values)


class TrainedCase(WinCase):
    """The same with a version in use, `first`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_leads(240)

    def setUp(self):
        super().setUp()
        self.first = self._train()
        self.first.action_promote()
