from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestLedger(PoolCase):
    def test_nobody_writes_the_ledger(self):
        lead = self._claim(self._create_leads())
        move = self._moves(lead)[-1]
        moves = self.env["lead.pool.move"]
        for user in (self.rep, self.admin, self.env.ref("base.user_admin")):
            for operation in (
                lambda user=user: move.with_user(user).write({"note": "x"}),
                lambda user=user: move.with_user(user).unlink(),
                lambda user=user: moves.with_user(user).create(
                    {"kind": "claim", "res_model": "crm.lead", "res_id": lead.id}
                ),
            ):
                with self.assertRaises(AccessError):
                    operation()

    def test_not_even_sudo_writes_the_ledger(self):
        move = self._moves(self._claim(self._create_leads()))[-1].sudo()
        with self.assertRaises(AccessError):
            move.write({"note": "x"})
        with self.assertRaises(AccessError):
            move.unlink()

    def test_history_survives_the_lead(self):
        lead = self._claim(self._create_leads())
        lead_id = lead.id
        lead.unlink()
        moves = self.env["lead.pool.move"].search([("res_id", "=", lead_id)], order="id")
        self.assertEqual(moves.mapped("kind"), ["enter", "claim"])
        self.assertFalse(moves.lead_id)
        self.assertEqual(set(moves.mapped("record_name")), {"Lead 0"})

    def test_deleting_a_claimed_lead_does_not_refund_the_daily_limit(self):
        self.pool.daily_limit = 1
        first, second = self._create_leads(2)
        self._claim(first)
        first.unlink()
        self.assertEqual(self._codes(second.with_user(self.rep).pool_claim()), ["daily_limit"])

    def test_replay_gives_todays_home(self):
        sleeping = self._create_pool("Sleeping")
        lead = self._claim(self._create_leads())
        lead.with_user(self.rep).write({"user_id": self.other.id})
        lead.with_user(self.other).pool_release(reason_id=self.reason.id)
        lead.with_user(self.admin).pool_transfer(sleeping.id)
        self._claim(lead)
        user, pool = self.env["res.users"], self.env["lead.pool"]
        for move in self._moves(lead):
            self.assertEqual((move.user_from_id, move.pool_from_id), (user, pool), move.kind)
            user, pool = move.user_to_id, move.pool_to_id
        self.assertEqual((user, pool), (lead.user_id, lead.pool_id))

    def test_time_spent_before_is_kept(self):
        lead = self._claim(self._create_leads())
        self._make_older(lead, hours=30)
        lead.with_user(self.rep).pool_release()
        self.assertAlmostEqual(self._moves(lead)[-1].hours_before, 30, places=1)

    def test_rep_reads_the_history_of_what_concerns_him(self):
        mine = self._claim(self._create_leads())
        his = self._claim(self._create_leads(), self.other)
        waiting = self._create_leads()
        moves = self.env["lead.pool.move"].with_user(self.rep)
        found = moves.search([("res_id", "in", (mine | his | waiting).ids)])
        self.assertEqual(set(found.mapped("res_id")), {mine.id, waiting.id})
