import logging
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ValidationError

from ..tools.jobs import CONFLICTS

_logger = logging.getLogger(__name__)
# So often may one trigger act on one lead within a day; more is a circle of triggers.
MOST_PER_DAY = 3
# What of the context of a change is kept when a trigger acts on it.
KEPT = {"lang", "tz", "allowed_company_ids"}
PEOPLE = [
    ("owner", "Salesperson of the lead"),
    ("leader", "Team leader"),
    ("user", "A certain user"),
]


class LeadScoreTriggerAction(models.AbstractModel):
    """What a trigger does. Each thing is tried for itself: one that fails does not stop others."""

    _name = "lead.score.trigger.action"
    _description = "What a Trigger Does"

    plan_id = fields.Many2one(
        "mail.activity.plan",
        string="Activity plan",
        domain=[("res_model", "=", "crm.lead")],
        ondelete="set null",
        help="Activities of this plan are scheduled from today on.",
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        string="Activity",
        domain=["|", ("res_model", "=", "crm.lead"), ("res_model", "=", False)],
        ondelete="set null",
        help="An activity of this type is scheduled.",
    )
    activity_summary = fields.Char(
        string="Summary", translate=True, help="What the activity is about."
    )
    activity_days = fields.Integer(
        string="Due in days", help="In how many days the activity is due. 0 = today."
    )
    activity_for = fields.Selection(
        PEOPLE, string="Assigned to", default="owner", help="Who has to do the activity."
    )
    activity_user_id = fields.Many2one(
        "res.users",
        string="Activity for",
        domain=[("share", "=", False)],
        ondelete="set null",
        help="Who has to do the activity.",
    )
    assign_user_id = fields.Many2one(
        "res.users",
        string="Give to",
        domain=[("share", "=", False)],
        ondelete="set null",
        help="Becomes the salesperson of the lead.",
    )
    assign_team_id = fields.Many2one(
        "crm.team",
        string="Give to team",
        ondelete="set null",
        help="Becomes the team of the lead.",
    )
    template_id = fields.Many2one(
        "mail.template",
        string="E-mail",
        domain=[("model", "=", "crm.lead")],
        ondelete="set null",
        help="This e-mail is sent to the lead.",
    )
    notify_owner = fields.Boolean(
        string="Notify the salesperson", help="The salesperson of the lead is told in Discuss."
    )
    notify_leader = fields.Boolean(
        string="Notify the team leader", help="The team leader is told in Discuss."
    )
    notify_user_ids = fields.Many2many(
        "res.users",
        string="Notify",
        domain=[("share", "=", False)],
        help="These users are told in Discuss.",
    )
    server_action_id = fields.Many2one(
        "ir.actions.server",
        string="Server action",
        domain=[("model_id.model", "=", "crm.lead")],
        ondelete="set null",
        groups="base.group_system",
        help="Runs on the lead. What it does is up to its author.",
    )
    mark_lost = fields.Boolean(string="Mark as lost", help="The lead is lost, with this reason.")
    lost_reason_id = fields.Many2one(
        "crm.lost.reason", ondelete="set null", help="Reason with which the lead is lost."
    )
    planned = fields.Char(
        readonly=True,
        copy=False,
        help="What this trigger was told to do when it was saved. What is no longer there, "
        "because somebody deleted it, is reported.",
    )
    last_error = fields.Text(
        readonly=True, copy=False, help="What went wrong last. Empty if the last time went well."
    )
    last_date = fields.Datetime(readonly=True, copy=False, help="When it last did something.")
    log_ids = fields.One2many(
        "lead.score.trigger.log",
        "trigger_id",
        readonly=True,
        help="What the trigger did, lead by lead.",
    )
    log_count = fields.Integer(
        string="Done", compute="_compute_log_count", help="On how many leads it has acted."
    )

    def _compute_log_count(self):
        counts = dict(
            self.env["lead.score.trigger.log"]
            .sudo()
            ._read_group([("trigger_id", "in", self.ids)], ["trigger_id"], ["__count"])
        )
        for trigger in self:
            trigger.log_count = counts.get(trigger, 0)

    def copy_data(self, default=None):
        """A server action is for administrators, and who is none copies a trigger without it."""
        if self.env.su or self.env.user.has_group("base.group_system"):
            return super().copy_data(default)
        rows = super().copy_data({**(default or {}), "server_action_id": False})
        for row in rows:
            row.pop("server_action_id")
        return rows

    @api.constrains("server_action_id")
    def _check_server_action(self):
        for trigger in self:
            if trigger.server_action_id.model_id.model not in (False, "crm.lead"):
                raise ValidationError(
                    self.env._("“%s” is not made for leads.", trigger.server_action_id.display_name)
                )

    # ------------------------------------------------------------------
    # What was told is remembered, so that a deleted record is noticed
    # ------------------------------------------------------------------

    def _action_steps(self):
        """Name of each thing to do, the field that says so, and the method that does it."""
        return (
            ("assign_user_id", self._do_assign),
            ("assign_team_id", self._do_assign),
            ("plan_id", self._do_plan),
            ("activity_type_id", self._do_activity),
            ("template_id", self._do_mail),
            ("notify_owner", self._do_notify),
            ("notify_leader", self._do_notify),
            ("notify_user_ids", self._do_notify),
            ("server_action_id", self._do_server_action),
            ("mark_lost", self._do_lose),
        )

    def _plan(self):
        for trigger in self.sudo():
            wanted = ",".join(name for name, _do in trigger._action_steps() if trigger[name])
            if trigger.planned != wanted:
                trigger.planned = wanted

    # ------------------------------------------------------------------
    # Doing it
    # ------------------------------------------------------------------

    def _act(self, leads):
        """Act on leads, and write down what came of it. Never raises for one of them.

        :param leads: leads for which the trigger's condition has come true
        """
        self.ensure_one()
        # Who caused it chooses neither defaults nor anything else of what the system does.
        context = {name: self.env.context[name] for name in KEPT & self.env.context.keys()}
        trigger = self.with_env(self.env(user=SUPERUSER_ID, context=context))
        leads = trigger.env["crm.lead"].browse(leads.ids)
        rows = []
        for lead in trigger._may_act_on(leads, rows):
            errors = trigger._act_on(lead)
            note = "; ".join(errors) or False
            rows.append(trigger._log_row(lead, "failed" if errors else "done", note))
        # A server action may have deleted some of them.
        left = set(leads.exists()._ids)
        rows = [row for row in rows if row["lead_id"] in left]
        if not rows:
            return
        trigger.env["lead.score.trigger.log"].create(rows)
        failed = [row["note"] for row in rows if row["state"] != "done"]
        trigger.write(
            {"last_date": trigger.env.cr.now(), "last_error": failed[-1] if failed else False}
        )

    def _log_row(self, lead, state, note):
        return {
            "trigger_id": self.id,
            "lead_id": lead.id,
            "date": self.env.cr.now(),
            "state": state,
            "note": note,
        }

    def _may_act_on(self, leads, rows):
        """Leave out who has had his turn, and who is sent round in a circle."""
        log = self.env["lead.score.trigger.log"]
        mine = [("trigger_id", "=", self.id), ("lead_id", "in", leads.ids)]
        if self.frequency == "once":
            done = log.search([*mine, ("state", "=", "done")]).lead_id
            leads -= done
        since = self.env.cr.now() - timedelta(days=1)
        often = {
            lead: (count, stopped)
            for lead, count, stopped in log._read_group(
                [*mine, ("date", ">", since)], ["lead_id"], ["__count", "state:array_agg"]
            )
            if count >= MOST_PER_DAY
        }
        for lead, (_count, states) in often.items():
            if "stopped" not in states:
                note = self.env._("It acted %s times within a day on this lead.", MOST_PER_DAY)
                rows.append(self._log_row(lead, "stopped", note))
        return leads.filtered(lambda lead: lead not in often)

    def _act_on(self, lead):
        """Do with one lead everything that is planned.

        :return: what went wrong, as texts
        """
        errors = []
        planned = (self.planned or "").split(",")
        done = set()
        for name, do in self._action_steps():
            if not self[name]:
                if name in planned:
                    label = self._fields[name]._description_string(self.env)
                    errors.append(self.env._("%s was deleted", label))
                continue
            if do in done:
                continue
            done.add(do)
            try:
                with self.env.cr.savepoint():
                    do(lead)
                    self.env.flush_all()
            except CONFLICTS:
                raise
            except Exception as error:
                _logger.warning("Trigger %s, lead %s, %s", self.id, lead.id, name, exc_info=True)
                errors.append(str(error) or type(error).__name__)
        return errors

    def _do_assign(self, lead):
        values = {}
        if self.assign_team_id:
            values["team_id"] = self.assign_team_id.id
        if self.assign_user_id:
            if not self.assign_user_id.active:
                raise ValueError(self.env._("%s is archived", self.assign_user_id.name))
            values["user_id"] = self.assign_user_id.id
        lead.write(values)

    def _do_plan(self, lead):
        wizard = self.env["mail.activity.schedule"].with_context(
            active_model="crm.lead", active_ids=lead.ids
        )
        plan = wizard.create(
            {
                "res_model": "crm.lead",
                "res_ids": str(lead.ids),
                "plan_id": self.plan_id.id,
                "plan_on_demand_user_id": self._person("owner", lead).id or False,
            }
        )
        plan.action_schedule_plan()

    def _do_activity(self, lead):
        user = self._person(self.activity_for, lead)
        if not user:
            raise ValueError(self.env._("Nobody is there to do the activity"))
        lead.activity_schedule(
            activity_type_id=self.activity_type_id.id,
            summary=self.activity_summary or self.name,
            user_id=user.id,
            date_deadline=fields.Date.context_today(self) + timedelta(days=self.activity_days),
        )

    def _person(self, role, lead):
        """Who is meant; the other of salesperson and team leader if one is missing."""
        owner, leader = lead.user_id, lead.team_id.user_id
        people = {
            "owner": owner or leader,
            "leader": leader or owner,
            "user": self.activity_user_id,
        }
        return people.get(role, owner).filtered("active")

    def _do_mail(self, lead):
        if not (lead.email_normalized or lead.partner_id.email_normalized):
            raise ValueError(self.env._("The lead has no e-mail address"))
        lead.message_post_with_source(
            self.template_id, message_type="comment", subtype_xmlid="mail.mt_comment"
        )

    def _do_notify(self, lead):
        users = self.notify_user_ids
        if self.notify_owner:
            users |= lead.user_id
        if self.notify_leader:
            users |= lead.team_id.user_id
        partners = users.filtered("active").partner_id
        if partners:
            lead.message_notify(
                partner_ids=partners.ids,
                subject=self.name,
                body=self.env._(
                    "%(trigger)s: %(lead)s. Score %(score)s.",
                    trigger=self.name,
                    lead=lead.name,
                    score=round(lead.score),
                ),
            )

    def _do_server_action(self, lead):
        self.server_action_id.with_context(
            active_model="crm.lead", active_id=lead.id, active_ids=lead.ids
        ).run()

    def _do_lose(self, lead):
        if lead.won_status == "pending":
            lead.action_set_lost(lost_reason_id=self.lost_reason_id.id)
