from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import ormcache

from ..tools.guarded import completed

# Models whose records may lie in a masked or hidden pool.
GUARDED = ("res.partner", "crm.lead")


class Base(models.AbstractModel):
    """No document leads to a record that is hidden from whoever writes it.

    A document copies what it points to, mostly in `sudo`: an order its addresses, a meeting its
    description, a task a telephone number. Any model may do so, also one that somebody adds
    tomorrow, so all are guarded, by their fields.
    """

    _inherit = "base"

    @api.model_create_multi
    def create(self, vals_list):
        if not self._pool_guards_links():
            return super().create(vals_list)
        # Before, too: a document may make somebody known who was hidden until then.
        known = completed(self, vals_list, self._pool_link_fields())
        sent = set().union(*map(self._pool_sent_links, known))
        self._pool_refuse_links(self._pool_hidden_among(sent))
        records = super().create(vals_list)
        records._pool_refuse_links(records._pool_hidden_links())
        return records

    def write(self, vals):
        if not self._pool_guards_links() or not (self._pool_link_fields() & vals.keys()):
            return super().write(vals)
        before = self._pool_hidden_links()
        self._pool_refuse_links(self._pool_hidden_among(self._pool_sent_links(vals)) - before)
        result = super().write(vals)
        # What was linked before its customer went into the pool may be worked on.
        self._pool_refuse_links(self._pool_hidden_links() - before)
        return result

    def onchange(self, values, field_names, fields_spec):
        """See `BaseModel.onchange`; refuses to fill in a form from a hidden record."""
        if self._pool_guards_links():
            sent = self._pool_sent_links(values) | self._pool_sent_links(self._pool_defaults())
            self._pool_refuse_links(self._pool_hidden_among(sent) - self._pool_hidden_links())
        return super().onchange(values, field_names, fields_spec)

    # ------------------------------------------------------------------
    # Guard
    # ------------------------------------------------------------------

    @api.model
    def _pool_guards_links(self):
        """Whether anything is hidden from the current user to which this model could lead."""
        return (
            not self.env.su
            and bool(self._pool_link_fields())
            and bool(self.env.user._pool_hidden_ids())
        )

    @api.model
    @ormcache()
    def _pool_link_fields(self):
        """Fields of this model by which a user can make it point to a lead or a contact.

        :rtype: frozenset[str]
        """
        return frozenset(
            name
            for name, field in self._fields.items()
            if field.type in ("many2one", "many2many")
            and field.comodel_name in GUARDED
            and field.store
            and not (field.readonly and (field.compute or field.related))
        )

    def _pool_hidden_links(self):
        """Records hidden from the current user to which these records point.

        :return: pairs of a model's name and a record's id
        :rtype: set[tuple[str, int]]
        """
        known = self._origin.sudo()
        return {
            (linked._name, linked.id)
            for name in self._pool_link_fields()
            for linked in known[name].with_env(self.env)._pool_sealed()
        }

    @api.model
    def _pool_hidden_among(self, sent):
        """Records hidden from the current user among these.

        :param set sent: see `_pool_sent_links`
        :rtype: set[tuple[str, int]]
        """
        ids = {}
        for model, some in sent:
            ids.setdefault(model, set()).update(some)
        return {
            (model, record.id)
            for model, found in ids.items()
            for record in self.env[model].browse(found).exists()._pool_sealed()
        }

    def _pool_refuse_links(self, hidden):
        """:raise AccessError: if there is any hidden record among these links"""
        if not hidden:
            return
        if any(model == "res.partner" for model, _record_id in hidden):
            raise AccessError(
                self.env._("This customer lies in a sealed pool. Claim it before you work on it.")
            )
        raise AccessError(
            self.env._("This lead lies in a sealed pool. Claim it before you work on it.")
        )

    # ------------------------------------------------------------------
    # Values as a form sends them
    # ------------------------------------------------------------------

    @api.model
    def _pool_defaults(self):
        """Values that the caller's context would fill in."""
        prefix = "default_"
        return {
            key[len(prefix) :]: value
            for key, value in self.env.context.items()
            if key.startswith(prefix)
        }

    @api.model
    def _pool_sent_links(self, values):
        """Ids that values of a form name in fields which point to a lead or a contact.

        :param dict values: False, ids, `{"id": …}`, lists of ids or commands, by field
        :return: pairs of a model's name and a tuple of ids
        :rtype: set[tuple[str, tuple[int]]]
        """
        found = {name: self._pool_sent_ids(values.get(name)) for name in self._pool_link_fields()}
        return {
            (self._fields[name].comodel_name, tuple(sorted(ids)))
            for name, ids in found.items()
            if ids
        }

    @api.model
    def _pool_sent_ids(self, value):
        """All numbers in a value: more than its ids at worst, and never less."""
        if isinstance(value, dict):
            return self._pool_sent_ids(value.get("id"))
        if isinstance(value, (list, tuple)):
            return set().union(*map(self._pool_sent_ids, value))
        return (
            {value} if isinstance(value, int) and not isinstance(value, bool) and value else set()
        )
