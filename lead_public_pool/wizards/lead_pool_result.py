from odoo import api, fields, models

from ..tools import verdict
from ..tools.arguments import checked


class LeadPoolResult(models.TransientModel):
    """Sheet that says, record by record, what a claim, release or assignment did."""

    _name = "lead.pool.result"
    _inherit = ["lead.pool.dialog"]
    _description = "What Happened"

    summary = fields.Char(readonly=True, help="How many records moved, and how many did not.")
    line_ids = fields.One2many(
        "lead.pool.result.line", "result_id", readonly=True, help="The answer for each record."
    )

    @api.model
    def _open(self, records, results, title):
        """Show the answers for many records.

        :param records: the records, in the order of the results
        :param list results: see `pool_claim`
        :param str title: title of the sheet
        :return: window action
        """
        visible = records.exists()._filtered_access("read")
        names = [record.display_name if record in visible else str(record.id) for record in records]
        return self._open_named(names, results, title)

    @api.model
    def _open_named(self, names, results, title):
        """Show the answers for many records, called by their names.

        :param list names: one for each result
        :param list results: see `pool_claim`
        :param str title: title of the sheet
        :return: window action
        """
        moved = sum(result["ok"] for result in results)
        asked = sum(result["code"] == verdict.APPROVAL for result in results)
        sheet = self.create(
            {
                "summary": " ".join(
                    filter(
                        None,
                        [
                            self.env._(
                                "%(moved)s of %(all)s records moved.",
                                moved=moved,
                                all=len(results),
                            ),
                            asked and self.env._("Asked for: %s.", asked),
                        ],
                    )
                ),
                "line_ids": [
                    fields.Command.create(
                        {
                            "record_name": name,
                            "ok": result["ok"],
                            "asked": result["code"] == verdict.APPROVAL,
                            "message": result["message"] or self.env._("Done."),
                            "available_at": result["available_at"],
                        }
                    )
                    for name, result in zip(names, results, strict=True)
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": self._name,
            "res_id": sheet.id,
            "view_mode": "form",
            "target": "new",
        }

    @checked()
    def action_close(self):
        """Close the sheet and show the list as it is now.

        :return: client action
        """
        return {"type": "ir.actions.client", "tag": "soft_reload"}
