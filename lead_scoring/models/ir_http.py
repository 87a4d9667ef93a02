from odoo import models
from odoo.http import request

# How programs call themselves that follow the links of e-mails before these are delivered. Most
# pretend to be a browser; see `by_a_person` for those.
SCANNERS = (
    "barracuda",
    "bitdefender",
    "cloudmark",
    "fireeye",
    "forcepoint",
    "ironport",
    "linkscan",
    "messagelabs",
    "mimecast",
    "proofpoint",
    "safelinks",
    "sophos",
    "symantec",
    "trendmicro",
    "urldefense",
    "zscaler",
)


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def is_a_bot(cls):
        """A security program of a mail server is no visitor: its click on a link is not counted."""
        agent = request.httprequest.user_agent.string.lower()
        return super().is_a_bot() or any(name in agent for name in SCANNERS)
