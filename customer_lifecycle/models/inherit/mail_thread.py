from odoo import models

from ...tools.automatic import is_automatic


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _message_route_process(self, message, message_dict, routes):
        """Only here the headers are known that tell a machine from a person."""
        if is_automatic(message):
            message_dict["lifecycle_automatic"] = True
        return super()._message_route_process(message, message_dict, routes)

    def _get_message_create_valid_field_names(self):
        return super()._get_message_create_valid_field_names() | {"lifecycle_automatic"}
