import json

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from ..tools.decision import Decision, Rules, facts_of, tier_of
from ..tools.states import Limits
from .lifecycle_facts import KEEPERS, SOURCES

# Up to so many customers are decided about here; from there on one statement for all is faster.
FEW = 10
READ = (
    "id",
    "partner_id",
    "profile_id",
    "profile_version",
    "state",
    "state_since",
    "previous_state",
    "due_date",
    "check_date",
    "at_risk",
    "risk_date",
    "dormant_date",
    "churn_date",
    "recovered",
    "recovered_until",
    "order_count",
    "first_order_date",
    "last_order_date",
    "amount_total",
    "amount_year",
    "last_contact_date",
    "tier",
    "previous_tier",
    "p_buy",
    "manual_state",
    "manual_reason",
    "manual_user_id",
    "manual_date",
    "lock_date",
    "lock_until_order",
    "given_back",
    "failure",
)
COLUMNS = SQL(", ").join(map(SQL.identifier, READ))
NO_PROFILE = Rules()
# Stands for the ids of customers in queries that are kept.
WHOM = object()


class LifecycleFew(models.AbstractModel):
    """Decides about a few customers, as when one of them buys.

    The statement for many (`customer.lifecycle.decide`) takes longer to plan than all of this
    takes to run. `tools/decision.py` has the rules; a test compares the two ways.
    """

    _name = "customer.lifecycle.few"
    _description = "Lifecycle Decision for a Few"

    def _lifecycle_decide_few(self, company, ids, today, rows=None, bought=False):
        """As `_lifecycle_decide`, by a handful of small statements.

        :param bool bought: see `_lifecycle_event`
        :return: ids of the transitions that were written; None where another worker has changed
            a profile and this one has not heard of it yet
        """
        if rows is None:
            rows = self._lifecycle_read_rows(company, "id", ids)
        decisions = self._lifecycle_decisions(company, rows, today, bought)
        if any(d.row["version"] != d.rules.version for d in decisions):
            return None
        statements, changes = [], []
        for decision in decisions:
            tier = self._lifecycle_tier(company, decision)
            statements += self._lifecycle_row_sql(decision, tier)
            for change in decision.changes(tier):
                changes.append(self._lifecycle_change(company, decision, change))
        statements += self._lifecycle_changes_sql(changes)
        if statements:
            # In one go: each way to the database and back takes as long as one of them.
            self.env.cr.execute(SQL("; ").join(statements))
        return [row[0] for row in self.env.cr.fetchall()] if changes else []

    def _lifecycle_decisions(self, company, rows, today, bought=False):
        """What is to become of these rows; nothing is written.

        :param bool bought: see `_lifecycle_event`
        :return: list of `tools.decision.Decision`
        """
        rules = self._lifecycle_rules(company.id, today)
        own = {row["id"]: rules.get(row["profile_id"], NO_PROFILE) for row in rows}
        asked = {}
        for row in rows:
            if source := own[row["id"]].source:
                keeps = row["given_back"] is False and bought
                asked.setdefault((source, keeps), []).append(row["partner_id"])
        documents = self._lifecycle_documents_of(company, asked)
        decisions = [
            Decision(
                row, own[row["id"]], facts_of(documents.get(row["partner_id"], ()), today), today
            )
            for row in rows
        ]
        self._lifecycle_look_up_contacts(company, decisions, today)
        return decisions

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    def _lifecycle_read_rows(self, company, name, ids):
        """Rows of a company as dicts, by their ids or those of their partners.

        :param str name: `id` or `partner_id`
        """
        query = SQL(
            """SELECT %s, (SELECT version FROM customer_lifecycle_profile pr
                            WHERE pr.id = profile_id)
                 FROM customer_lifecycle WHERE company_id = %s AND %s = ANY(%s) ORDER BY id""",
            COLUMNS,
            company.id,
            SQL.identifier(name),
            list(ids),
        )
        names = (*READ, "version")
        return [dict(zip(names, row, strict=True)) for row in self.env.execute_query(query)]

    @ormcache("company_id", "day")
    def _lifecycle_rules(self, company_id, day):
        """Rules of the profiles in a company, by id of the profile.

        Every change of a profile or of a purchase model clears the cache.

        :param date day: part of the key, since the usual gap between purchases moves with time
        :rtype: dict
        """
        company = self.env["res.company"].sudo().browse(company_id)
        used = self._lifecycle_profiles(company)
        profiles = used.with_context(active_test=False).search(Domain.TRUE)
        return {profile.id: self._lifecycle_rule(profile, company, used) for profile in profiles}

    def _lifecycle_rule(self, profile, company, used):
        names = set(Rules._fields) - {"bands", "lines", "model"}
        own = (1, Limits(profile.risk_days, profile.dormant_days, profile.churn_days))
        lines = tuple(
            (line.min_orders, Limits(line.risk_days, line.dormant_days, line.churn_days))
            for line in profile.threshold_ids
            if profile.engine == "curve"
        )
        model = None
        if profile in used and profile.engine != "none":
            found = profile._lifecycle_model(company)
            model = tuple(found[name] for name in ("r", "alpha", "a", "b"))
        return Rules(
            **{name: profile[name] for name in names},
            bands=(profile.p_risk, profile.p_dormant, profile.p_churn),
            lines=lines or (own,),
            model=model,
        )

    def _lifecycle_documents_of(self, company, asked):
        """Documents of commercial partners.

        :param dict asked: their ids by (source of money, whether they never gave anything back)
        :return: list of (day, amount, bought, given back) by id
        :rtype: dict
        """
        documents = {}
        for (source, keeps), ids in asked.items():
            for kind in SOURCES[source]:
                sold, *given_back = (
                    SQL(code, *(ids if param is WHOM else param for param in params))
                    for code, params in self._lifecycle_lookups(company, kind, keeps)
                )
                rows = self.env.execute_query(sold)
                buyers = {row[0] for row in rows}
                for query in given_back if buyers else ():
                    rows += [row for row in self.env.execute_query(query) if row[0] in buyers]
                for partner_id, *document in rows:
                    documents.setdefault(partner_id, []).append(document)
        return documents

    @ormcache("company.id", "kind", "keeps")
    def _lifecycle_lookups(self, company, kind, keeps):
        """Queries for the documents of a few customers, made once, with `WHOM` for their ids.

        :param bool keeps: only for customers who never gave anything back
        :return: list of (code, parameters); the first yields what was sold
        """
        few = self.with_context(lifecycle_few=KEEPERS if keeps else True)
        queries = getattr(few, f"_lifecycle_{kind}_sql")(company, SQL("%s", WHOM), None)
        return [(query.code, query.params) for query in (queries[:1] if keeps else queries)]

    def _lifecycle_look_up_contacts(self, company, decisions, today):
        """Contacts of those whom nothing else keeps awake."""
        asking = {d.row["partner_id"]: d for d in decisions if d.asks_for_contact}
        if not asking:
            return
        reach = SQL(
            "SELECT unnest(%s::int[]) AS partner_id, 1 AS contact_days, %s::date AS dormant_on",
            list(asking),
            today,
        )
        found = self._lifecycle_contact_sql(company, today)
        for partner_id, day in self.env.execute_query(SQL("WITH reach AS (%s) %s", reach, found)):
            asking[partner_id].contact = day

    def _lifecycle_tier(self, company, decision):
        facts, old = decision.facts, decision.row["tier"]
        if not facts.orders or company.lifecycle_tier_mode != "band":
            return old if facts.orders else None
        if decision.rules.engine == "none":
            return None
        bounds = [(tier, company[f"lifecycle_tier_{tier.lower()}"]) for tier in "ABC"]
        return tier_of(facts.year_total, old, bounds, company.lifecycle_tier_margin)

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    def _lifecycle_row_sql(self, decision, tier):
        """A statement that updates the columns that are different, if any are."""
        row = decision.row
        values = {
            name: value for name, value in decision.columns(tier).items() if value != row[name]
        }
        if values:
            values["write_date"] = self.env.cr.now()
            yield SQL(
                "UPDATE customer_lifecycle SET %s WHERE id = %s",
                SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items()
                ),
                row["id"],
            )

    def _lifecycle_change(self, company, decision, change):
        """A row of history."""
        kind, old, new = change
        states = (old, new) if kind == "state" else (None, None)
        # Only silence brings risk, whatever is looked at.
        began_on, why = decision.began_on, decision.why
        if kind == "risk":
            began_on, why = decision.risk_on, "time"
        return {
            "lifecycle_id": decision.row["id"],
            "partner_id": decision.row["partner_id"],
            "company_id": company.id,
            "profile_id": decision.row["profile_id"],
            "kind": kind,
            "from_value": old,
            "to_value": new,
            "state_from": states[0],
            "state_to": states[1],
            "date_entered": began_on,
            "reason": why,
            "recovered": kind == "state" and decision.came_back,
            "replayed": False,
            "amount": decision.facts.year_total,
            "order_count": decision.facts.orders,
            "facts": json.dumps(decision.reasons()),
            "create_date": self.env.cr.now(),
            "create_uid": self.env.uid,
        }

    def _lifecycle_changes_sql(self, changes):
        """Statements that end the states that were before, and add these rows to the history.

        :param changes: list of dicts of columns
        :return: statements, the last of which yields the ids of the new rows
        """
        for change in changes:
            if change["kind"] == "state":
                yield SQL(
                    """UPDATE customer_lifecycle_transition
                          SET date_left = %(day)s, days = %(day)s - date_entered
                        WHERE lifecycle_id = %(row)s AND kind = 'state' AND date_left IS NULL""",
                    day=change["date_entered"],
                    row=change["lifecycle_id"],
                )
        if changes:
            yield SQL(
                "INSERT INTO customer_lifecycle_transition (%s) VALUES %s RETURNING id",
                SQL(", ").join(map(SQL.identifier, changes[0])),
                SQL(", ").join(SQL("%s", tuple(change.values())) for change in changes),
            )
