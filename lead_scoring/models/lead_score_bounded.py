import math

from odoo import api, models
from odoo.exceptions import ValidationError

# No number of days, points or times is larger; the database could not keep some that are.
MOST = 1_000_000


class LeadScoreBounded(models.AbstractModel):
    """Refuses absurd numbers in words, before the database refuses them in its own."""

    _name = "lead.score.bounded"
    _description = "Settings with Sensible Numbers"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_absurd(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_absurd(vals)
        return super().write(vals)

    def _refuse_absurd(self, vals):
        for name, value in vals.items():
            field = self._fields.get(name)
            if field is None or field.type not in ("integer", "float"):
                continue
            number = isinstance(value, (int, float))
            # The order matters: a whole number can be too large to ask whether it is finite.
            if number and not (-MOST <= value <= MOST and math.isfinite(value)):
                raise ValidationError(
                    self.env._(
                        "%(field)s: %(value)s is not a sensible number.",
                        field=field._description_string(self.env),
                        value=str(value)[:20],
                    )
                )
