import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...tools.arguments import checked
from ...tools.caches import forget

# Fields that decide whether each change of a customer concerns a playbook.
WATCHING = {"state", "model", "active"}
# Fields that decide which records a playbook is for.
AIMS = {"model", "entry_state", "domain", "company_id"}


class CustomerPlaybook(models.Model):
    """What happens, step by step, to customers or leads that get into a situation."""

    _name = "customer.playbook"
    _description = "Playbook"
    _inherit = ["mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(
        required=True,
        translate=True,
        tracking=True,
        help="What the playbook is for, for example winning back dormant customers.",
    )
    description = fields.Text(translate=True, help="Why this playbook exists, for colleagues.")
    sequence = fields.Integer(default=10, help="Order of the playbooks in the list.")
    active = fields.Boolean("In use", default=True, help="An archived playbook does nothing.")
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("paused", "Paused")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
        help="Only a running playbook lets records in and takes steps. While it is paused nothing "
        "is lost: steps that became due are taken when it runs again.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        help="Company whose customers or leads it is for.",
    )
    key = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: uuid.uuid4().hex,
        help="Drawn once; it decides who belongs to the control group.",
    )
    step_ids = fields.One2many(
        "customer.playbook.step", "playbook_id", string="Steps", copy=True, help="What is done."
    )
    enrolment_ids = fields.One2many(
        "customer.playbook.enrolment",
        "playbook_id",
        copy=False,
        export_string_translation=False,
        help="Everybody who went through the playbook, with those who were left alone to compare.",
    )

    # Ends
    stop_on_purchase = fields.Boolean(
        string="Stop on purchase",
        default=True,
        help="Whoever buys in the meantime, or whose lead is won, gets no further steps.",
    )
    stop_on_reply = fields.Boolean(
        string="Stop on reply",
        default=True,
        help="Whoever writes to us in the meantime gets no further steps: a person takes over.",
    )
    stop_on_optout = fields.Boolean(
        string="Stop on opt-out",
        default=True,
        help="Whoever does not want our e-mails any more gets no further steps. Without this only "
        "e-mails are left out.",
    )
    stop_on_left = fields.Boolean(
        string="Stop when it no longer applies",
        help="Whoever does not match the situation above any more gets no further steps.",
    )
    round_limit = fields.Integer(
        string="Rounds",
        default=1,
        help="How many times the steps are gone through before the playbook gives up.",
    )
    round_pause_days = fields.Integer(
        string="Days between rounds", default=30, help="Pause before the steps begin again."
    )

    # Who
    assignee = fields.Selection(
        [
            ("owner", "Salesperson"),
            ("leader", "Leader of the salesperson's team"),
            ("internal", "Colleague who is the internal customer"),
            ("user", "One colleague"),
        ],
        string="Activities go to",
        required=True,
        default="owner",
        help="Who gets the activities.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Colleague",
        domain=[("share", "=", False)],
        help="Who gets the activities, or who steps in where there is nobody else.",
    )

    enrolment_count = fields.Integer(
        string="Entered", compute="_compute_counts", help="Records that this playbook has let in."
    )
    running_count = fields.Integer(
        string="Under way", compute="_compute_counts", help="Records between two steps."
    )
    error_count = fields.Integer(
        string="Failed", compute="_compute_counts", help="Records whose step failed."
    )
    problem = fields.Text(
        compute="_compute_problem", help="What has to be repaired before the steps work."
    )

    _round_limit_positive = models.Constraint(
        "CHECK(round_limit > 0 AND round_pause_days >= 0)", "A playbook has at least one round."
    )

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    def _compute_counts(self):
        groups = self.env["customer.playbook.enrolment"]._read_group(
            [("playbook_id", "in", self.ids)], ["playbook_id", "state"], ["__count"]
        )
        counts = {(playbook.id, state): count for playbook, state, count in groups}
        for playbook in self:
            mine = {state: n for (id_, state), n in counts.items() if id_ == playbook.id}
            playbook.enrolment_count = sum(mine.values())
            playbook.running_count = mine.get("running", 0)
            playbook.error_count = mine.get("error", 0)

    @api.depends("step_ids.problem", "error")
    def _compute_problem(self):
        for playbook in self:
            lines = [playbook.error] if playbook.error else []
            for step in playbook.step_ids.filtered("problem"):
                lines.append(f"{step.display_name}: {step.problem}")
            playbook.problem = "\n".join(lines)

    # ------------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------------

    @api.constrains("assignee", "user_id")
    def _check_assignee(self):
        for playbook in self:
            if playbook.assignee == "user" and not playbook.user_id:
                raise ValidationError(self.env._("Choose the colleague who gets the activities."))

    @api.model_create_multi
    def create(self, vals_list):
        playbooks = super().create(vals_list)
        forget(self.env)
        return playbooks

    def write(self, vals):
        for name in ("model", "company_id"):
            if name in vals and any(
                playbook.enrolment_count and playbook[name] != playbook._new_value(name, vals)
                for playbook in self
            ):
                raise UserError(
                    self.env._("This playbook has already begun. Make a copy for others.")
                )
        if not AIMS.isdisjoint(vals):
            # For whom an administrator let it run code is part of that decision.
            self.with_context(active_test=False).step_ids._check_may_run_code()
        if vals.get("active") is False:
            vals = {**vals, "state": "paused"}
        result = super().write(vals)
        if WATCHING & vals.keys():
            forget(self.env)
        return result

    def unlink(self):
        result = super().unlink()
        forget(self.env)
        return result

    def _new_value(self, name, vals):
        field = self._fields[name]
        return field.convert_to_record(field.convert_to_cache(vals[name], self), self)

    def copy_data(self, default=None):
        values = super().copy_data(default)
        for playbook, vals in zip(self, values, strict=True):
            vals["name"] = self.env._("%s (copy)", playbook.name)
        return values

    @api.ondelete(at_uninstall=False)
    def _unlink_except_begun(self):
        if any(playbook.enrolment_count for playbook in self):
            raise UserError(
                self.env._("A playbook that has begun is kept for its result. Archive it.")
            )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @checked()
    def action_start(self):
        """Let these playbooks run.

        :return: True
        :raise UserError: if a playbook has no steps, or one that cannot work
        """
        for playbook in self:
            if not playbook.step_ids:
                raise UserError(self.env._("%s has no steps yet.", playbook.name))
            broken = playbook.step_ids.filtered("problem")
            if broken:
                raise UserError(
                    self.env._(
                        "%(step)s: %(problem)s",
                        step=broken[0].display_name,
                        problem=broken[0].problem,
                    )
                )
        self.write({"state": "running", "error": False})
        return True

    @checked()
    def action_pause(self):
        """Nobody enters and no step is taken until the playbooks run again.

        :return: True
        """
        self.write({"state": "paused"})
        return True

    @checked()
    def action_run_now(self):
        """Let in who is due today and take the steps that are due, without waiting for the job.

        What one click does not manage, the scheduled job does.

        :return: notification
        :raise UserError: unless the playbook runs
        """
        self.check_access("write")
        enrolments = self.env["customer.playbook.enrolment"]
        for playbook in self:
            if playbook.state != "running":
                raise UserError(self.env._("Start the playbook first."))
            enrolments |= playbook.sudo()._let_in()
        due = enrolments.sudo()._due(self)
        due._run_each()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(entered)s entered, %(control)s of them as control group; "
                    "%(done)s steps were due.",
                    entered=len(enrolments),
                    control=len(enrolments.filtered("is_control")),
                    done=len(due),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @checked(one=True)
    def action_preview(self):
        """Show who would enter today, without letting anybody in.

        :return: window action
        """
        preview = self.env["customer.playbook.preview"].create({"playbook_id": self.id})
        return preview._show()

    @checked(one=True)
    def action_enrolments(self):
        """Show the records that this playbook has let in.

        :return: window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_lifecycle.customer_playbook_enrolment_action"
        )
        return {
            **action,
            "domain": [("playbook_id", "=", self.id)],
            "context": {"in_playbook": True},
        }
