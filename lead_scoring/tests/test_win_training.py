from unittest.mock import patch

from odoo.tools import config, mute_logger

from ..models import lead_score_model_training
from .common_win import WinCase


class TestWinTraining(WinCase):
    """The job that trains: its turns, what stops it, and how it goes on."""

    def test_cancelled_before_and_while_it_trains(self):
        self._create_leads(150)
        waiting = self.models.create({})
        waiting.action_train()
        waiting.action_cancel()
        self.assertEqual(waiting.state, "cancelled")
        model = self.models.create({})
        model.action_train()
        learn = lead_score_model_training.train

        def cancel_first(*args, **kwargs):
            model.with_env(self.env).sudo().action_cancel()
            self.env.flush_all()
            return learn(*args, **kwargs)

        with patch.object(lead_score_model_training, "train", cancel_first):
            self._run("win_train")
        self.assertEqual(model.state, "cancelled")
        self.assertFalse(model.model_file)

    def test_killed_training_is_taken_up_at_once_and_failed_at_the_same_step(self):
        self._create_leads(150)
        model = self.models.create({"state": "training", "attempts": 1})
        self._run("win_train")
        self.assertEqual(model.state, "challenger", model.reason)
        dead = self.models.create({"state": "training", "attempts": 2})
        self._run("win_train")
        self.assertEqual(dead.state, "failed")
        self.assertIn("limits", dead.reason)

    def test_a_training_that_died_can_be_cancelled_and_begun_anew(self):
        self._create_leads(150)
        model = self.models.create({"state": "training", "attempts": 1, "progress": 58})
        model.with_user(self.boss).action_cancel()
        self._run("win_train")
        self.assertEqual(model.state, "cancelled")
        model.with_user(self.boss).action_train()
        self._run("win_train")
        self.assertEqual(model.state, "challenger", model.reason)

    def test_a_long_training_goes_on_in_the_next_turn_and_learns_the_same(self):
        self._create_leads(150)
        expected = self._train()
        model = self.models.create({})
        model.action_train()
        cron = self.env.ref("lead_scoring.ir_cron_win_train")
        with patch.object(type(model), "_training_seconds", lambda model: 0):
            for _turn in range(3):
                triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
                triggers.unlink()
                self._run("win_train")
                self.assertTrue(triggers.search_count([("cron_id", "=", cron.id)]))
                self.env.invalidate_all()
                self.assertEqual(model.state, "queued", model.reason)
                self.assertTrue(model.sudo().steps_file)
        self._run("win_train")
        self.env.invalidate_all()
        self.assertEqual(model.state, "challenger", model.reason)
        self.assertFalse(model.sudo().steps_file)
        self.assertEqual(model.log_loss, expected.log_loss)
        self.assertEqual(model.figures["candidates"], expected.figures["candidates"])

    def test_a_lead_that_is_opened_again_meanwhile_begins_the_training_anew(self):
        self._create_leads(150)
        model = self.models.create({})
        model.action_train()
        with patch.object(type(model), "_training_seconds", lambda model: 0):
            self._run("win_train")
        self.assertEqual(model.state, "queued")
        lost = self.env["crm.lead"].with_context(active_test=False)
        lost.search([("won_status", "=", "lost")], limit=1).unlink()
        self._run("win_train")
        self.assertEqual(model.state, "challenger", model.reason)

    def test_a_turn_keeps_to_half_of_the_time_that_odoo_allows(self):
        for real_cron, real, cpu, expected in (
            (-1, 120, 60, 30),
            (-1, 0, 0, 60),
            (20, 120, 60, 10),
            (0, 120, 0, 60),
            (1, 1, 1, 1),
        ):
            limits = {
                "limit_time_real_cron": real_cron,
                "limit_time_real": real,
                "limit_time_cpu": cpu,
            }
            with self.subTest(limits), patch.dict(config.options, limits):
                self.assertEqual(self.models._training_seconds(), expected)

    def test_one_company_that_cannot_be_looked_at_stops_no_other(self):
        self._create_leads(150)
        other = self.env["res.company"].create({"name": "Bad", "win_retrain": True})
        self.company.win_retrain = True
        # The database of the other company holds what no window of days can be made of.
        self.env.cr.execute(
            "UPDATE res_company SET win_window_days = 2147483647 WHERE id = %s", [other.id]
        )
        self.env.invalidate_all()
        with mute_logger(
            "odoo.addons.lead_scoring.models.lead_score_model_training", "odoo.sql_db"
        ):
            self._run("win_retrain")
        mine = self.models.search([("company_id", "=", self.company.id)])
        self.assertEqual(mine.mapped("state"), ["queued"])
        bad = self.models.with_company(other).search([("company_id", "=", other.id)])
        self.assertEqual(bad.mapped("state"), ["failed"])

    def test_one_failure_does_not_stop_the_next(self):
        self._create_leads(150)
        first, second = self.models.create([{}, {}])
        (first + second).action_train()
        learn = lead_score_model_training.train
        calls = []

        def fail_once(*args, **kwargs):
            calls.append(1)
            if len(calls) == 1:
                raise MemoryError("too much")
            return learn(*args, **kwargs)

        # A rollback would take the test's leads along.
        with (
            patch.object(lead_score_model_training, "train", fail_once),
            patch.object(type(self.models), "_undo", lambda self: None),
        ):
            self._run("win_train")
        self.assertEqual(first.state, "failed")
        self.assertIn("too much", first.reason)
        self.assertEqual(second.state, "challenger")
