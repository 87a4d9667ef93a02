from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..models.lead_pool import MODEL_BY_KIND
from ..tools.arguments import checked

# So many records that stay are called by their names.
NAMED = 5


class LeadPoolHandover(models.TransientModel):
    """Give what one salesperson holds to a colleague, to several evenly, or back to the pools."""

    _name = "lead.pool.handover"
    _inherit = ["lead.pool.dialog"]
    _description = "Hand Over Records"

    user_id = fields.Many2one(
        "res.users", string="From", required=True, help="Whose records change hands."
    )
    pool_ids = fields.Many2many(
        "lead.pool",
        string="Pools",
        help="Only records of these pools; empty means of all pools that you manage.",
    )
    how = fields.Selection(
        [("pool", "Back to the pools"), ("users", "To colleagues, evenly")],
        required=True,
        default="pool",
        string="Destination",
        help="Back to the pools: others may claim them. To colleagues: each gets as many as the "
        "others, within the limits of the pools; what nobody can take goes back to its pool.",
    )
    receiver_ids = fields.Many2many(
        "res.users",
        string="Colleagues",
        domain="[('share', '=', False), ('id', '!=', user_id)]",
        help="Colleagues among whom the records are shared evenly.",
    )
    record_count = fields.Integer(
        string="Records", compute="_compute_record_count", help="Records that change hands."
    )

    forecast = fields.Text(
        string="What will happen",
        compute="_compute_forecast",
        help="How many records fit, what does not and why, and what stays with him.",
    )

    line_ids = fields.One2many(
        "lead.pool.handover.line",
        "handover_id",
        string="Groups",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        help="What he holds, by group, and what becomes of each.",
    )
    stage_ids = fields.Many2many(
        "lead.pool.handover.stage",
        string="Done so far",
        compute="_compute_stage_ids",
        help="What has been handed over before.",
    )

    @api.depends("user_id", "pool_ids")
    def _compute_line_ids(self):
        for wizard in self:
            counts = wizard._group_records() if wizard.user_id else {}
            wizard.line_ids = [
                fields.Command.clear(),
                *(
                    fields.Command.create({"group": group, "record_count": len(records)})
                    for group, records in counts.items()
                    if records
                ),
            ]

    @api.depends("user_id")
    def _compute_stage_ids(self):
        for wizard in self:
            wizard.stage_ids = self.env["lead.pool.handover.stage"].search(
                [("user_id", "=", wizard.user_id.id)]
            )

    @api.depends("user_id", "pool_ids")
    def _compute_record_count(self):
        for wizard in self:
            wizard.record_count = sum(len(records) for records in wizard._records())

    @api.depends("user_id", "pool_ids", "how", "receiver_ids")
    def _compute_forecast(self):
        for wizard in self:
            lines = []
            if wizard.user_id and wizard.how == "pool":
                lines.append(self.env._("Back to their pools: %s records.", wizard.record_count))
            elif wizard.user_id and wizard.receiver_ids:
                lines += wizard._forecast_split()
            wizard.forecast = "\n".join(filter(None, [*lines, wizard._outside_text()]))

    def _forecast_split(self):
        """What colleagues can take and what they cannot, in sentences; changes nothing."""
        users, policy = self.receiver_ids._origin, self.env["lead.pool.policy"]
        results = []
        for records in self._records():
            for user, part in records._pool_turns(users).items():
                refusals = policy._refusals("assign", part, user)
                results += [record._pool_result(refusals.get(record.id)) for record in part]
        fit = sum(result["ok"] for result in results)
        lines = [
            self.env._("To colleagues: %(fit)s of %(all)s records.", fit=fit, all=len(results))
        ]
        if fit < len(results):
            lines += [
                self.env._("Back to their pools: %s records.", len(results) - fit),
                self.env["lead.pool.handover.stage"]._reasons(results),
            ]
        return lines

    def _outside_text(self):
        """What he has that lies in no pool and so stays with him, in one sentence."""
        parts = []
        for model_name in MODEL_BY_KIND.values():
            records = self.env[model_name].sudo()
            outside = records.search(
                records._pool_open_domain()
                & records._pool_entry_candidate_domain()
                & Domain("user_id", "=", self.user_id._origin.id or 0)
                & Domain("pool_state", "=", "outside")
                & Domain("company_id", "in", [False, *self.env.companies.ids])
            )
            if outside:
                seen = outside.with_env(self.env)._filtered_access("read")[:NAMED]
                names = ", ".join(seen.mapped("display_name"))
                parts.append(f"{len(outside)} × {records._description}" + (names and f" ({names})"))
        if not parts:
            return ""
        return self.env._("In no pool, stays with him: %s.", "; ".join(parts))

    @checked(one=True)
    def action_hand_over(self):
        """Hand over, and tell how many went where.

        :return: notification
        :raise AccessError: for anybody but managers of the pools
        :raise UserError: if there is nobody to receive
        """
        if self.how == "users" and not self.receiver_ids:
            raise UserError(self.env._("Choose the colleagues who receive the records."))
        outside = self._outside_text()
        stages = self.env["lead.pool.handover.stage"]
        for group, records in zip(("all_leads", "all_customers"), self._records(), strict=True):
            if records or (outside and group == "all_leads"):
                stages |= self._hand_over_all(group, records, outside)
                outside = ""
        return self._tell_result(stages)

    def _hand_over_all(self, group, records, more):
        """Hand over records of one kind; what no colleague can take goes back with the reason.

        :param str more: what else the report is to say
        :return: row of the report
        """
        receivers = self.receiver_ids if self.how == "users" else self.receiver_ids.browse()
        given, returned, why = [], [], {}
        if receivers:
            given = records._pool_split(receivers)
            why = {result["id"]: result["message"] for result in given if not result["ok"]}
            records = records.browse(why)
        for reason, rest in records.grouped(lambda record: why.get(record.id)).items():
            note = reason and self.env._("No colleague could take it: %s", reason)
            returned += rest._pool_move("owner_left", note=note)
        return self.env["lead.pool.handover.stage"]._note_group(
            self.user_id, group, self.how, receivers, given, returned, more
        )

    def _tell_result(self, stages):
        """What has become of all records, as a message that stays if not all went as wished.

        :param stages: rows of the report (`lead.pool.handover.stage`)
        """
        message = self.env._(
            "%(given)s records handed over, %(returned)s back in their pools.",
            given=sum(stages.mapped("given_count")),
            returned=sum(stages.mapped("returned_count")),
        )
        reasons = [text for text in stages.mapped("reasons") if text]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if reasons else "success",
                "sticky": bool(reasons),
                "message": " ".join([message, *reasons]).replace("\n", "; "),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    @checked(one=True)
    def action_run(self):
        """Hand over the groups for which it was decided; the others wait for another time.

        :return: window action of this dialog, with what is left
        :raise AccessError: for anybody but managers of the pools
        :raise UserError: if nothing was decided, or nobody is named who receives
        """
        decided = self.line_ids.filtered(lambda line: line.how != "leave")
        if not decided:
            raise UserError(self.env._("Decide for at least one group where it goes."))
        # Checked for all before the first record moves.
        for line in decided:
            line._receivers()
        for line in decided:
            line._run()
        self._compute_line_ids()
        self.invalidate_recordset(["stage_ids", "record_count"])
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Hand over records"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def _group_records(self):
        """What the user still holds, by group; each record in the first group that fits it.

        :return: records in `sudo` by group, see `GROUPS`
        """
        leads, customers = self._records()
        groups = {}
        for group, domain in self._lead_groups().items():
            groups[group] = leads.filtered_domain(domain) if domain else leads[:0]
            leads -= groups[group]
        return {**groups, "lead": leads, "customer": customers}

    @api.model
    def _lead_groups(self):
        """Filter of each group of leads, in order; none where Odoo does not know such a thing."""
        now, today = self.env.cr.now(), self.env.company._pool_today()
        quotation = None
        if "order_ids" in self.env["crm.lead"]._fields:
            # The Sales app is optional: where it is there, an open offer comes first.
            quotation = Domain("order_ids", "any", [("state", "in", ("draft", "sent"))])
        return {
            "quotation": quotation,
            "overdue": Domain("pool_due_date", "<=", now)
            | Domain("activity_ids", "any", [("date_deadline", "<", today)]),
            "opportunity": Domain("type", "=", "opportunity"),
        }

    def _records(self):
        """What the user holds from pools that the current user manages, by kind."""
        pools = self.pool_ids or self.env["lead.pool"].search(Domain.TRUE)
        managed = pools.filtered(lambda pool: pool._is_managed_by(self.env.user))
        if self.pool_ids and managed != self.pool_ids:
            raise AccessError(self.env._("Only managers of these pools may hand over."))
        found = []
        for model_name in MODEL_BY_KIND.values():
            records = self.env[model_name].sudo()
            found.append(
                records.search(
                    records._pool_open_domain()
                    & Domain("user_id", "=", self.user_id.id)
                    & Domain("pool_id", "in", managed.ids)
                    & Domain("pool_state", "=", "owned")
                )
            )
        return found
