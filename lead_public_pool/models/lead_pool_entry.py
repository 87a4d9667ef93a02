from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, drop_view_if_exists

from ..tools import mask
from ..tools.arguments import checked, key
from .lead_pool import MODEL_BY_KIND
from .lead_pool_engine import ENGINE

KINDS = ("lead", "customer")
# Columns of both tables that the view passes on untouched.
BARE = (
    "pool_id",
    "pool_state",
    "pool_priority",
    "pool_enter_date",
    "pool_round",
    "create_date",
    "country_id",
)
LEAD_ONLY = {
    "source_id": "int4",
    "medium_id": "int4",
    "type": "varchar",
    "priority": "varchar",
    "expected_revenue": "numeric",
}
# Columns of both tables that it reads.
PLAIN = ("active", "name", "city", "phone", "phone_sanitized", "email_normalized", "pool_masked")
MASKS = ("contact", "name", "company", "city")
# What the masks of a record say, see `lead.pool.seal`; without any, nothing is shown.
UNMASKED = SQL("r.pool_masked IS NULL")


class LeadPoolEntry(models.Model):
    """The window of the pools: what waits in them, masked as each pool says, to browse and claim.

    The masking happens in the view itself, so nothing that must not be seen ever leaves the
    database, whatever is searched, sorted, grouped or exported.

    The view is a plain union of two tables **without conditions and joins**: only then does
    PostgreSQL see through it, walk the partial indexes of both tables in order, and stop after
    the first page of a million. The conditions are added by `_search`, for everybody.
    """

    _name = "lead.pool.entry"
    _description = "Waiting in the Pool"
    _auto = False
    _order = "pool_priority desc, id desc"
    # What must be written to the database before the view is read.
    _depends = {
        "crm.lead": [*BARE, *PLAIN, "partner_name", "email_from", "won_status", *LEAD_ONLY],
        "res.partner": [*BARE, *PLAIN, "commercial_company_name", "email"],
        "lead.pool": ["company_id", "visibility", *(f"mask_{name}" for name in MASKS)],
    }

    name = fields.Char(readonly=True, help="Name of the record, as far as its pool shows it.")
    res_id = fields.Integer(
        string="Number", readonly=True, aggregator=None, help="Number of the record."
    )
    kind = fields.Selection(
        [("lead", "Lead"), ("customer", "Customer")], readonly=True, help="What it is."
    )
    res_model = fields.Char(readonly=True, help="Technical kind of the record.")
    pool_id = fields.Many2one("lead.pool", readonly=True, help="Pool in which it waits.")
    company_id = fields.Many2one("res.company", readonly=True, help="The company of the pool.")
    pool_state = fields.Char(readonly=True, help="Whether the record lies in the pool.")
    is_open = fields.Boolean(readonly=True, help="Whether the lead is neither won nor lost.")
    visibility = fields.Selection(related="pool_id.visibility", related_sudo=True)
    partner_name = fields.Char(
        string="Company name", readonly=True, help="As far as its pool shows it."
    )
    city = fields.Char(readonly=True, help="Where the customer is.")
    country_id = fields.Many2one("res.country", readonly=True, help="Where the customer is.")
    source_id = fields.Many2one("utm.source", readonly=True, help="Where the record came from.")
    medium_id = fields.Many2one("utm.medium", readonly=True, help="How the record reached us.")
    type = fields.Selection(
        [("lead", "Lead"), ("opportunity", "Opportunity")],
        string="Lead type",
        readonly=True,
        help="Whether it is a lead or already an opportunity.",
    )
    priority = fields.Selection(
        [("0", "Low"), ("1", "Medium"), ("2", "High"), ("3", "Very High")],
        readonly=True,
        help="How important the record is.",
    )
    expected_revenue = fields.Float(readonly=True, help="What the deal may be worth.")
    pool_priority = fields.Integer(
        string="Pool order",
        readonly=True,
        aggregator=None,
        help="Place in the line when the pool hands out the next best.",
    )
    pool_enter_date = fields.Datetime(
        string="In the pool since", readonly=True, help="When the record came into the pool."
    )
    pool_round = fields.Integer(
        string="Rounds",
        readonly=True,
        aggregator="avg",
        help="How often the record has been held and given back.",
    )
    create_date = fields.Datetime(
        string="Created on", readonly=True, help="When the record was created."
    )
    email_masked = fields.Char(
        string="E-mail", readonly=True, help="Readable once you have claimed it."
    )
    phone_masked = fields.Char(
        string="Phone", readonly=True, help="Readable once you have claimed it."
    )
    tag_ids = fields.Many2many(
        "crm.tag",
        string="Tags",
        compute="_compute_tag_ids",
        search="_search_tag_ids",
        help="Tags of the record.",
    )
    pool_can_claim = fields.Boolean(
        compute="_compute_pool_claim", help="Whether you may claim it now."
    )
    pool_claim_message = fields.Char(
        string="Why not",
        compute="_compute_pool_claim",
        help="Why you may not claim it now, and when you may.",
    )

    pool_ask_state = fields.Selection(
        [("ask", "Ask for it"), ("asked", "Asked")],
        string="Request",
        compute="_compute_pool_claim",
        help="Where managers agree to claims: whether you may ask for it, or have asked already.",
    )

    def _compute_tag_ids(self):
        self.tag_ids = False
        entries, leads = self._of_model("crm.lead")
        for entry, lead in zip(entries, leads.sudo(), strict=True):
            # Tags say what a lead is about, never who it is.
            entry.tag_ids = lead.tag_ids

    def _search_tag_ids(self, operator, value):
        if operator == "!=" or operator.startswith("not"):
            return NotImplemented
        if operator == "in" and False in value:
            tagged = self._search_tag_ids("in", [tag for tag in value if tag])
            return tagged | Domain("kind", "!=", "lead") | ~self._tagged(Domain.TRUE)
        if operator in ("any", "any!"):
            wanted = value if isinstance(value, Domain) else Domain("id", "in", value)
        elif operator == "in":
            wanted = Domain("id", "in", value)
        else:
            wanted = Domain("display_name", operator, value)
        return Domain("kind", "=", "lead") & self._tagged(wanted)

    def _tagged(self, wanted):
        """Entries of leads with a tag that the caller asks for.

        The question may lead on to any field of the database, so the tags are searched with the
        caller's rights; and only when the query is written, since to an error in a search method
        Odoo may answer by asking once more, in `sudo`.
        """
        tags = self.env["crm.tag"]

        def to_sql(entries, alias, query):
            return SQL(
                "%s IN (SELECT lead_id FROM crm_tag_rel WHERE tag_id IN %s)",
                entries._field_to_sql(alias, "res_id", query),
                tags._search(wanted).subselect(),
            )

        return Domain.custom(to_sql=to_sql)

    @api.depends_context("uid", "tz", "lang")
    def _compute_pool_claim(self):
        # In a list, nobody reads about duplicates; on a form he should.
        single = len(self) == 1
        answers = {
            answer["id"]: answer
            for answer in self._each_kind(lambda records: records._pool_claim_check(single))
        }
        states = self._ask_states(answers)
        for entry in self:
            answer = answers[entry.id]
            entry.pool_can_claim = answer["ok"]
            entry.pool_ask_state = states.get(entry.id, False)
            entry.pool_claim_message = answer["message"]

    def _ask_states(self, answers):
        """See `_pool_ask_states`, by entry id."""
        states = {}
        for model in MODEL_BY_KIND.values():
            entries, records = self._of_model(model)
            known = {
                record.id: answers[entry.id] for entry, record in zip(entries, records, strict=True)
            }
            found = records._pool_ask_states(known)
            states.update(
                (entry.id, found.get(record.id, False))
                for entry, record in zip(entries, records, strict=True)
            )
        return states

    # ------------------------------------------------------------------
    # The view
    # ------------------------------------------------------------------

    def init(self):
        drop_view_if_exists(self.env.cr, self._table)
        selects = [self._select_of(number, kind) for number, kind in enumerate(KINDS)]
        self.env.cr.execute(
            SQL(
                "CREATE VIEW %s AS (%s)",
                SQL.identifier(self._table),
                SQL(" UNION ALL ").join(selects),
            )
        )

    def _select_of(self, number, kind):
        table = SQL.identifier(self.env[MODEL_BY_KIND[kind]]._table)
        columns = SQL(", ").join(
            SQL("%s AS %s", expression, SQL.identifier(name))
            for name, expression in self._columns(number, kind).items()
        )
        return SQL("SELECT %s FROM %s r", columns, table)

    def _columns(self, number, kind):
        """Columns of the view for one kind of records, which is called `r`.

        Columns by which the window is filtered and sorted first are bare columns of the table, so
        that its indexes serve.

        :param int number: what ids of this kind leave when divided by the number of kinds
        :param str kind: one of `KINDS`
        :rtype: dict[str, SQL]
        """
        lead = kind == "lead"
        company = SQL.identifier("r", self.env[MODEL_BY_KIND[kind]]._pool_masked_company)
        columns = {name: SQL.identifier("r", name) for name in BARE}
        for name, column_type in LEAD_ONLY.items():
            columns[name] = SQL.identifier("r", name) if lead else SQL(f"NULL::{column_type}")
        return {
            **columns,
            "id": SQL("r.id * %s + %s", len(KINDS), number),
            "res_id": SQL("r.id"),
            "res_model": SQL("%s::varchar", MODEL_BY_KIND[kind]),
            "kind": SQL("%s::varchar", kind),
            "company_id": self._of_pool(SQL("pool.company_id")),
            "is_open": SQL("r.active AND r.won_status = 'pending'") if lead else SQL("r.active"),
            "name": self._masked_text("name", SQL("r.name"), "mask_name"),
            "partner_name": self._masked_text("company", company, "mask_company"),
            "city": self._masked_text("city", SQL("r.city"), "mask_city"),
            "email_masked": self._masked(
                SQL("COALESCE(r.email_normalized, %s)", SQL("r.email_from" if lead else "r.email")),
                mask_contact=self._shown("email"),
            ),
            "phone_masked": self._masked(
                SQL("COALESCE(r.phone_sanitized, r.phone)"), mask_contact=self._shown("phone")
            ),
        }

    def _masked_text(self, key, column, flag):
        """A text of which a pool shows one letter, or all but the contact details in it."""
        shown = SQL(
            "CASE WHEN %s THEN %s ELSE COALESCE(%s, NULLIF(%s, '')) END",
            UNMASKED,
            mask.sql_dots(column),
            self._shown(key),
            column,
        )
        return self._masked(column, **{flag: mask.sql_text(column), "mask_contact": shown})

    def _shown(self, key):
        return SQL("r.pool_masked ->> %s", key)

    def _masked(self, column, **masks):
        """A column that is masked where the pool of the record says so.

        :param SQL column: the raw value
        :param masks: switch of the pool and what is shown then; the first that is on counts
        """
        cases = SQL(" ").join(
            SQL("WHEN %s THEN %s", self._is_masked(flag), shown) for flag, shown in masks.items()
        )
        return SQL("CASE %s ELSE %s END", cases, column)

    def _is_masked(self, flag):
        flag = SQL.identifier("pool", flag)
        wanted = self._of_pool(SQL("pool.visibility = 'sealed' AND %s IS TRUE", flag))
        return SQL("COALESCE(%s, TRUE)", wanted)

    def _of_pool(self, expression):
        return SQL("(SELECT %s FROM lead_pool pool WHERE pool.id = r.pool_id)", expression)

    # ------------------------------------------------------------------
    # Searching
    # ------------------------------------------------------------------

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Only what waits, for everybody; and conditions that the indexes understand."""
        waiting = Domain("pool_state", "=", "pooled") & Domain("is_open", "=", True)
        domain = Domain(domain).map_conditions(self._index_condition) & waiting
        return super()._search(domain, *args, **kwargs)

    def _index_condition(self, condition):
        """Add to a condition on a computed column what it means for a bare one."""
        if condition.operator not in ("=", "in") or not condition.value:
            return condition
        values = condition.value if condition.operator == "in" else [condition.value]
        if isinstance(values, str) or not hasattr(values, "__iter__"):
            return condition
        if condition.field_expr == "id":
            ids = [value // len(KINDS) for value in values if isinstance(value, int)]
            return condition & Domain("res_id", "in", ids)
        if condition.field_expr == "kind":
            pools = self.env["lead.pool"].sudo().with_context(active_test=False)
            return condition & Domain(
                "pool_id", "in", pools.search([("kind", "in", list(values))]).ids
            )
        return condition

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """See `BaseModel`: ids follow the numbers of the records, for which there are indexes."""
        arguments = (direction, nulls, query)
        term = super()._order_field_to_sql(alias, field_name, *arguments)
        if field_name != "id":
            return term
        return SQL("%s, %s", super()._order_field_to_sql(alias, "res_id", *arguments), term)

    @api.model
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        """See `BaseModel.search_fetch`; finds the page first, and masks only that."""
        query = self._search(domain, offset=offset, limit=limit, order=order or self._order)
        entries = self.browse(query)
        entries.fetch(field_names)
        return entries

    def exists(self):
        """See `BaseModel.exists`: an entry exists as long as its record waits."""
        if not self:
            return self
        found = set(self.sudo()._search([("id", "in", self.ids)]))
        return self.filtered(lambda entry: entry.id in found)

    @api.model
    def get_empty_list_help(self, help_message):
        """See `BaseModel.get_empty_list_help`: tells who may not claim anywhere what to do."""
        message = self.env["lead.pool"].pool_setup_steps()["message"]
        if not message:
            return super().get_empty_list_help(help_message)
        return Markup('<p class="o_view_nocontent_smiling_face">%s</p><p>%s</p>') % (
            self.env._("Nothing waits for you here"),
            message,
        )

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    @api.model
    @api.readonly
    def web_search_read(
        self, domain, specification, offset=0, limit=None, order=None, count_limit=None
    ):
        """See `BaseModel.web_search_read`: a list is no look at each of its entries."""
        listing = self.with_context(pool_window_list=ENGINE)
        return super(LeadPoolEntry, listing).web_search_read(
            domain, specification, offset=offset, limit=limit, order=order, count_limit=count_limit
        )

    @api.model
    @api.readonly
    def web_read_group(self, *args, **kwargs):
        """See `BaseModel.web_read_group`."""
        listing = self.with_context(pool_window_list=ENGINE)
        return super(LeadPoolEntry, listing).web_read_group(*args, **kwargs)

    @api.model
    @api.readonly
    def search_read(self, *args, **kwargs):
        """See `BaseModel.search_read`."""
        listing = self.with_context(pool_window_list=ENGINE)
        return super(LeadPoolEntry, listing).search_read(*args, **kwargs)

    def web_read(self, specification):
        """See `BaseModel.web_read`: this is how a form opens, and it is counted."""
        self._count_views()
        listing = self.with_context(pool_window_list=ENGINE)
        return super(LeadPoolEntry, listing).web_read(specification)

    def read(self, fields=None, load="_classic_read"):
        """See `BaseModel.read`: entries named by their ids are looked at, and counted."""
        self._count_views()
        return super().read(fields, load)

    # They write the count: not for a read-only cursor.
    web_read._readonly = False
    read._readonly = False

    def _count_views(self):
        if self.env.context.get("pool_window_list") is ENGINE or self.env.su:
            return
        self.env["lead.pool.view"].sudo()._count(self)

    # ------------------------------------------------------------------
    # Claiming
    # ------------------------------------------------------------------

    @checked(key=key)
    def pool_claim(self, key=None):
        """Claim what these entries stand for, for the current user.

        :param str key: idempotency key; the same key answers the same and counts once
        :return: one result per entry: `id`, `ok`, `code`, `message`, `available_at`
        :rtype: list[dict]
        """
        return self._each_kind(lambda records: records.pool_claim(key=key))

    @checked()
    def pool_claim_check(self):
        """Whether the current user may claim what these entries stand for; changes nothing.

        :return: one result per entry, see `pool_claim`
        :rtype: list[dict]
        """
        return self._each_kind(lambda records: records.pool_claim_check())

    @checked()
    def action_pool_claim(self):
        """Claim from a button; one record opens at once, for many there is a message.

        :return: action
        """
        records = {entry.id: entry._records() for entry in self}
        names = {entry.id: entry.name for entry in self.sudo().exists()}
        results = self.pool_claim()
        if len(self) == 1 and results[0]["ok"]:
            done = " ".join(filter(None, [self.env._("It is yours now."), results[0]["message"]]))
            return self._good_news(done, self._open_claimed(records[self.id]))
        if all(result["ok"] for result in results):
            return self._good_news(
                self.env._("%s records are yours now.", len(results)),
                {"type": "ir.actions.client", "tag": "soft_reload"},
            )
        if asked := self.env["lead.pool.request"]._asked_summary(results):
            return self._good_news(asked, {"type": "ir.actions.client", "tag": "soft_reload"})
        lines = [names.get(result["id"], str(result["id"])) for result in results]
        return self.env["lead.pool.result"]._open_named(lines, results, self.env._("Claim"))

    @api.model
    def _good_news(self, message, next_action):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": message, "next": next_action},
        }

    @api.model
    def _open_claimed(self, record):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Yours now"),
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
            "target": "current",
        }

    def _records(self):
        """What this entry stands for; says nothing about access."""
        self.ensure_one()
        record_id, number = divmod(self.id, len(KINDS))
        return self.env[MODEL_BY_KIND[KINDS[number]]].browse(record_id)

    def _of_model(self, model):
        """Those entries that stand for records of a model, and these records in the same order."""
        entries = self.filtered(lambda entry: entry._records()._name == model)
        return entries, self.env[model].browse(entry._records().id for entry in entries)

    def _each_kind(self, method):
        """Ask a method of the records, kind by kind, and answer entry by entry.

        :param method: function of a recordset that returns one result per record
        """
        results = {}
        for model in MODEL_BY_KIND.values():
            entries, records = self._of_model(model)
            answers = method(records) if records else []
            for entry, answer in zip(entries, answers, strict=True):
                results[entry.id] = {**answer, "id": entry.id}
        return [results[entry_id] for entry_id in self._ids]
