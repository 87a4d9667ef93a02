from odoo import api, models

from ...tools.caches import forget


class ResCurrencyRate(models.Model):
    """The first rate of a currency, or the end of its last, changes what orders are worth."""

    _inherit = "res.currency.rate"

    @api.model_create_multi
    def create(self, vals_list):
        rates = super().create(vals_list)
        # What is made once a day of the currencies without a rate is made anew.
        forget(self.env)
        return rates

    def unlink(self):
        result = super().unlink()
        forget(self.env)
        return result
