from odoo import api, models
from odoo.exceptions import ValidationError

# The largest number by the unit in which a setting counts: ten years, as far as that makes sense.
MOST_BY_UNIT = {
    "minutes": 525_600,
    "hours": 87_600,
    "days": 3_650,
    "hour": 87_600,
    "day": 3_650,
    "workday": 2_600,
    "week": 520,
    "month": 120,
}
MOST_RECORDS = 1_000_000
NUMBERS = ("integer", "float", "monetary")
# Places in an order, and colours.
NO_SETTINGS = {"id", "sequence", "color"}


class LeadPoolBounded(models.AbstractModel):
    """Every number that somebody sets has a largest sensible value.

    Beyond it, dates would leave the calendar, and each claim or run would fail long afterwards.
    """

    _name = "lead.pool.bounded"
    _description = "Bounds of Numeric Settings"

    # Only fields that begin so are settings of the pools.
    _bounded_prefix = ""

    @api.model
    def _bounded_names(self):
        """Names of the fields that hold a number which people set."""
        return [
            name
            for name, field in self._fields.items()
            if field.store
            and field.type in NUMBERS
            and not field.readonly
            and name not in NO_SETTINGS
            and name.startswith(self._bounded_prefix)
        ]

    def _most(self, name):
        """Largest value of a setting; its name ends with the unit in which it counts."""
        return MOST_BY_UNIT.get(name.rpartition("_")[2], MOST_RECORDS)

    @api.model_create_multi
    def create(self, vals_list):
        # What the database cannot hold would be an error of its own before anything is checked.
        for vals in vals_list:
            for name in vals.keys() & set(self._bounded_names()):
                if isinstance(vals[name], int | float):
                    self._check_bound(name, vals[name], MOST_RECORDS)
        return super().create(vals_list)

    @api.constrains(lambda self: self._bounded_names())
    def _check_bounds(self):
        names = self._bounded_names()
        for record in self:
            for name in names:
                record._check_bound(name, record[name], record._most(name))

    def _check_bound(self, name, value, most):
        # Also refuses what is not a number: it is neither above nor below anything.
        if value and not value <= most:
            raise ValidationError(
                self.env._(
                    "%(field)s: at most %(most)s is possible, not %(value)s.",
                    field=self._fields[name]._description_string(self.env),
                    most=most,
                    value=value,
                )
            )
