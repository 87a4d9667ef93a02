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
            if credited := sold._lifecycle_credited():
                lifecycle._lifecycle_note_credit(credited)
            bought = vals["state"] == "posted" and not credited
            lifecycle._lifecycle_follow(pairs | credited, bought=bought)
        return result

    def _lifecycle_credited(self):
        """(company, contact) of those to whom credit notes among these give something back.

        An order may be for somebody else than who got its invoice.
        """
        notes = self.sudo().filtered(lambda move: move.move_type == "out_refund")
        orders = notes.line_ids.sale_line_ids.order_id
        return {(document.company_id, document.partner_id) for document in (*notes, *orders)}
