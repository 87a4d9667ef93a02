"""Databases with years of purchases: CDNOW, or simulated customers, loaded set-based.

`load_cdnow` and `load_simulated` fill `res_partner` and `sale_order` of a database with confirmed
orders; the last day of the data becomes yesterday, so that today has something to look back on.
Nothing of the lifecycle is written; `env["customer.lifecycle"]._lifecycle_rebuild_all()` does that.
"""

import csv
import io
from collections import defaultdict
from datetime import date, timedelta

import numpy as np

from odoo.tools import SQL

from ..common import data_file
from ._tools import committed, vacuum

TABLES = ("res_partner", "sale_order")


def cdnow_orders(which="master"):
    """Orders of CDNOW as columns: customer, day (as a number), amount."""
    columns = defaultdict(list)
    with data_file(f"cdnow_{which}.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            columns["customer"].append(int(row["CustomerID"]))
            columns["day"].append(date.fromisoformat(row["date"]).toordinal())
            columns["amount"].append(float(row["amount"]))
    return tuple(np.array(columns[name]) for name in ("customer", "day", "amount"))


def simulated_orders(customers, orders, days=1400, seed=7):
    """Orders of customers who differ in rate and stop at some time: about `orders` of them."""
    chance = np.random.default_rng(seed)
    start = chance.integers(0, days, customers)
    stays = np.minimum(chance.exponential(days / 2, customers), days - start)
    rate = chance.gamma(0.7, 1.0, customers) * stays
    rate *= max(orders - customers, 1) / rate.sum()
    counts = chance.poisson(rate)
    customer = np.concatenate([np.arange(customers), np.repeat(np.arange(customers), counts)])
    later = chance.random(counts.sum()) * np.repeat(stays, counts)
    day = np.concatenate([start, np.repeat(start, counts) + later.astype(int)])
    amount = np.round(chance.lognormal(4, 1, len(day)), 2)
    return customer, day + date(2000, 1, 1).toordinal(), amount


def load_cdnow(name, which="master", **options):
    """Load CDNOW (`master` or `sample`) into database `name`; see `load_orders`."""
    return load_orders(name, *cdnow_orders(which), **options)


def load_simulated(name, customers, orders, **options):
    """Load simulated customers into database `name`; see `load_orders`."""
    return load_orders(name, *simulated_orders(customers, orders), **options)


def load_orders(name, customer, day, amount, company_id=None, label="Buyer", last=None):
    """Commit customers with confirmed orders.

    :param str name: database
    :param customer: number of the customer of each order
    :param day: day of each order, as `date.toordinal` counts
    :param amount: untaxed amount of each order
    :param int company_id: the main company when missing
    :param date last: on which day the last order falls; yesterday when missing
    :return: (number of customers, number of orders)
    """
    shift = (last or date.today() - timedelta(1)).toordinal() - int(day.max())
    rows = io.StringIO()
    for one, when, spent in zip(
        customer.tolist(), (day + shift).tolist(), amount.tolist(), strict=True
    ):
        rows.write(f"{one}\t{date.fromordinal(when)}\t{spent}\n")
    rows.seek(0)
    with committed(name) as env:
        cr = env.cr
        company = env["res.company"].browse(company_id) if company_id else env.company
        cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cr.fetchone()[0]:
            # References are right by construction; checking them doubles the time.
            cr.execute("SET LOCAL session_replication_role = replica")
        cr.execute("CREATE TEMP TABLE bought (customer int, day date, amount numeric)")
        cr._obj.copy_expert("COPY bought FROM STDIN", rows)
        cr.execute("ANALYZE bought")
        cr.execute(SQL("SELECT coalesce(max(id), 0) FROM res_partner"))
        base = cr.fetchone()[0] + 1
        first = SQL("(%s - (SELECT min(customer) FROM bought))", base)
        _insert_partners(cr, label, first)
        _insert_orders(cr, company, first)
        for table in TABLES:
            cr.execute(
                SQL(
                    "SELECT setval(%s, (SELECT max(id) FROM %s))",
                    f"{table}_id_seq",
                    SQL.identifier(table),
                )
            )
        cr.execute("DROP TABLE bought")
    vacuum(name, TABLES)
    return len(np.unique(customer)), len(day)


def _insert_partners(cr, label, first):
    """Customers, the younger half of them companies; `first` turns a number into an id."""
    cr.execute(
        SQL(
            """INSERT INTO res_partner (id, commercial_partner_id, name, complete_name, is_company,
                                        active, type, partner_share, email, email_normalized, lang,
                                        autopost_bills, customer_rank, supplier_rank,
                                        create_uid, write_uid, create_date, write_date)
               SELECT id, id, name, name, customer %% 2 = 0, TRUE, 'contact', TRUE,
                      'buyer' || customer || '@example.com',
                      'buyer' || customer || '@example.com', 'en_US', 'ask', 1, 0,
                      1, 1, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                 FROM (SELECT DISTINCT customer, customer + %s AS id, %s || ' ' || customer AS name
                         FROM bought) AS buyer""",
            first,
            label,
        )
    )


def _insert_orders(cr, company, first):
    cr.execute(
        SQL(
            """INSERT INTO sale_order (name, partner_id, partner_invoice_id, partner_shipping_id,
                                       company_id, currency_id, currency_rate, state, date_order,
                                       amount_untaxed, amount_tax, amount_total, invoice_status,
                                       create_uid, write_uid, create_date, write_date)
               SELECT 'B' || row_number() OVER (), customer + %(first)s, customer + %(first)s,
                      customer + %(first)s, %(company)s, %(currency)s, 1, 'sale',
                      day + interval '12 hours', amount, 0, amount, 'no',
                      1, 1, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                 FROM bought""",
            first=first,
            company=company.id,
            currency=company.currency_id.id,
        )
    )
