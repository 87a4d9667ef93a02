from odoo import models

# Headers by which mail programs mark what no person has written (RFC 3834 and common practice).
MARKS = {
    "Auto-Submitted": lambda value: value != "no",
    "X-Autoreply": lambda value: value not in ("no", "false"),
    "X-Autorespond": lambda value: bool(value),
    "Precedence": lambda value: value in ("bulk", "auto_reply", "junk", "list"),
}


def is_automatic(message):
    """Whether an e-mail was written by a machine, such as an out-of-office reply.

    :param email.message.EmailMessage message: the e-mail as it came in
    :rtype: bool
    """
    for header, tells in MARKS.items():
        value = str(message.get(header) or "").split(";")[0].strip().lower()
        if value and tells(value):
            return True
    return False


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _message_route_process(self, message, message_dict, routes):
        """Odoo files automatic answers like others; remember that nobody wrote them."""
        if is_automatic(message):
            self = self.with_context(score_automatic_mail=True)
        return super()._message_route_process(message, message_dict, routes)
