import base64
import json

from odoo import api, fields, models


class LeadPoolConfigExport(models.TransientModel):
    """A file with pools and their rules, ready to be downloaded."""

    _name = "lead.pool.config.export"
    _inherit = ["lead.pool.dialog"]
    _description = "Export of Pools"

    file = fields.Binary(attachment=False, readonly=True, help="The pools as JSON.")

    @api.model
    def _download(self, pools):
        """Let the browser download pools.

        :param pools: the pools
        :return: URL action
        :raise AccessError: for anybody but administrators of the pools
        """
        text = json.dumps(pools.pool_export(), indent=4, ensure_ascii=False)
        export = self.create({"file": base64.b64encode(text.encode())})
        name = "pools.json" if len(pools) > 1 else f"pool_{pools.id}.json"
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{export.id}/file/{name}?download=true",
            "target": "self",
        }
