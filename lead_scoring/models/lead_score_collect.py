from odoo import models
from odoo.tools import SQL


class LeadScoreCollect(models.AbstractModel):
    """Finds in the tables of one app what leads have done. Base of all collectors.

    A collector is an abstract model named `lead.score.collect.<code>`. It names the apps that it
    needs and returns SELECTs from `_found`; everything else (matching with leads, leaving out what
    is known, reporting in batches, the cursor, errors) is here and in `lead.score.collector`.
    """

    _name = "lead.score.collect"
    _description = "Collector of Signals"

    # Technical names of the apps whose tables are read.
    _apps = ()

    def _found(self, collector, since, until):
        """What happened after `since` and not after `until`.

        :param collector: the `lead.score.collector` that asks
        :param datetime since: moment from which on rows are new
        :param datetime until: the present moment
        :return: list of SELECTs made with `_select`
        """
        raise NotImplementedError

    def _select(self, code, ref, source, *, date, lead="NULL", partner="NULL", email="NULL",
                company="NULL", mark=None, ref_id="x.id", suffix="''",
                quantity="1"):  # fmt: skip
        """One SELECT of `_found`. The arguments are pieces of SQL about the alias `x`.

        :param str code: code of the signal
        :param str ref: technical name of the model behind the rows
        :param SQL source: FROM and WHERE, with `%s`-free SQL or already bound values
        :param str date: when the lead did it
        :param str lead: id of the lead, if the row says which
        :param str partner: id of the contact
        :param str email: e-mail address, as it was entered
        :param str company: id of the company, whose leads alone are meant
        :param str mark: when the row became what it is; the cursor reads by it (as a rule: `date`)
        :param str ref_id: id of the record behind it
        :param str suffix: what makes the key unique if one record may count more than once
        :param str quantity: how often or how much, more than 0
        """
        return SQL(
            "SELECT %s AS code, %s AS ref, (%s)::int AS ref_id, (%s)::text AS suffix,"
            " (%s)::timestamp AS date, (%s)::timestamp AS mark, (%s)::int AS lead_id,"
            " (%s)::int AS partner_id, (%s)::text AS email, (%s)::int AS company_id,"
            " (%s)::float8 AS quantity %s",
            code, ref, SQL(ref_id), SQL(suffix), SQL(date), SQL(mark or date), SQL(lead),
            SQL(partner), SQL(email), SQL(company), SQL(quantity), source,
        )  # fmt: skip

    def _has_column(self, model_name, field_name):
        """Whether another app has added a stored field; its own app may be missing."""
        model = self.env.get(model_name)
        return model is not None and field_name in model._fields

    def _new_rows(self, collector, since, until, limit):
        """What leads did and nobody has reported yet, oldest first.

        A row is of the lead that it names; else of the open leads of its contact, or with its
        e-mail address, in its company.

        :return: list of dicts with lead_id, code, date, quantity, ref, key and mark
        """
        selects = self._found(collector, since, until)
        if not selects:
            return []
        self.env.flush_all()
        return self.env.execute_query_dict(
            SQL(
                """
                WITH found AS MATERIALIZED (%(selects)s),
                known AS (
                    SELECT f.*,
                           f.ref || ',' || f.ref_id || ',' || f.code || f.suffix AS key,
                           COALESCE(
                               lower(trim(COALESCE(substring(f.email from '<([^>]+)>'), f.email))),
                               p.email_normalized
                           ) AS address,
                           l.id AS own_lead_id
                      FROM found f
                      LEFT JOIN res_partner p ON p.id = f.partner_id
                      LEFT JOIN crm_lead l ON l.id = f.lead_id
                     WHERE f.mark > %(since)s AND f.date <= %(until)s
                ),
                matched AS (
                    SELECT k.own_lead_id AS match_id, k.* FROM known k
                     WHERE k.own_lead_id IS NOT NULL
                    UNION ALL
                    SELECT l.id, k.* FROM known k JOIN crm_lead l ON l.partner_id = k.partner_id
                     WHERE k.own_lead_id IS NULL
                    UNION ALL
                    SELECT l.id, k.* FROM known k JOIN crm_lead l ON l.email_normalized = k.address
                     WHERE k.own_lead_id IS NULL AND k.address <> ''
                )
                SELECT * FROM (
                    SELECT DISTINCT ON (m.match_id, m.key)
                           m.match_id AS lead_id, m.code, m.date, m.key, m.mark, m.quantity,
                           m.ref || ',' || m.ref_id AS ref
                      FROM matched m
                      JOIN crm_lead l ON l.id = m.match_id
                      JOIN lead_score_signal s ON s.code = m.code AND s.active
                     WHERE l.active AND l.won_status = 'pending'
                       AND (m.company_id IS NULL OR l.company_id IS NULL
                            OR m.company_id = l.company_id)
                       AND NOT EXISTS (
                           SELECT FROM lead_score_event e
                            WHERE e.lead_id = m.match_id AND e.key = m.key
                       )
                     ORDER BY m.match_id, m.key, m.date
                ) rows
                ORDER BY mark, lead_id, key
                LIMIT %(limit)s
                """,
                selects=SQL(" UNION ALL ").join(selects),
                since=since,
                until=until,
                limit=limit,
            )
        )
