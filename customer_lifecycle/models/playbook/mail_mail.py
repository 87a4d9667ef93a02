from odoo import models
from odoo.tools.mail import append_content_to_html


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _prepare_outgoing_body(self):
        """An e-mail of a playbook that counts openings gets its invisible picture."""
        body = super()._prepare_outgoing_body()
        if body and self.model in ("res.partner", "crm.lead"):
            log = (
                self.env["customer.playbook.log"]
                .sudo()
                .search([("message_id", "=", self.mail_message_id.id)], limit=1)
            )
            if log.step_id.track_opens:
                address = f"{self.get_base_url()}/lifecycle/open/{log.id}/{log._open_token()}.gif"
                picture = f'<img src="{address}" width="1" height="1" alt=""/>'
                body = append_content_to_html(body, picture, plaintext=False)
        return body
