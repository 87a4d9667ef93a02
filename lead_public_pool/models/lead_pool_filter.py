import logging
from ast import literal_eval
from contextlib import contextmanager

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, mute_logger, ormcache

from ..tools.jobs import CONFLICTS

_logger = logging.getLogger(__name__)
NOTHING = "[('id', '=', 0)]"
# What a form writes for “all” and “none”: neither can break.
PLAIN = (False, None, "", "[]", NOTHING)
# What these say about a filter stays so until the database or the addons change.
VERDICTS = (
    ValueError,
    SyntaxError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    UserError,
    psycopg2.ProgrammingError,
    psycopg2.DataError,
)


class LeadPoolFilter(models.AbstractModel):
    """Filters that somebody stored may break later: an addon or a field they name goes away.

    Such a filter matches nothing and is not met either, so whatever hangs on it rests. It says so
    on its record and among the troubles of the pool, stops nothing else, and acts again as soon as
    it can be used.
    """

    _name = "lead.pool.filter"
    _description = "Stored Filters of a Pool"

    # Names of the fields that are filters.
    _stored_filters = ()

    filter_error = fields.Text(
        string="Broken filters",
        compute="_compute_filter_error",
        compute_sudo=True,
        search="_search_filter_error",
        help="Filters that cannot be used at present, because they name what is no longer there. "
        "They match nothing until they are mended.",
    )

    @api.depends(lambda self: self._stored_filters)
    def _compute_filter_error(self):
        for record in self:
            record.filter_error = "\n".join(record._filter_errors()) or False

    @api.model
    def _search_filter_error(self, operator, value):
        # No column says it, and pools, rules and members are few.
        everything = self.sudo().with_context(active_test=False).search(Domain.TRUE)
        found = everything.filtered_domain(Domain("filter_error", operator, value))
        return Domain("id", "in", found.ids)

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._check_filter_rights(self._stored_filters)
        return records

    def write(self, vals):
        result = super().write(vals)
        self._check_filter_rights([name for name in self._stored_filters if name in vals])
        return result

    def _check_filter_rights(self, names):
        """A filter tells by its effects and counts what it finds, and it works with all rights.

        :raise AccessError: if one of these filters asks for what its author may not read
        """
        if self.env.su:
            return
        for record in self:
            for name in names:
                records = record.sudo()._filter_records(name)
                if record.sudo()[name] not in PLAIN and records is not None:
                    asked = Domain(literal_eval(record.sudo()[name]))
                    # To write the query is to ask for the rights; it need not be run.
                    self.env[records._name]._search(asked)

    def _filter_errors(self):
        return self._own_filter_errors()

    def _own_filter_errors(self):
        """One sentence for each filter of this record that cannot be used."""
        self.ensure_one()
        troubles = {name: self._filter_trouble(name) for name in self._stored_filters}
        return [
            self.env._(
                "%(filter)s: %(error)s",
                filter=self._fields[name]._description_string(self.env),
                error=trouble,
            )
            for name, trouble in troubles.items()
            if trouble
        ]

    def _filter_records(self, name):
        """Empty recordset of what a filter is about, None as long as that is open."""
        raise NotImplementedError

    # ------------------------------------------------------------------
    # Whether a filter can be used
    # ------------------------------------------------------------------

    def _filter_trouble(self, name):
        """Why a filter cannot be used at present; also what only the database can tell.

        :return: text, or False
        """
        self.ensure_one()
        records = self._filter_records(name)
        if self[name] in PLAIN or records is None:
            return False
        try:
            return self._filter_refusal(records._name, self[name])
        except CONFLICTS:
            raise
        except Exception as error:
            return str(error) or type(error).__name__

    @api.model
    @ormcache("model_name", "text")
    def _filter_refusal(self, model_name, text):
        """Why a text is no filter on a model, or False. Asks the database once and remembers.

        :raise Exception: what says nothing about the filter, such as a lost connection
        """
        try:
            with self._only_reading():
                # Whoever happens to ask first must not decide for all.
                records = self.env[model_name].with_user(SUPERUSER_ID)
                query = records._search(Domain(literal_eval(text)))
                self.env.cr.execute(SQL("EXPLAIN %s", query.select()))
        except VERDICTS as error:
            return str(error).split("\nLINE", maxsplit=1)[0] or type(error).__name__
        return False

    def _parsed_domain(self, name):
        """Domain of a filter.

        :raise Exception: if it is none, or names what is not there
        """
        self.ensure_one()
        if trouble := self._filter_trouble(name):
            raise ValueError(trouble)
        return Domain(literal_eval(self[name] or "[]"))

    @contextmanager
    def _only_reading(self):
        """What fails in here leaves the transaction usable, and a form at work its values."""
        self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.env.cr.savepoint(flush=False):
            yield

    # ------------------------------------------------------------------
    # Using a filter
    # ------------------------------------------------------------------

    def _usable_domain(self, name):
        """Domain of a stored filter; if it cannot be used, one that matches nothing."""
        return self._with_filter(name, lambda domain: domain, Domain.FALSE)

    def _with_filter(self, name, work, otherwise):
        """What some reading with a stored filter brings.

        :param function work: called with the domain of the filter
        :param otherwise: the answer if the filter cannot be used
        """
        try:
            domain = self._parsed_domain(name)
            if self[name] in PLAIN:
                return work(domain)
            with self._only_reading():
                return work(domain)
        except CONFLICTS:
            raise
        except Exception as error:
            self._tell_broken(name, error)
            return otherwise

    def _matching(self, name, records):
        """Those of these records that match a stored filter; none if it cannot be used."""
        return self._each_filtered(name, records, lambda domain: domain)

    def _not_matching(self, name, records):
        """Those of these records that do not match it; none either if it cannot be used."""
        return self._each_filtered(name, records, lambda domain: ~domain)

    def _each_filtered(self, name, records, turn):
        """Filter records; one that cannot be judged stops none of the others."""
        if not records:
            return records
        if self[name] in PLAIN:
            return records.filtered_domain(turn(self._parsed_domain(name)))
        errors = []

        def judge(some, domain):
            try:
                with self._only_reading():
                    return some.filtered_domain(domain)
            except CONFLICTS:
                raise
            except Exception as error:
                errors.append(error)
            middle = len(some) // 2
            nothing = some.browse()
            return (
                judge(some[:middle], domain) + judge(some[middle:], domain) if middle else nothing
            )

        try:
            found = judge(records, turn(self._parsed_domain(name)))
        except CONFLICTS:
            raise
        except Exception as error:
            errors, found = [error], records.browse()
        if errors:
            self._tell_broken(name, errors[0])
        return found

    def _tell_broken(self, name, error):
        _logger.warning(
            "The filter %s of %s cannot be used, and matches nothing: %s", name, self, error
        )
        self._filter_rests(name)

    def _filter_rests(self, name):
        """What is to be remembered until a broken filter is mended."""
