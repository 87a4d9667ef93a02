from odoo import api, models
from odoo.tools import ormcache

from ..tools.heard import heard

# A lead is scored when one of these changes, whatever the rules look at.
ALWAYS = frozenset(("active", "won_status", "company_id", "team_id"))


class CrmLead(models.Model):
    """Notices which edits of a lead may change its score.

    Most change none: a stage moves on, a revenue is put right within its band. What the filters of
    cards and rules say of a lead is therefore compared before and after, which costs a tenth of
    judging the lead again.

    What Odoo carries over from other records, such as the phone of the contact, is no edit of the
    lead. It is heard of when Odoo computes it, and the leads are scored before the commit.
    """

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    def write(self, vals):
        names, tests = self._score_concerned(vals)
        if not names and not tests:
            return super().write(vals)
        leads = self.env["lead.score.rule"]._lead_model().browse(self.ids)
        with leads._score_fetch():
            before = self._score_said(leads, names, tests)
            waiting = self._score_waiting() & before.keys()
            result = super().write(vals)
            after = self._score_said(leads, names, tests)
            if changed := [lead_id for lead_id in before if before[lead_id] != after[lead_id]]:
                self.browse(changed)._score_update("edit")
            # What this edit had computed has been compared.
            self._score_waiting().difference_update(before.keys() - waiting)
        return result

    def _compute_field_value(self, field):
        result = super()._compute_field_value(field)
        if field.store and field.name in self._score_carried():
            self._score_waiting().update(filter(None, self._ids))
        return result

    def _score_waiting(self):
        """Ids of leads that are to be scored before the commit."""
        return heard(self.env, "lead_scoring.score", self._score_update_heard)

    @api.model
    def _score_update_heard(self, ids):
        self.sudo().browse(ids).exists()._score_update("edit")

    @api.model
    @ormcache()
    def _score_carried(self):
        """Names of stored fields with which Odoo computes something that rules look at."""
        computed = (self._fields.get(name) for name in self._score_watched())
        return frozenset(
            other.name
            for field in computed
            if field and field.compute and field.store
            for other in self.pool.field_computed[field]
        )

    @api.model
    def _score_concerned(self, vals):
        """What of a score may change when these fields are written.

        :return: (names of fields, functions that say whether a lead matches a filter)
        :rtype: tuple[frozenset, frozenset]
        """
        watched = self._score_watched()
        met = [watched[name] for name in vals.keys() & watched.keys()]
        return tuple(frozenset().union(*(found[place] for found in met)) for place in (0, 1))

    def _score_said(self, leads, names, tests):
        """What decides the scores of these leads, as far as it lies in these fields and filters.

        :param leads: these, as rules see them
        :return: by id of the lead, something that stays equal as long as the score need not be
            worked out again
        :rtype: dict
        """
        if not all(name in self._fields and self._fields[name].store for name in names):
            # Nobody knows what it was before.
            return {lead_id: object() for lead_id in self.ids}
        # Here and not below by the system, to whom a phone number may mean another country.
        if self.env.fields_to_compute():
            self._recompute_recordset()
        return {
            lead.id: [*(lead[name] for name in names), *(bool(test(lead)) for test in tests)]
            for lead in leads
        }

    @api.model
    @ormcache()
    def _score_watched(self):
        """Fields of the lead whose change may change a score.

        A filter that can be asked of a record in hand is asked before and after; of any other,
        the fields it looks at are compared.

        :return: by name, what is to be compared when the field is written, since it is the field
            or is made of it: names of fields, and functions that say whether a lead matches
        :rtype: dict[str, tuple[frozenset, frozenset]]
        """
        rules, judge = self.env["lead.score.rule"], self.env["lead.score.judge"]
        watched = {}
        for name in ALWAYS:
            self._score_watch(watched, name, 0, name)
        for _card_id, _version, definition in judge._live():
            attributes, _behaviours = judge._usable(definition)
            for text in {definition["domain"], *(rule["domain"] for rule in attributes)}:
                test = judge._test(text)
                for name in rules._looked_at(text):
                    self._score_watch(watched, name, int(bool(test)), test or name)
        return {source: tuple(map(frozenset, found)) for source, found in watched.items()}

    def _score_watch(self, watched, name, place, what):
        """Note that a field, and the fields it is made of, are to be watched because of this."""
        for source in self._score_made_of(name):
            watched.setdefault(source, (set(), set()))[place].add(what)

    @api.model
    def _score_made_of(self, name):
        """A field of the lead, and the fields of the lead by which it is computed.

        :rtype: set[str]
        """
        queue, seen = [name], set()
        while queue:
            source = queue.pop()
            if source in seen:
                continue
            seen.add(source)
            field = self._fields.get(source)
            paths = self.pool.field_depends.get(field, ()) if field else ()
            queue += [path.split(".")[0] for path in paths]
        return seen
