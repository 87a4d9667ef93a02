import base64

from odoo import http
from odoo.http import request
from odoo.tools import consteq

# One transparent pixel.
PICTURE = base64.b64decode("R0lGODlhAQABAIAAANvf7wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")


class PlaybookController(http.Controller):
    @http.route(
        "/lifecycle/open/<int:log_id>/<string:token>.gif", type="http", auth="public", sitemap=False
    )
    def open_mail(self, log_id, token, **_post):
        """Note that an e-mail of a playbook was opened; the answer never tells whether it exists.

        :param int log_id: id of the `customer.playbook.log` row
        :param str token: proof made by `_open_token`
        :return: an invisible picture
        """
        log = request.env["customer.playbook.log"].sudo().browse(log_id).exists()
        if log and not log.open_date and consteq(token, log._open_token()):
            log.open_date = request.env.cr.now()
        headers = [
            ("Content-Type", "image/gif"),
            ("Content-Length", str(len(PICTURE))),
            ("Cache-Control", "no-store"),
        ]
        return request.make_response(PICTURE, headers)
