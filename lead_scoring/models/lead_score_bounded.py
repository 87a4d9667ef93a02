from ast import literal_eval

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..tools.entered import NUMBERS, refuse_absurd, refuse_absurd_defaults, refuse_kept
from ..tools.guarded import completed
from ..tools.jobs import CONFLICTS


class LeadScoreBounded(models.AbstractModel):
    """Refuses in words what nobody may enter: absurd numbers, and what the program keeps."""

    _name = "lead.score.bounded"
    _description = "Settings with Sensible Values"

    # Names of fields that only the program writes.
    _kept_fields = ()
    # Fields by which it is decided who may write a record.
    _placed_by = ("company_id",)
    # Names of fields that are filters on leads.
    _stored_filters = ()

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
        records = super().create(vals_list)
        records._refuse_foreign_filters(self._stored_filters)
        return records

    def write(self, vals):
        refuse_absurd(self, vals)
        refuse_kept(self, vals, self._kept_fields)
        result = super().write(vals)
        if not vals.keys().isdisjoint(self._placed_by):
            # Nobody puts a record where they could not have made one.
            self.check_access("write")
        self._refuse_foreign_filters(vals.keys() & set(self._stored_filters))
        return result

    def _refuse_foreign_filters(self, names):
        """A filter works with all rights, and tells by points and counts what it finds.

        :raise AccessError: if one of these filters asks for what its author may not read
        """
        if self.env.su:
            return
        for record in self:
            for name in names:
                try:
                    # To write the query is to ask for the rights; it need not be run.
                    self.env["crm.lead"]._search(Domain(literal_eval(record[name] or "[]")))
                except (AccessError, *CONFLICTS):
                    raise
                except Exception:  # noqa: S112
                    # One that is broken matches nothing; its record says so.
                    continue
