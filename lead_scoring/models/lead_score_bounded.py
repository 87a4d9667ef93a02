from odoo import api, models

from ..tools.entered import NUMBERS, refuse_absurd, refuse_absurd_defaults, refuse_kept
from ..tools.guarded import completed


class LeadScoreBounded(models.AbstractModel):
    """Refuses in words what nobody may enter: absurd numbers, and what the program keeps."""

    _name = "lead.score.bounded"
    _description = "Settings with Sensible Values"

    # Names of fields that only the program writes.
    _kept_fields = ()
    # Fields by which it is decided who may write a record.
    _placed_by = ("company_id",)

    @api.model_create_multi
    def create(self, vals_list):
        numbers = [
            name
            for name, field in self._fields.items()
            if field.type in NUMBERS and field.store and name != "id"
        ]
        refuse_absurd_defaults(self, numbers)
        for vals, known in zip(
            vals_list, completed(self, vals_list, self._kept_fields), strict=True
        ):
            refuse_absurd(self, vals)
            kept = {name for name in self._kept_fields if known.get(name)}
            refuse_kept(self, kept | vals.keys(), self._kept_fields)
        return super().create(vals_list)

    def write(self, vals):
        refuse_absurd(self, vals)
        refuse_kept(self, vals, self._kept_fields)
        result = super().write(vals)
        if not vals.keys().isdisjoint(self._placed_by):
            # Nobody puts a record where they could not have made one.
            self.check_access("write")
        return result
