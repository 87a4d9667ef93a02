from odoo import api, fields, models

from ..tools.arguments import checked


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    win_min_closed = fields.Integer(related="company_id.win_min_closed", readonly=False)
    win_window_days = fields.Integer(related="company_id.win_window_days", readonly=False)
    win_leak_auc = fields.Float(related="company_id.win_leak_auc", readonly=False)
    win_retrain = fields.Boolean(related="company_id.win_retrain", readonly=False)
    win_status = fields.Text(
        string="Status",
        compute="_compute_win_status",
        help="Which version predicts, how good it is, and what is missing to train one.",
    )

    @api.depends("company_id", "win_min_closed", "win_window_days")
    def _compute_win_status(self):
        versions = self.env["lead.score.model"]
        for settings in self:
            settings.win_status = "\n".join(versions._status_lines(settings.company_id))

    @checked(one=True)
    def action_win_train(self):
        """Train a new version for the company of these settings.

        :return: action that shows the version
        """
        return self.env["lead.score.model"].with_company(self.company_id).action_train_now()
