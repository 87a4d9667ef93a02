from odoo import api, models


class ResCurrencyRate(models.Model):
    """The first rate of a currency, or the end of its last, changes what orders are worth."""

    _inherit = "res.currency.rate"

    @api.model_create_multi
    def create(self, vals_list):
        rates = super().create(vals_list)
        # What is made once a day of the currencies without a rate is made anew.
        self.env.registry.clear_cache()
        return rates

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result
