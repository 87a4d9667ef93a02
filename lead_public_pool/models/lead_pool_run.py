from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.arguments import checked


class LeadPoolRun(models.Model):
    """One run that took records back, or that was stopped because it would take too many."""

    _name = "lead.pool.run"
    _description = "Reclaim Run"
    _order = "id desc"
    _rec_name = "date_start"

    date_start = fields.Datetime(
        string="Started", required=True, readonly=True, help="When the run began."
    )
    date_end = fields.Datetime(
        string="Ended", readonly=True, help="When the run finished; empty if it was cut short."
    )
    state = fields.Selection(
        [
            ("done", "Done"),
            ("braked", "Waits for a decision"),
            ("approved", "Allowed"),
            ("dropped", "Not allowed"),
            ("undone", "Undone"),
        ],
        required=True,
        readonly=True,
        default="done",
        help="A run that would take back more than the brake of a pool allows waits until a "
        "manager decides.",
    )
    pool_id = fields.Many2one(
        "lead.pool", readonly=True, ondelete="cascade", help="Pool whose brake stopped the run."
    )
    company_id = fields.Many2one(
        "res.company",
        readonly=True,
        index=True,
        ondelete="cascade",
        help="Company of the pools: each sees its own runs.",
    )
    due_count = fields.Integer(
        string="Would take back", readonly=True, help="Records that were due when it was stopped."
    )
    reclaimed_count = fields.Integer(
        string="Taken back", readonly=True, help="Records that went back to a pool."
    )
    skipped_count = fields.Integer(
        string="Skipped",
        readonly=True,
        help="Records that looked due but, checked again under the lock, were not.",
    )
    failed_count = fields.Integer(
        string="Failed",
        readonly=True,
        help="Records that could not be taken back; the run tries them again a day later.",
    )
    failure_log = fields.Text(readonly=True, help="Which records failed, and why.")
    filter_log = fields.Text(
        string="Broken filters",
        readonly=True,
        help="Filters that could not be used when the run began. What hangs on them rested: a "
        "rule whose filter is broken takes nothing back.",
    )
    undo_report = fields.Text(readonly=True, help="What undoing put back, and what it left alone.")
    move_ids = fields.One2many(
        "lead.pool.move", "run_id", string="Moves", readonly=True, help="What this run took back."
    )

    @checked()
    def action_approve(self):
        """Let a braked run go on: what is due goes back at the next run.

        :return: True
        :raise AccessError: for anybody but a manager of the pool
        :raise UserError: if the run does not wait for a decision
        """
        for run in self._to_decide():
            run.state = "approved"
            run.pool_id.brake_pass_date = fields.Datetime.add(self.env.cr.now(), days=1)
        self.env.ref("lead_public_pool.ir_cron_reclaim").sudo()._trigger()
        return True

    @checked()
    def action_drop(self):
        """Do not let a braked run go on: what was due gets a new term of a week.

        :return: True
        :raise AccessError: for anybody but a manager of the pool
        :raise UserError: if the run does not wait for a decision
        """
        for run in self._to_decide():
            run.state = "dropped"
            run.pool_id._put_off_due()
        return True

    @checked()
    def action_undo(self):
        """Give back what this run took, unless somebody has touched it since.

        :return: True
        :raise AccessError: for anybody but administrators of the pools
        :raise UserError: if there is nothing to undo
        """
        self.check_access("read")
        pools = self.sudo().move_ids.pool_from_id | self.sudo().pool_id
        admin = self.env.user.has_group("lead_public_pool.group_pool_admin")
        if not admin or not all(pool._is_managed_by(self.env.user) for pool in pools):
            raise AccessError(self.env._("Only an administrator of the pools undoes a run."))
        for run in self.sudo():
            if run.state == "undone" or not run.reclaimed_count:
                raise UserError(self.env._("There is nothing to undo."))
            put_back, left = run._undo()
            told = self.env._(
                "%(put_back)s put back; %(left)s left alone.",
                put_back=put_back,
                left=len(left),
            )
            run.write(
                {
                    "state": "undone",
                    "undo_report": "\n".join([told, *left]),
                }
            )
        return True

    def _of_company(self, company):
        """The one of these runs that is for a company, or a new one.

        Nobody reads the names and numbers of another company in the report of a run.
        """
        if run := self.filtered(lambda run: run.company_id == company):
            return run
        run = self.sudo().create({"date_start": self.env.cr.now(), "company_id": company.id})
        run._note_broken_filters()
        return run

    def _note_broken_filters(self):
        """Say in the report which filters rested during the run, and so took nothing back."""
        broken = (
            self.env["lead.pool.trouble"]
            .sudo()
            .search([("kind", "=", "filter"), ("company_id", "in", [self.company_id.id, False])])
        )
        lines = [f"{trouble.pool_id.name}: {trouble.message}" for trouble in broken]
        self.filter_log = "\n".join(lines) or False

    def _to_decide(self):
        self.check_access("read")
        runs = self.sudo()
        for run in runs:
            if run.state != "braked":
                raise UserError(self.env._("This run does not wait for a decision."))
            if not run.pool_id._is_managed_by(self.env.user):
                raise AccessError(
                    self.env._("Only a manager of the pool %s decides this.", run.pool_id.name)
                )
        return runs

    def _undo(self):
        """Put back what has not moved since, to owners who still may have it.

        :return: how many were put back, and one line for each record that was left alone
        """
        self.ensure_one()
        put_back, left = 0, []
        for model_name, moves in self.move_ids.grouped("res_model").items():
            last = dict(
                self.env["lead.pool.move"]._read_group(
                    [("res_model", "=", model_name), ("res_id", "in", moves.mapped("res_id"))],
                    ["res_id"],
                    ["id:max"],
                )
            )
            untouched = moves.filtered(lambda move, last=last: last[move.res_id] == move.id)
            moved = self.env._("It has moved since.")
            left += [(move, moved) for move in moves - untouched]
            for (owner, pool), group in untouched.grouped(
                lambda move: (move.user_from_id, move.pool_from_id)
            ).items():
                reasons = group._put_back(owner, pool)
                put_back += len(group) - len(reasons)
                left += reasons.items()
        return put_back, [f"{move._told_name()}: {reason}" for move, reason in left]
