from odoo import models

SALES = ("out_invoice", "out_receipt", "out_refund")


class AccountMove(models.Model):
    """An invoice or a credit note that is posted or withdrawn moves its customer at once."""

    _inherit = "account.move"

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            sold = self.filtered(lambda move: move.move_type in SALES and move.partner_id)
            if vals["state"] == "draft":
                # New drafts are written without this key; a document came back from posted.
                sold = sold.filtered("invoice_date")
            lifecycle = self.env["customer.lifecycle"].sudo()
            pairs = {(move.company_id, move.partner_id) for move in sold}
            # Who ordered may be somebody else than who gets the invoice.
            ordered = sold.sudo().line_ids.sale_line_ids.order_id
            pairs |= {(order.company_id, order.partner_id) for order in ordered}
            lifecycle._lifecycle_follow(pairs)
        return result
