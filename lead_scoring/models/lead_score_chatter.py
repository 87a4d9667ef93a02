import contextlib

from odoo import api, models
from odoo.exceptions import MissingError
from odoo.tools import ormcache

# What the chatter tells of a profile.
PROFILE = (
    "profile_need",
    "profile_interest",
    "profile_information",
    "profile_budget",
    "profile_decision_date",
)


class CrmLead(models.Model):
    """Reads for the chatter only what an edit can change.

    Before each edit of a lead Odoo notes all that the chatter tells changes of, and describes it
    afterwards, which takes longer than scoring the lead. Most edits change nothing of the profile,
    or of the properties, of which the chatter tells when another team means other properties.
    """

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    def write(self, vals):
        told = [
            name for name, made_of in self._score_seldom().items() if not made_of.isdisjoint(vals)
        ]
        leads = self.with_context(score_told=told) if told else self
        return super(CrmLead, leads).write(vals)

    @api.model
    @ormcache()
    def _score_seldom(self):
        """Fields that are read for the chatter only when they may change.

        :return: by their names, the fields by which they change
        :rtype: dict[str, frozenset]
        """
        seldom = {name: frozenset((name,)) for name in PROFILE}
        for name, field in self._fields.items():
            if field.type == "properties":
                made_of = self._score_made_of(field.definition_record)
                seldom[name] = frozenset((name, *made_of))
        return seldom

    def _track_prepare(self, fields_iter):
        """See `MailThread`, which asks for all fields before an edit."""
        if fields_iter is self._fields:
            left_out = self._score_seldom().keys() - set(self.env.context.get("score_told", ()))
            fields_iter = self._track_get_fields() - left_out
        return super()._track_prepare(fields_iter)

    def _message_track(self, fields_iter, initial_values_dict):
        """See `MailThread`, which describes each field before it looks whether it changed."""
        moved = set()
        for lead in self:
            with contextlib.suppress(MissingError):
                before = (initial_values_dict[lead.id] or {}).items()
                moved.update(name for name, value in before if lead[name] != value)
        return super()._message_track(moved.intersection(fields_iter), initial_values_dict)

    @api.model
    def _score_fetch_author(self):
        """Read of who writes in the chatter, and of his company, what a line names.

        Odoo would read all that is known of both, for longer than it takes to write the line.
        """
        user = self.env.user.sudo()
        user.fetch(["partner_id", "company_id"])
        user.partner_id.fetch(["name", "email"])
        self.env.company.sudo().fetch(["name", "alias_domain_id"])
