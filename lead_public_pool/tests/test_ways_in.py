from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestWaysIn(PoolCase):
    """Each limit holds by each way in which an owner can be changed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pool.undo_minutes = 5

    # Each puts the rep into a state in which he may not have one more lead.

    def _limit_daily(self):
        self.pool.daily_limit = 1
        self._claim(self._create_leads())

    def _limit_holding(self):
        self.pool.holding_limit = 1
        self._claim(self._create_leads())

    def _limit_company(self):
        self.pool.company_id.pool_holding_limit = 1
        self._claim(self._create_leads())

    def _limit_interval(self):
        self.pool.min_interval_minutes = 60
        self._claim(self._create_leads())

    def _limit_backlog(self):
        self.pool.backlog_limit = 1
        self._claim(self._create_leads())

    def _limit_fresh(self):
        self.pool.fresh_delay_hours = 24

    def _limit_head_start(self):
        self.pool.head_start_hours = 24

    def _limit_territory(self):
        self.pool._member(self.rep).skill_domain = "[('city', '=', 'Elsewhere')]"

    def _limit_membership(self):
        self.pool._member(self.rep).unlink()
        self.rep.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")

    def _limit_next_best(self):
        self.pool.claim_mode = "next"

    def _limit_approval(self):
        self.pool.claim_mode = "approval"

    def _limit_managers_only(self):
        self.pool.claim_mode = "assign"

    def _limit_owner_guard(self):
        customer = self.env["res.partner"].create({"name": "A", "user_id": self.other.id})
        self.lead.partner_id = customer
        self.pool.owner_guard = "block"

    def _limit_cooldown(self):
        self.pool.cooldown_days = 9
        self._claim(self.lead)
        self.lead.with_user(self.rep).pool_release()

    def _limit_closed(self):
        self.lead.action_archive()

    # Each tries to make the rep the owner.

    def _way_button(self, lead):
        lead.action_pool_claim()

    def _way_json2(self, lead):
        # JSON-2 calls this very method with these very arguments; over HTTP in tests/flows.
        lead.pool_claim(key=None)

    def _way_plain_write(self, lead):
        lead.write({"user_id": self.rep.id})

    def _way_multi_edit(self, lead):
        lead.web_save({"user_id": self.rep.id}, {"user_id": {}})

    def _way_import(self, lead):
        self.env["ir.model.data"].create(
            {"name": f"way_{lead.id}", "module": "__test__", "model": "crm.lead", "res_id": lead.id}
        )
        rows = [[f"__test__.way_{lead.id}", self.rep.login]]
        lead.browse().with_context(import_file=True).load(["id", "user_id"], rows)

    def _way_server_action(self, lead):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Take it",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "state": "code",
                "code": "records.sudo().write({'user_id': env.uid})",
            }
        )
        action.with_user(self.rep).with_context(
            active_model="crm.lead", active_ids=lead.ids, active_id=lead.id
        ).sudo().run()

    def _way_conversion(self, lead):
        lead.convert_opportunity(False, user_ids=self.rep.ids)

    def _way_merge(self, lead):
        mine = self.env["crm.lead"].create({"name": "Mine", "user_id": self.rep.id})
        (lead | mine.with_env(lead.env)).merge_opportunity(user_id=self.rep.id)

    def test_no_way_leads_around_a_limit(self):
        limits = [name for name in dir(self) if name.startswith("_limit_")]
        ways = [name for name in dir(self) if name.startswith("_way_")]
        self.assertGreaterEqual(len(limits) * len(ways), 100)
        for limit in limits:
            for way in ways:
                with self.subTest(limit=limit, way=way), self._undone():
                    self.lead = self._create_leads()
                    getattr(self, limit)()
                    self.env.flush_all()
                    try:
                        with self.env.cr.savepoint():
                            getattr(self, way)(self.lead.with_user(self.rep))
                    except (UserError, AccessError):
                        self.env.invalidate_all()
                    self.assertTrue(self.lead.exists())
                    self.assertFalse(self.lead.user_id)
                    self.assertEqual(self.lead.pool_state, "pooled")

    def test_every_way_works_for_who_may(self):
        for way in (name for name in dir(self) if name.startswith("_way_")):
            if way in ("_way_merge", "_way_conversion"):
                continue  # What lies in a pool is claimed before it is worked.
            with self.subTest(way), self._undone():
                lead = self._create_leads()
                getattr(self, way)(lead.with_user(self.rep))
                self.assertEqual(lead.user_id, self.rep)
                self.assertEqual(self._moves(lead)[-1].kind, "claim")

    def test_odoo_rotation_is_judged_too(self):
        """What reaches the engine as an assignment by the system still needs a member with room."""
        self.pool.holding_limit = 1
        first, second = self._create_leads(2)
        system = self.env(user=self.env.ref("base.user_root"))["crm.lead"]
        system.browse(first.id).convert_opportunity(False, user_ids=self.rep.ids)
        self.assertEqual(first.user_id, self.rep)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            system.browse(second.id).convert_opportunity(False, user_ids=self.rep.ids)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            system.browse(second.id).convert_opportunity(False, user_ids=self.stranger.ids)

    def _undone(self):
        """A case of its own: everything it did is rolled back."""
        return _RolledBack(self.env)


class _RolledBack:
    def __init__(self, env):
        self.env = env

    def __enter__(self):
        self.env.flush_all()
        self.savepoint = self.env.cr.savepoint(flush=False)
        self.savepoint.__enter__()

    def __exit__(self, *failure):
        self.env.clear()
        self.savepoint.rollback()
        self.savepoint.close(rollback=True)
        self.env.invalidate_all(flush=False)
        self.env.registry.clear_cache()
