import numpy as np

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.win_leakage import filled_by_closing, filled_shares, single_aucs
from ..tools.win_text import email_kind, job_rank

DAY = 86400.0
# Closed and open leads looked at to find fields that closing fills in.
SAMPLE = 20000
# A field that is tracked and of whose values so many came with or after the closing, knows it.
LATE = 0.5


class LeadScoreModelData(models.AbstractModel):
    """Reads leads as columns of plain values, and leaves out fields that know the outcome."""

    _name = "lead.score.model.data"
    _description = "Data of a Win Probability Model"

    @api.model
    def _closed_domain(self, company, days):
        """Leads of a company that were won or lost within so many days.

        A closing in the future is a mistake of typing or importing: it would be newer than all
        that comes, and so weigh most and be the end of what was learned.
        """
        now = SQL("(now() AT TIME ZONE 'UTC')")
        start = SQL("%s - %s * interval '1 day'", now, days)
        return self._closed_leads(company) & Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s BETWEEN %s AND %s", self._closed_on(alias), start, now
            )
        )

    @api.model
    def _closed_in_future(self, company):
        """Leads whose closing is dated in the future."""
        return self._closed_leads(company) & Domain("date_closed", ">", "now")

    @api.model
    def _closed_leads(self, company):
        return Domain("won_status", "in", ("won", "lost")) & Domain(
            "company_id", "in", (company.id, False)
        )

    @api.model
    def _closed_on(self, alias):
        """When a lead was closed; one that was imported as closed says it by its last change."""
        return SQL(
            "COALESCE(%s, %s)",
            SQL.identifier(alias, "date_closed"),
            SQL.identifier(alias, "write_date"),
        )

    @api.model
    def _leads(self):
        """All leads, archived ones too, whatever the user may see: they are only counted."""
        return self.env["crm.lead"].sudo().with_context(active_test=False)

    # ------------------------------------------------------------------
    # Columns
    # ------------------------------------------------------------------

    def _wanted_columns(self):
        """Kinds of the chosen fields by name, without those that know the outcome by design."""
        self.ensure_one()
        known, lead_fields = self.env["lead.score.model.field"], self.env["crm.lead"]._fields
        if self.choice_ids:
            names = self.choice_ids.mapped("name")
        else:
            names = [name for name, field in lead_fields.items() if known._is_usual(field)]
        kinds = {name: known._kind_of(lead_fields[name]) for name in names if name in lead_fields}
        return {name: kind for name, kind in sorted(kinds.items()) if kind}

    @api.model
    def _readable(self, columns):
        """Those of some columns that leads still have, and still of the same kind.

        :param dict columns: kinds by field name
        """
        known, lead_fields = self.env["lead.score.model.field"], self.env["crm.lead"]._fields
        return {
            name: kind
            for name, kind in columns.items()
            if name in lead_fields and known._kind_of(lead_fields[name]) == kind
        }

    @api.model
    def _read_leads(self, domain, columns, limit=None, order=None):
        """Read leads in one query, and one more per field with several values.

        :param dict columns: kinds by field name; fields that are gone, or that somebody has made
            anew with another type, are left out
        :return: (ids, table for `win_columns`, list of won status, list of closing times)
        """
        leads, lead_fields = self._leads(), self.env["crm.lead"]._fields
        leads.flush_model()
        columns = self._readable(columns)
        plain = [name for name, kind in columns.items() if kind != "tags"]
        query = leads._search(domain, limit=limit, order=order or "id")
        alias = query.table
        rows = self.env.execute_query(
            query.select(
                SQL.identifier(alias, "id"),
                SQL.identifier(alias, "won_status"),
                self._closed_on(alias),
                SQL.identifier(alias, "create_date"),
                *(leads._field_to_sql(alias, name, query) for name in plain),
            )
        )
        ids, status, closed, created, *values = (
            zip(*rows, strict=True) if rows else [()] * (4 + len(plain))
        )
        table = {
            name: self._column(columns[name], lead_fields[name], column, created)
            for name, column in zip(plain, values, strict=True)
        }
        for name, kind in columns.items():
            if kind == "tags":
                table[name] = ("tags", self._read_tags(lead_fields[name], ids))
        return list(ids), table, list(status), list(closed)

    @api.model
    def _column(self, kind, field, values, created):
        """A column of the database as one of a table."""
        if kind == "number":
            return "number", np.array(
                [np.nan if value is None else float(value) for value in values], dtype=float
            )
        if kind == "age":
            return "number", np.array(
                [_days_between(value, start) for value, start in zip(values, created, strict=True)],
                dtype=float,
            )
        if kind == "boolean":
            return "category", ["yes" if value else "no" for value in values]
        if kind == "presence":
            return "category", ["filled" if _says_something(value) else None for value in values]
        if kind == "title":
            return "category", [job_rank(value) for value in values]
        if kind == "email":
            return "category", [email_kind(value) for value in values]
        if field.type == "char":
            return "category", [
                str(value).strip().lower() or None if value else None for value in values
            ]
        return "category", [None if value in (None, "") else str(value) for value in values]

    @api.model
    def _read_tags(self, field, ids):
        found = {}
        if ids:
            rows = self.env.execute_query(
                SQL(
                    "SELECT %s, %s FROM %s WHERE %s = ANY(%s)",
                    SQL.identifier(field.column1),
                    SQL.identifier(field.column2),
                    SQL.identifier(field.relation),
                    SQL.identifier(field.column1),
                    list(ids),
                )
            )
            for lead_id, tag_id in rows:
                found.setdefault(lead_id, []).append(str(tag_id))
        return [found.get(lead_id, ()) for lead_id in ids]

    @api.model
    def _note_spelling(self, domain, rates):
        """Note how people mostly write the texts that a model reads in lower case.

        :param domain: the leads that were read
        :param dict rates: rows by field name, see `value_rates`; those of texts get a `text`
        """
        lead_fields = self.env["crm.lead"]._fields
        for name, rows in rates.items():
            values = {row["detail"][0]: row for row in rows if row["kind"] == "value"}
            field = lead_fields[name]
            if (
                not values
                or field.type != "char"
                or self.env["lead.score.model.field"]._kind_of_text(name) != "category"
            ):
                continue
            for spelling, _count in self._spellings(domain, name, list(values)):
                if row := values.get(spelling.strip().lower()):
                    row.setdefault("text", spelling.strip())

    @api.model
    def _spellings(self, domain, name, values):
        """How leads write these values of a field, and how many do so; the most frequent first."""
        leads = self._leads()
        query = leads._search(domain)
        text = leads._field_to_sql(query.table, name, query)
        query.add_where(SQL("lower(btrim(%s)) = ANY(%s)", text, values))
        query.groupby = text
        query.order = SQL("COUNT(*) DESC, %s", text)
        return self.env.execute_query(query.select(text, SQL("COUNT(*)")))

    # ------------------------------------------------------------------
    # Leakage
    # ------------------------------------------------------------------

    def _leave_out(self, table, won, ids):
        """Take columns that know the outcome out of a table.

        :return: dict of reasons by field name, see `_leak_text`
        """
        self.ensure_one()
        found = {}
        limit = self.company_id.win_leak_auc
        for name, area in single_aucs(table, won).items():
            if area >= limit:
                found[name] = {"why": "alone", "auc": float(area), "limit": limit}
        for name in self._mostly_closed(table):
            found.setdefault(name, {"why": "closing"})
        for name, share in self._filled_late(table, ids).items():
            found.setdefault(name, {"why": "late", "share": float(share)})
        for name in found:
            del table[name]
        return found

    def _mostly_closed(self, table):
        """Names of columns that are filled among closed leads and empty among open ones."""
        columns = {name: kind for name, kind in self._wanted_columns().items() if name in table}
        domain = Domain("won_status", "=", "pending") & Domain(
            "company_id", "in", (self.company_id.id, False)
        )
        ids, opened, _status, _closed = self._read_leads(
            domain, columns, limit=SAMPLE, order="id desc"
        )
        # What is true or false is never empty.
        shares = {
            name: share
            for name, share in filled_shares(table).items()
            if columns[name] != "boolean"
        }
        return filled_by_closing(shares, filled_shares(opened), len(ids))

    def _filled_late(self, table, ids):
        """Share of the values that came with or after the closing, by tracked field.

        Of the leads that have a value: those that have none say nothing about when it comes.
        """
        having = {name: round(share * len(ids)) for name, share in filled_shares(table).items()}
        tracked = [
            name for name in table if getattr(self.env["crm.lead"]._fields[name], "tracking", None)
        ]
        if not tracked or not ids:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                WITH first AS (
                    SELECT field.name, message.res_id, MIN(message.date) AS date
                      FROM mail_tracking_value value
                      JOIN mail_message message ON message.id = value.mail_message_id
                      JOIN ir_model_fields field ON field.id = value.field_id
                     WHERE message.model = 'crm.lead' AND message.res_id = ANY(%(ids)s)
                       AND field.name = ANY(%(names)s)
                       AND COALESCE(value.old_value_char, '') = ''
                       AND COALESCE(value.old_value_integer, 0) = 0
                       AND COALESCE(value.old_value_float, 0) = 0
                       AND value.old_value_datetime IS NULL
                  GROUP BY field.name, message.res_id)
                SELECT first.name,
                       COUNT(*) FILTER (
                           WHERE first.date >= lead.date_closed - interval '1 minute')
                  FROM first JOIN crm_lead lead ON lead.id = first.res_id
              GROUP BY first.name
                """,
                ids=list(ids),
                names=tracked,
            )
        )
        shares = {name: late / max(having[name], late, 1) for name, late in rows}
        return {name: share for name, share in shares.items() if share >= LATE}


def _days_between(value, start):
    """Days from the creation of a lead to a date of it, NaN when there is none."""
    if not value or not start:
        return np.nan
    if not hasattr(value, "hour"):
        return float((value - start.date()).days)
    return (value - start).total_seconds() / DAY


def _says_something(value):
    """Whether a text has content; an emptied HTML field keeps its empty paragraph."""
    return bool(value) and str(value).strip() not in ("", "<p><br></p>", "<p></p>")
