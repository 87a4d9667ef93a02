from odoo import api, models


class ResCurrencyRate(models.Model):
    """A currency that gets its first rate, or loses its last, changes what orders in it are worth."""

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
