from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.arguments import checked, day, flag, number, text

# Only server code can hold this object: a context that arrives over RPC never contains it.
CLOSING = object()
ACTIVITY_CHURN = "customer_lifecycle.mail_activity_type_churn"
# A salesperson is asked about so many lost customers at once, the most valuable first; the others
# are in the list of customers without a reason.
ASKED = 20
# A customer who was reopened stays open so long unless he buys.
REOPENED_DAYS = 90


class CustomerLifecycle(models.Model):
    """Losing a customer: why, who is told, and how he is opened again."""

    _inherit = "customer.lifecycle"

    churn_reason_id = fields.Many2one(
        "customer.churn.reason",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Why the customer left; empty as long as nobody has said so.",
    )
    winback_value = fields.Float(
        string="Expected value",
        compute="_compute_winback_value",
        search="_search_winback_value",
        help="Chance to buy, multiplied by what the customer spends on a purchase day on average. "
        "The list to win back begins with the largest. A rank, not a forecast: seasons are not in "
        "it.",
    )

    def _compute_winback_value(self):
        for row in self:
            average = row.amount_total / row.order_count if row.order_count else 0.0
            row.winback_value = max((row.p_buy or 0.0) * average, 0.0)

    def _search_winback_value(self, operator, value):
        if operator == "in":
            value = tuple(float(number or 0) for number in value) or (-1.0,)
        elif operator not in ("<", "<=", ">", ">="):
            return NotImplemented
        compare = SQL({"<": "<", "<=": "<=", ">": ">", ">=": ">=", "in": "IN"}[operator])
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s %s %s", model._field_to_sql(alias, "winback_value", query), compare, value
            )
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        """The list to win back is sorted by a product that no column holds."""
        if field_expr != "winback_value":
            return super()._field_to_sql(alias, field_expr, query)
        return SQL(
            "GREATEST(COALESCE(%s, 0) * COALESCE(%s, 0) / GREATEST(COALESCE(%s, 0), 1), 0)",
            self._field_to_sql(alias, "p_buy", query),
            self._field_to_sql(alias, "amount_total", query),
            self._field_to_sql(alias, "order_count", query),
        )

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        if field_name == "winback_value":
            return SQL("%s %s %s", self._field_to_sql(alias, field_name, query), direction, nulls)
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)

    # ------------------------------------------------------------------
    # Public
    # ------------------------------------------------------------------

    @checked(reason_id=number, note=text, lock_date=day, lock_until_order=flag)
    def action_close(self, reason_id, note=None, lock_date=None, lock_until_order=True):
        """Close customers as lost, or say why the machine found them lost.

        :param int reason_id: id of a `customer.churn.reason`
        :param str note: what else there is to say
        :param lock_date: last day (date or ISO text) on which it holds, None for no end
        :param bool lock_until_order: whether a purchase opens the customer again
        :return: True
        :raise UserError: without a reason that is in use
        """
        reason = self._churn_reason(reason_id)
        text = f"{reason.name}: {note}" if note else reason.name
        rows = self.with_context(churn_closing=CLOSING)
        rows.action_set_state("churned", text, lock_date, lock_until_order)
        self._remember_reason(reason)
        for row in self:
            row.partner_id.sudo().activity_feedback([ACTIVITY_CHURN], feedback=text)
        return True

    @checked()
    def action_reopen(self):
        """Work lost customers again: the reason goes, and they are dormant until they buy.

        :return: True
        :raise UserError: for a customer who is not lost
        """
        if any(row.state != "churned" for row in self):
            raise UserError(self.env._("Only lost customers can be opened again."))
        self.action_release_state()
        self._remember_reason(self.env["customer.churn.reason"])
        until = fields.Date.add(self._lifecycle_today(self[:1].company_id), days=REOPENED_DAYS)
        still = self.filtered(lambda row: row.state == "churned")
        if still:
            still.action_set_state(
                "dormant", self.env._("Opened again"), lock_date=until, lock_until_order=True
            )
        return True

    @checked()
    def action_open_close(self):
        """Ask why these customers are lost.

        :return: window action
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Close as lost"),
            "res_model": "customer.churn.close",
            "view_mode": "form",
            "target": "new",
            "context": {"default_lifecycle_ids": self.ids},
        }

    # ------------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------------

    def _lifecycle_check_manual(self, state, reason, lock_date):
        """Nobody is called lost by hand without a reason, whatever the way in."""
        result = super()._lifecycle_check_manual(state, reason, lock_date)
        if state == "churned" and self.env.context.get("churn_closing") is not CLOSING:
            raise UserError(
                self.env._("Choose why the customer left: use “Close as lost” for that.")
            )
        return result

    @api.model
    def _churn_reason(self, reason_id):
        reason = self.env["customer.churn.reason"].browse(reason_id or []).exists()
        if not reason or not reason.active:
            raise UserError(self.env._("Choose why the customer left."))
        return reason

    def _remember_reason(self, reason):
        """The row and the present entry of its history carry the reason."""
        self._lifecycle_check_may_set()
        rows = self.sudo()
        rows.write({"churn_reason_id": reason.id})
        current = rows.transition_ids.filtered(
            lambda change: change.kind == "state" and not change.date_left
        )
        current.filtered(lambda change: change.state_to == "churned").write(
            {"churn_reason_id": reason.id}
        )

    # ------------------------------------------------------------------
    # What follows
    # ------------------------------------------------------------------

    @api.model
    def _churn_changed(self, transitions):
        """Customers were lost or came back: tell who looks after them."""
        changes = transitions.filtered(lambda change: change.kind == "state")
        back = changes.filtered(
            lambda change: change.state_from == "churned" and change.state_to != "churned"
        ).lifecycle_id
        if back:
            back.filtered("churn_reason_id").write({"churn_reason_id": False})
            back.partner_id.sudo().activity_unlink([ACTIVITY_CHURN])
        lost = changes.filtered(
            lambda change: change.state_to == "churned" and change.state_from != "churned"
        )
        by_owner = lost.lifecycle_id.grouped(lambda row: (row.company_id, row.user_id))
        for (company, owner), customers in by_owner.items():
            if not (owner and owner.active):
                continue
            customers = customers.sorted("amount_total", reverse=True)
            if company.lifecycle_loss_notice:
                customers._tell_loss(owner)
            if company.lifecycle_ask_reason:
                customers.filtered(lambda row: not row.manual_state)[:ASKED]._ask_reason(owner)

    def _tell_loss(self, owner):
        """One message to a salesperson about all customers that he has just lost."""
        env = self.with_context(lang=owner.lang).env
        names = ", ".join(self[:ASKED].partner_id.mapped("name"))
        self.env["mail.thread"].message_notify(
            partner_ids=owner.partner_id.ids,
            subject=env._("%s of your customers are lost", len(self)),
            body=names if len(self) <= ASKED else env._("%s and others", names),
        )

    def _ask_reason(self, owner):
        """An activity asks the salesperson why, one per customer."""
        for row in self.with_context(mail_activity_quick_update=True, lang=owner.lang):
            row.partner_id.activity_schedule(
                ACTIVITY_CHURN, user_id=owner.id, note=row.explanation or False
            )
