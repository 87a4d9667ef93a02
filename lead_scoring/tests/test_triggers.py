from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_process import ProcessCase

ACTION_LOGGER = "odoo.addons.lead_scoring.models.lead_score_trigger_action"


@tagged("post_install", "-at_install")
class TestTriggers(ProcessCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.card = cls._create_card(
            [
                {
                    "kind": "signal",
                    "points": 35,
                    "signal_id": cls.signal.id,
                    "dimension": "engagement",
                    "max_count": 2,
                },
                {
                    "kind": "attribute",
                    "points": 30,
                    "domain": "[('function', '=', 'Boss')]",
                    "dimension": "fit",
                },
                {
                    "kind": "attribute",
                    "points": -60,
                    "domain": "[('city', '=', 'Nowhere')]",
                    "dimension": "negative",
                },
            ],
            half_life=10,
        )
        cls.team = cls.env["crm.team"].create({"name": "Trigger", "user_id": cls.boss.id})
        cls.lead = cls._create_leads(team_id=cls.team.id, email_from="t@example.com")
        cls.todo = cls.env.ref("mail.mail_activity_data_todo")

    def _trigger(self, **values):
        return self.env["lead.score.trigger"].create(
            {
                "name": "Test trigger",
                "activity_type_id": self.todo.id,
                "activity_summary": "Act!",
                **values,
            }
        )

    def _edit(self, lead=None, **values):
        """Change a lead, in a transaction of its own."""
        (lead or self.lead).write(values)
        self._commit()

    def _signal(self, lead=None):
        (lead or self.lead).score_signal("t_ask", 1)
        self._commit()

    def _turn_hot(self, lead=None):
        (lead or self.lead).function = "Boss"
        self._signal(lead)

    def _turn_cold(self):
        self._edit(city="Nowhere")

    def _run_cron(self):
        self._commit()
        with self.enter_registry_test_mode():
            self.env.ref("lead_scoring.ir_cron_trigger").method_direct_trigger()

    def _todos(self, lead=None):
        return (lead or self.lead).activity_ids.filtered(lambda a: a.summary == "Act!")

    def test_a_signal_that_turns_a_lead_hot_calls_the_salesperson(self):
        trigger = self._trigger(to_temperature="hot", activity_days=2)
        self._edit(function="Boss")
        self.assertEqual(self.lead.score_temperature, "warm")
        self.assertFalse(self._todos())
        self._signal()
        self.assertEqual(self.lead.score_temperature, "hot")
        todo = self._todos()
        self.assertEqual(todo.user_id, self.rep)
        self.assertEqual(todo.date_deadline, fields.Date.today() + timedelta(days=2))
        self.assertEqual(trigger.log_ids.mapped("state"), ["done"])
        self.assertTrue(trigger.last_date)

    def test_an_edit_counts_as_well_and_down_is_not_up(self):
        up = self._trigger(to_temperature="warm")
        down = self._trigger(to_temperature="cold", direction="down")
        self._edit(function="Boss")
        self.assertEqual(len(up.log_ids), 1)
        self.assertFalse(down.log_ids)
        self._turn_cold()
        self.assertEqual(len(down.log_ids), 1)
        self.assertEqual(len(up.log_ids), 1)

    def test_the_mere_passing_of_time_sets_it_off(self):
        down = self._trigger(direction="down", to_temperature="warm")
        self._turn_hot()
        self.assertEqual(self.lead.score_temperature, "hot")
        self._set_clock(self.env.cr.now() + timedelta(days=30))
        ProcessCase._run_cron(self)
        self.assertEqual(self.lead.score_temperature, "warm")
        self.assertEqual(len(down.log_ids), 1)

    def test_once_or_each_time(self):
        once = self._trigger(to_temperature="warm")
        always = self._trigger(to_temperature="warm", frequency="always")
        for _number in range(2):
            self._edit(function="Boss")
            self._edit(function=False)
        self.assertEqual(len(once.log_ids), 1)
        self.assertEqual(len(always.log_ids), 2)

    def test_a_jump_over_a_class_counts(self):
        trigger = self._trigger(to_temperature="warm")
        lead = self._create_leads(function="Boss")
        self._signal(lead)
        other = self._create_leads(city="Nowhere")
        self._commit()
        self._edit(other, city=False, function="Boss")
        self.assertEqual(set(trigger.log_ids.lead_id), {lead, other})

    def test_a_limit_of_the_score_that_is_no_class(self):
        up = self._trigger(watch="score", threshold=33)
        down = self._trigger(watch="score", threshold=33, direction="down")
        self._edit(function="Boss")
        self.assertFalse(up.log_ids)
        self._signal()
        self.assertEqual(len(up.log_ids), 1)
        self._edit(city="Nowhere")
        self.assertEqual(len(down.log_ids), 1)

    def test_qualification_sets_it_off(self):
        trigger = self._trigger(watch="qualification", to_qualification="rejected", direction="any")
        self.lead.action_accept()
        self._commit()
        self.assertFalse(trigger.log_ids)
        self.lead.action_reject(self.env.ref("lead_scoring.reject_reason_spam").id)
        self._commit()
        self.assertEqual(len(trigger.log_ids), 1)

    def test_only_leads_that_match(self):
        trigger = self._trigger(to_temperature="warm", domain="[('city', '=', 'Rome')]")
        self._edit(function="Boss")
        self.assertFalse(trigger.log_ids)
        self._create_leads(function="Boss", city="Rome")
        self._commit()
        self.assertEqual(len(trigger.log_ids), 1)

    def test_all_that_it_can_do(self):
        other_team = self.env["crm.team"].create({"name": "Hot team"})
        plan = self.env["mail.activity.plan"].create(
            {
                "name": "Plan",
                "res_model": "crm.lead",
                "template_ids": [
                    (
                        0,
                        0,
                        {
                            "activity_type_id": self.todo.id,
                            "summary": "Planned",
                            "responsible_type": "on_demand",
                        },
                    )
                ],
            }
        )
        template = self.env["mail.template"].create(
            {
                "name": "Hello",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "subject": "Hello {{ object.name }}",
                "body_html": "<p>Hello</p>",
                "email_to": "{{ object.email_from }}",
            }
        )
        action = self.env["ir.actions.server"].create(
            {
                "name": "Note",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "state": "code",
                "code": "record.write({'referred': 'by action'})",
            }
        )
        trigger = self._trigger(
            to_temperature="warm",
            plan_id=plan.id,
            template_id=template.id,
            server_action_id=action.id,
            assign_team_id=other_team.id,
            assign_user_id=self.other.id,
            notify_owner=True,
            notify_user_ids=[(4, self.boss.id)],
        )
        self._edit(function="Boss")
        self.assertEqual(trigger.log_ids.mapped("state"), ["done"], trigger.last_error)
        self.assertEqual(self.lead.user_id, self.other)
        self.assertEqual(self.lead.team_id, other_team)
        self.assertEqual(self.lead.referred, "by action")
        self.assertEqual(set(self.lead.activity_ids.mapped("summary")), {"Act!", "Planned"})
        messages = self.env["mail.message"].search(
            [("model", "=", "crm.lead"), ("res_id", "=", self.lead.id)]
        )
        self.assertTrue(messages.filtered(lambda m: m.subject == "Hello Lead 0"))
        notice = messages.filtered(lambda m: m.message_type == "user_notification")
        self.assertEqual(
            notice.filtered(lambda m: m.subject == "Test trigger").partner_ids,
            (self.other | self.boss).partner_id,
        )

    def test_what_fails_is_told_and_the_rest_goes_on(self):
        bad = self.env["ir.actions.server"].create(
            {
                "name": "Bad",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "state": "code",
                "code": "raise UserError('Boom')",
            }
        )
        trigger = self._trigger(to_temperature="warm", server_action_id=bad.id)
        with mute_logger(ACTION_LOGGER, "odoo.addons.base.models.ir_actions"):
            self._edit(function="Boss")
        self.assertEqual(self.lead.function, "Boss")
        self.assertTrue(self._todos())
        self.assertEqual(trigger.log_ids.state, "failed")
        self.assertIn("Boom", trigger.last_error)

    def test_a_deleted_template_or_plan_is_told_and_the_rest_goes_on(self):
        template = self.env["mail.template"].create(
            {"name": "Gone", "model_id": self.env["ir.model"]._get_id("crm.lead")}
        )
        trigger = self._trigger(to_temperature="warm", template_id=template.id)
        template.unlink()
        self._edit(function="Boss")
        self.assertTrue(self._todos())
        self.assertIn("E-mail", trigger.last_error)

    def test_a_user_who_left_is_told(self):
        trigger = self._trigger(to_temperature="warm", assign_user_id=self.other.id)
        self.other.active = False
        with mute_logger(ACTION_LOGGER):
            self._edit(function="Boss")
        self.assertEqual(self.lead.user_id, self.rep)
        self.assertIn("archived", trigger.last_error)

    def test_a_trigger_does_not_set_itself_off(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Swing",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "state": "code",
                "code": "record.write({'function': False})\nrecord.write({'function': 'Boss'})",
            }
        )
        trigger = self._trigger(
            to_temperature="warm", frequency="always", server_action_id=action.id
        )
        self._edit(function="Boss")
        self.assertEqual(len(trigger.log_ids), 1)

    def test_two_triggers_that_undo_each_other_are_stopped(self):
        def action(function):
            return self.env["ir.actions.server"].create(
                {
                    "name": "Swing",
                    "model_id": self.env["ir.model"]._get_id("crm.lead"),
                    "state": "code",
                    "code": f"record.write({{'function': {function!r}}})",
                }
            )

        up = self._trigger(
            to_temperature="warm", frequency="always", server_action_id=action(False).id
        )
        self._trigger(direction="down", frequency="always", server_action_id=action("Boss").id)
        for _number in range(6):
            self._edit(function="Boss")
            self._edit(function=False)
        self.assertEqual(len(up.log_ids.filtered(lambda row: row.state == "done")), 3)
        self.assertEqual(len(up.log_ids.filtered(lambda row: row.state == "stopped")), 1)
        self.assertIn("3 times", up.last_error)

    def test_publishing_a_card_sets_nothing_off_but_can_be_asked_for(self):
        self._edit(function="Chief")
        trigger = self._trigger(to_temperature="warm")
        self.card.rule_ids[1].domain = "[('function', '=', 'Chief')]"
        self.card.action_publish()
        self.assertEqual(self.lead.score_temperature, "warm")
        self.assertFalse(trigger.log_ids)
        trigger.action_apply()
        self._run_cron()
        self.assertEqual(trigger.log_ids.lead_id, self.lead)
        self.assertFalse(trigger.applying)
        trigger.action_apply()
        self._run_cron()
        self.assertEqual(len(trigger.log_ids), 1, "once per lead")

    def test_apply_needs_a_class(self):
        with self.assertRaises(UserError):
            self._trigger().action_apply()

    def test_poor_for_so_long_is_lost_with_a_reason(self):
        reason = self.env["crm.lost.reason"].create({"name": "Never came to life"})
        trigger = self._trigger(
            watch="stay",
            threshold=20,
            stay_days=30,
            activity_type_id=False,
            mark_lost=True,
            lost_reason_id=reason.id,
            domain="[('referred', '=', 'score-test')]",
        )
        better = self._create_leads(function="Boss")
        self._commit()
        waits = self.env["lead.score.trigger.wait"].search([("trigger_id", "=", trigger.id)])
        self.assertEqual(waits.lead_id, self.lead)
        self._run_cron()
        self.assertEqual(self.lead.won_status, "pending")
        waits.due_date = self._ago(minutes=1)
        self._run_cron()
        self.assertEqual(self.lead.won_status, "lost")
        self.assertEqual(self.lead.lost_reason_id, reason)
        self.assertEqual(better.won_status, "pending")

    def test_who_recovers_waits_no_more(self):
        trigger = self._trigger(watch="stay", threshold=20)
        waits = self.env["lead.score.trigger.wait"].search([("trigger_id", "=", trigger.id)])
        self.assertIn(self.lead, waits.lead_id)
        self._edit(function="Boss")
        self.assertFalse(waits.exists().filtered(lambda wait: wait.lead_id == self.lead))
        self._edit(function=False)
        again = waits.search([("trigger_id", "=", trigger.id), ("lead_id", "=", self.lead.id)])
        self.assertEqual(again.due_date.date(), fields.Date.today() + timedelta(days=30))

    def test_time_of_existing_leads_counts_on_request(self):
        trigger = self._trigger(watch="stay", threshold=20, stay_days=30)
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = now() - interval '90 days' WHERE id = %s",
            [self.lead.id],
        )
        self.lead.invalidate_recordset()
        trigger.action_apply()
        self._run_cron()
        self.assertIn(self.lead, trigger.log_ids.lead_id)

    def test_bad_filters_and_numbers_are_refused(self):
        with self.assertRaises(ValidationError):
            self._trigger(domain="[('no_such_field', '=', 1)]")
        with self.assertRaises(ValidationError):
            self._trigger(domain="nonsense")

    def test_only_administrators_say_which_server_action_runs(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Powerful",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "state": "code",
                "code": "pass",
            }
        )
        trigger = self._trigger()
        with self.assertRaises(AccessError):
            trigger.with_user(self.boss).server_action_id = action
        trigger.with_user(self.boss).notify_owner = True
        self.assertEqual(trigger.planned, "activity_type_id,notify_owner")
        action.model_id = self.env["ir.model"]._get("res.partner")
        with self.assertRaises(ValidationError):
            trigger.server_action_id = action

    def test_a_manager_copies_a_trigger_without_its_server_action(self):
        action = self.env["ir.actions.server"].create(
            {"name": "Note", "model_id": self.env["ir.model"]._get_id("crm.lead"),
             "state": "code", "code": "pass"}
        )  # fmt: skip
        trigger = self._trigger(server_action_id=action.id)
        self.assertEqual(trigger.copy().server_action_id, action)
        copy = trigger.with_user(self.boss).copy().sudo()
        self.assertFalse(copy.server_action_id)
        self.assertEqual(copy.planned, "activity_type_id")

    def test_a_trigger_may_delete_its_lead(self):
        action = self.env["ir.actions.server"].create(
            {"name": "Delete", "model_id": self.env["ir.model"]._get_id("crm.lead"),
             "state": "code", "code": "record.unlink()"}
        )  # fmt: skip
        trigger = self._trigger(activity_type_id=False, server_action_id=action.id)
        later = self._trigger(sequence=99)
        self._turn_hot()
        self.assertFalse(self.lead.exists())
        self.assertFalse(trigger.last_error or later.last_error)

    def test_reps_do_not_see_the_machinery(self):
        with self.assertRaises(AccessError):
            self.env["lead.score.trigger"].with_user(self.rep).search([])
        self._trigger(to_temperature="warm")
        self._edit(self.lead.with_user(self.rep), function="Boss")
        self.assertTrue(self._todos(), "and yet it works for them")

    # The end of the transaction

    def test_what_a_score_passes_on_the_way_sets_nothing_off(self):
        up = self._trigger(to_temperature="warm")
        down = self._trigger(direction="down", frequency="always")
        limit = self._trigger(watch="score", threshold=25)
        self.lead.function = "Boss"
        self.lead.function = False
        self.lead.write({"function": "Boss", "city": "Nowhere"})
        self._commit()
        self.assertFalse((up | down | limit).log_ids)
        self.lead.city = False
        self.lead.score_signal("t_ask")
        self.lead.write({"function": False})
        self._edit(function="Boss")
        for trigger in (up, limit):
            self.assertEqual(len(trigger.log_ids), 1, "once, by what it has become")
        self.assertFalse(down.log_ids)

    def test_what_follows_from_the_contact_is_counted_before(self):
        """Odoo carries a phone number over later; until then the score is half the truth."""
        self.card.rule_ids[2].domain = "[('phone', '=', '+49 111')]"
        self.card.action_publish()
        partner = self.env["res.partner"].create({"name": "Contact", "phone": "+49 222"})
        self.lead.partner_id = partner
        self._commit()
        trigger = self._trigger(frequency="always")
        down = self._trigger(direction="down", frequency="always")
        self.lead.function = "Boss"
        partner.phone = "+49 111"
        self._commit()
        self.assertEqual(self.lead.score, 0)
        self.assertFalse((trigger | down).log_ids)

    def test_a_message_in_between_ends_nothing(self):
        trigger = self._trigger()
        self.lead.function = "Boss"
        self.lead.message_post(
            body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self._edit(function=False)
        self.assertFalse(trigger.log_ids)

    def test_a_state_on_the_way_sets_nothing_off(self):
        trigger = self._trigger(watch="qualification", to_qualification="mql", direction="any")
        self.lead.action_mql()
        self.lead.action_accept()
        self._commit()
        self.assertFalse(trigger.log_ids)

    def test_time_under_a_limit_goes_on_when_the_score_comes_back_at_once(self):
        trigger = self._trigger(watch="stay", threshold=20)
        wait = self.env["lead.score.trigger.wait"].search(
            [("trigger_id", "=", trigger.id), ("lead_id", "=", self.lead.id)]
        )
        due = wait.due_date = self._ago(days=-3)
        self.lead.function = "Boss"
        self._edit(function=False)
        self.assertEqual(wait.exists().due_date, due)
        self._edit(function="Boss")
        self.assertFalse(wait.exists())

    def test_what_is_taken_back_sets_nothing_off(self):
        trigger = self._trigger()
        with self.assertRaises(ValueError), self.env.cr.savepoint():
            self.lead.function = "Boss"
            raise ValueError("no")
        self._commit()
        self.assertFalse(trigger.log_ids)

    def test_one_trigger_sets_off_another_when_it_is_done(self):
        action = self.env["ir.actions.server"].create(
            {"name": "Cool", "model_id": self.env["ir.model"]._get_id("crm.lead"),
             "state": "code",
             "code": "record.write({'function': False})\nrecord.message_post(body='x')"}
        )  # fmt: skip
        up = self._trigger(frequency="always", server_action_id=action.id)
        down = self._trigger(direction="down", frequency="always")
        self._edit(function="Boss")
        self.assertEqual((len(up.log_ids), len(down.log_ids)), (1, 1))

    def test_the_caller_chooses_nothing_of_what_a_trigger_does(self):
        trigger = self._trigger(to_temperature="warm")
        lead = self.lead.with_user(self.rep).with_context(
            score_triggers=(trigger.id,),
            score_reason="rules",
            score_passed=True,
            default_note="forged",
            default_active=False,
        )
        self._edit(lead, function="Boss")
        self.assertEqual(len(trigger.log_ids), 1)
        self.assertFalse(self._todos().note)
