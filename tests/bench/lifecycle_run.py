"""The nightly run over 100,000 customers and 437,000 orders, against SQL written by hand.

What one confirmed order and one posted invoice cost is measured too. BENCH_CUSTOMERS sets another
number; 1000000 takes about half an hour.
"""

import os
from contextlib import contextmanager, nullcontext
from unittest.mock import patch

from odoo import fields
from odoo.modules.registry import Registry
from odoo.tools import SQL

from ._tools import Sheet, awake, committed, median, seconds, vacuum

CUSTOMERS = 100_000
ROUNDS = 3
ORDERS = 60
CREDIT_NOTES = 50_000
TABLES = ("res_partner", "sale_order", "customer_lifecycle", "customer_lifecycle_transition")


def run(env, out):
    sheet = Sheet(out)
    count = int(os.environ.get("BENCH_CUSTOMERS") or CUSTOMERS)
    name = env.cr.dbname
    small = measure(sheet, name, count // 10, 0)
    large = measure(sheet, name, count, count // 10)
    for what, little, much in zip(("run", "history"), small, large, strict=True):
        title = f"{what}: times as much per customer as with a tenth of them"
        sheet.limit(title, much / little, at_most=1.6)
    unchanged(sheet, name)
    at_once(sheet, name)


def measure(sheet, name, count, already):
    """Load up to so many customers and run over all of them.

    :return: seconds per customer of a run, and of the history from past orders
    """
    spent = seconds(lambda: load(name, count, already))
    with committed(name) as env:
        env.cr.execute("SELECT count(*) FROM sale_order WHERE state = 'sale'")
        [orders] = env.cr.fetchone()
    sheet.show(f"Loading up to {count:,} customers and {orders:,} orders", f"{spent:.0f} s")
    history = seconds(lambda: rebuild(name))
    sheet.show(f"history of {count:,} customers from their past orders", f"{history:.2f} s")
    ours, by_sql = [], []
    for number in range(1 + (ROUNDS if count <= CUSTOMERS else 1)):
        age(name)
        once = seconds(lambda: nightly(name))
        age(name)
        hand = seconds(lambda: by_hand(name))
        if number:  # the first round warms up
            ours.append(once)
            by_sql.append(hand)
    full = median(ours)
    at_most = 5 * max(1, count / CUSTOMERS)
    sheet.limit(f"run in which each of {count:,} customers changes", full, " s", at_most=at_most)
    sheet.show(f"hand-written SQL for {count:,} customers", f"{median(by_sql):.2f} s")
    sheet.limit("times hand-written SQL", full / median(by_sql), at_most=2.5)
    return full / count, history / count


def load(name, count, already):
    """Customers who bought 4.4 times within two years on average, some often and most seldom."""
    with committed(name) as env:
        env.cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if env.cr.fetchone()[0]:
            env.cr.execute("SET LOCAL session_replication_role = replica")
        company = env.company
        env.cr.execute("SELECT setseed(0.42)")
        env.cr.execute("SELECT max(id) FROM res_partner")
        [last] = env.cr.fetchone()
        env.cr.execute(
            SQL(
                """INSERT INTO res_partner (name, complete_name, active, is_company, type,
                                            partner_share, create_date, ref, autopost_bills)
                   SELECT 'Bench ' || n, 'Bench ' || n, TRUE, TRUE, 'contact', TRUE, now(), 'bench',
                          'ask'
                     FROM generate_series(%s, %s) n""",
                already + 1,
                count,
            )
        )
        env.cr.execute(
            "UPDATE res_partner SET commercial_partner_id = id"
            " WHERE ref = 'bench' AND commercial_partner_id IS NULL"
        )
        env.cr.execute(
            SQL(
                """INSERT INTO sale_order (name, partner_id, partner_invoice_id,
                       partner_shipping_id, company_id, state, date_order, amount_untaxed,
                       amount_total, currency_id, currency_rate, create_date)
                   SELECT 'B' || p.id || '-' || n, p.id, p.id, p.id, %(company)s, 'sale',
                          now() AT TIME ZONE 'UTC' - (1 + p.age * random()) * interval '1 day',
                          20 + 500 * random(), 100, %(currency)s, 1, now()
                     FROM (SELECT id, 730 * random() AS age,
                                  1 + floor(-3.85 * ln(1 - random()))::int AS many
                             FROM res_partner WHERE ref = 'bench' AND id > %(last)s) p
                    CROSS JOIN LATERAL generate_series(1, p.many) n""",
                last=last,
                company=company.id,
                currency=company.currency_id.id,
            )
        )
    vacuum(name, TABLES)


def rebuild(name):
    with committed(name) as env:
        env["customer.lifecycle"]._lifecycle_rebuild_all()


def age(name):
    """A day passes: each order is a day older, and every customer is due."""
    with committed(name) as env:
        env.cr.execute("UPDATE sale_order SET date_order = date_order - interval '1 day'")
        env.cr.execute("UPDATE customer_lifecycle SET check_date = current_date")
        env.cr.execute("DELETE FROM customer_lifecycle_run")
    vacuum(name, TABLES)


def nightly(name):
    with committed(name) as env:
        env["customer.lifecycle.run"]._cron_run()


def by_hand(name):
    """What somebody would write for just these customers: the same numbers, no history, no words.

    One class of thresholds, one source, one company; every row is written.
    """
    with committed(name) as env:
        env.cr.execute(
            """WITH fact AS (
                   SELECT p.commercial_partner_id AS partner_id,
                          count(DISTINCT o.date_order::date)::int AS n,
                          min(o.date_order::date) AS first_day, max(o.date_order::date) AS last_day,
                          sum(o.amount_untaxed / o.currency_rate)::float8 AS total,
                          (sum(o.amount_untaxed / o.currency_rate)
                           FILTER (WHERE o.date_order::date > current_date - 365))::float8 AS year
                     FROM sale_order o JOIN res_partner p ON p.id = o.partner_id
                    WHERE o.state = 'sale' AND o.company_id = %(company)s
                    GROUP BY p.commercial_partner_id),
               limited AS (
                   SELECT fact.*, t.risk, t.dormant, t.churn
                     FROM fact
                     JOIN (VALUES (1, 1, 90, 180, 365), (2, 3, 90, 210, 420), (4, 9, 90, 240, 540),
                                  (10, 1000000, 60, 240, 540))
                          AS t (lowest, highest, risk, dormant, churn)
                          ON n BETWEEN lowest AND highest),
               scored AS (
                   SELECT *, (1 + (rank() OVER (ORDER BY last_day) - 1) * 5 / count(*) OVER ())
                             ::int AS r,
                          (1 + (rank() OVER (ORDER BY n) - 1) * 5 / count(*) OVER ())::int AS f,
                          (1 + (rank() OVER (ORDER BY total) - 1) * 5 / count(*) OVER ())::int AS m
                     FROM limited)
               UPDATE customer_lifecycle l
                  SET order_count = n, first_order_date = first_day, last_order_date = last_day,
                      amount_total = total, amount_year = coalesce(year, 0),
                      risk_date = last_day + risk, dormant_date = last_day + dormant,
                      churn_date = last_day + churn, r_score = r, f_score = f, m_score = m,
                      at_risk = current_date >= last_day + risk,
                      state = CASE WHEN current_date >= last_day + churn THEN 'churned'
                                   WHEN current_date >= last_day + dormant THEN 'dormant'
                                   WHEN n = 1 OR current_date < first_day + 30 THEN 'new'
                                   WHEN n >= 5 AND last_day - first_day >= 180 THEN 'loyal'
                                   ELSE 'active' END,
                      due_date = CASE WHEN current_date < last_day + dormant
                                           THEN last_day + dormant
                                      WHEN current_date < last_day + churn
                                           THEN last_day + churn END,
                      tier = CASE WHEN year >= 10000 THEN 'A' WHEN year >= 2000 THEN 'B'
                                  WHEN year >= 1 THEN 'C' ELSE 'D' END,
                      p_buy = (1 - exp(greatest(-300, least(300, -(0.5 + n - 1)
                                  * ln((6 + (current_date - first_day) / 7.0 + 26)
                                       / (6 + (current_date - first_day) / 7.0))))))
                              / (1 + 0.8 / (2.5 + n - 1) * exp(greatest(-300, least(300,
                                  (0.5 + n - 1) * ln((6 + (current_date - first_day) / 7.0)
                                       / (6 + (last_day - first_day) / 7.0))))))
                 FROM scored
                WHERE l.partner_id = scored.partner_id AND l.company_id = %(company)s""",
            {"company": env.company.id},
        )


def unchanged(sheet, name):
    """A second run on the same day, and what a run must never touch."""
    age(name)
    before = touched(name)
    nightly(name)
    after = touched(name)
    sheet.check("a run writes no message and no contact", before == after, str(after))
    vacuum(name, TABLES)
    times = [seconds(lambda: nightly(name)) for _round in range(ROUNDS)]
    sheet.limit("run in which nothing is due", median(times), " s", at_most=0.5)
    with committed(name) as env:
        env.cr.execute("DELETE FROM customer_lifecycle_run")
    sheet.show(
        "first run of a day on which nothing is due (profiles, scores)",
        f"{seconds(lambda: nightly(name)):.2f} s",
    )


def touched(name):
    with committed(name) as env:
        env.cr.execute(
            "SELECT (SELECT count(*) FROM mail_message), max(write_date) FROM res_partner"
        )
        return env.cr.fetchone()


def at_once(sheet, name):
    """One order or invoice among all these customers, with our code and without it."""
    what = "one order confirmed"
    one(sheet, name, what, orders, lambda order: order.action_confirm())
    with awake():
        # Others, since for some the state changes at the first order after a long silence.
        others = f"{what}, processor awake"
        one(sheet, name, others, orders, lambda order: order.action_confirm(), first=2 * ORDERS)
    load_credit_notes(name, CREDIT_NOTES)
    with committed(name) as env:
        # What was loaded past Odoo is seen by the next run.
        env.cr.execute("UPDATE customer_lifecycle SET check_date = current_date")
    nightly(name)
    what = f"{what}, {CREDIT_NOTES:,} credit notes"
    one(sheet, name, what, orders, lambda order: order.action_confirm(), first=4 * ORDERS)
    with committed(name) as env:
        env["customer.lifecycle.profile"].search([("engine", "!=", "none")]).source = "invoice"
    nightly(name)
    vacuum(name, TABLES)
    what = f"one invoice posted, {CREDIT_NOTES:,} credit notes"
    one(sheet, name, what, invoices, lambda invoice: invoice.action_post())


def one(sheet, name, what, create, act, first=0):
    """Milliseconds of what is done with a document of each customer, the first so many left out."""
    with committed(name) as env:
        product = env["product.product"].create({"name": "Bench", "list_price": 10})
        domain = [("ref", "=", "bench")]
        partners = env["res.partner"].search(domain, first, limit=2 * ORDERS, order="id")
        records = create(env, product, partners)
        model, ids = records._name, records.ids
    spent = {True: [], False: []}
    for number, record_id in enumerate(ids):
        ours = bool(number % 2)
        with nullcontext() if ours else without_us(name), committed(name) as env:
            record = env[model].browse(record_id)
            record.mapped("line_ids.name" if model == "account.move" else "order_line.name")

            def work(record=record, env=env):
                act(record)
                env.flush_all()

            spent[ours].append(seconds(work) * 1000)
    with_us, without = median(spent[True][5:]), median(spent[False][5:])
    sheet.show(f"{what}, with and without us", f"{with_us:.2f} and {without:.2f} ms")
    sheet.limit("more for one", with_us - without, " ms", at_most=10)


def orders(env, product, partners):
    line = (0, 0, {"product_id": product.id, "product_uom_qty": 1})
    return env["sale.order"].create(
        [{"partner_id": partner.id, "order_line": [line]} for partner in partners]
    )


def invoices(env, product, partners):
    line = (0, 0, {"product_id": product.id, "quantity": 1, "price_unit": 10})
    return env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [line],
            }
            for partner in partners
        ]
    )


@contextmanager
def without_us(name):
    """As if the lifecycle, and the playbooks that watch purchases, were not installed."""

    def nothing(self, *_arguments, **_options):
        pass

    registry = Registry(name)
    with (
        patch.object(registry["customer.lifecycle"], "_lifecycle_follow", nothing),
        patch.object(registry["customer.playbook.enrolment"], "_customers_bought", nothing),
    ):
        yield


def load_credit_notes(name, count):
    """Invoices for so many orders, and credit notes over half of each."""
    with committed(name) as env:
        env.cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if env.cr.fetchone()[0]:
            env.cr.execute("SET LOCAL session_replication_role = replica")
        company = env.company
        journal = env["account.journal"].search([("type", "=", "sale")], limit=1)
        values = {
            "product": env["product.product"].create({"name": "Credited"}).id,
            "unit": env.ref("uom.product_uom_unit").id,
            "journal": journal.id,
            "account": env["account.account"].search([], limit=1).id,
            "company": company.id,
            "currency": company.currency_id.id,
            "count": count,
        }
        env.flush_all()
        for statement in CREDITED:
            env.cr.execute(statement, values)
    vacuum(name, (*TABLES, "account_move", "account_move_line", "sale_order_line"))


CREDITED = (
    """INSERT INTO sale_order_line (order_id, name, product_id, product_uom_id, product_uom_qty,
                                    price_unit, customer_lead, state)
       SELECT id, 'Credited', %(product)s, %(unit)s, 1, amount_untaxed, 0, 'sale'
         FROM sale_order WHERE name LIKE 'B%%-1' ORDER BY id LIMIT %(count)s""",
    """INSERT INTO account_move (move_type, state, ref, partner_id, commercial_partner_id,
                                 journal_id, company_id, currency_id, auto_post, date, invoice_date,
                                 amount_untaxed_signed)
       SELECT 'out_invoice', 'posted', 'line ' || l.id, o.partner_id, o.partner_id, %(journal)s,
              %(company)s, %(currency)s, 'no', o.date_order, o.date_order, o.amount_untaxed
         FROM sale_order_line l JOIN sale_order o ON o.id = l.order_id WHERE l.name = 'Credited'""",
    """INSERT INTO account_move (move_type, state, ref, partner_id, commercial_partner_id,
                                 journal_id, company_id, currency_id, auto_post, date, invoice_date,
                                 amount_untaxed_signed, reversed_entry_id)
       SELECT 'out_refund', state, ref, partner_id, partner_id, journal_id, company_id, currency_id,
              auto_post, date, invoice_date, -amount_untaxed_signed / 2, id
         FROM account_move WHERE move_type = 'out_invoice' AND ref LIKE 'line %%'""",
    """INSERT INTO account_move_line (move_id, currency_id, company_id, display_type, account_id,
                                      name, balance, amount_currency, debit, credit)
       SELECT id, currency_id, company_id, 'product', %(account)s, ref, -amount_untaxed_signed,
              -amount_untaxed_signed, greatest(-amount_untaxed_signed, 0),
              greatest(amount_untaxed_signed, 0)
         FROM account_move WHERE ref LIKE 'line %%'""",
    """INSERT INTO sale_order_line_invoice_rel (invoice_line_id, order_line_id)
       SELECT id, substr(name, 6)::int FROM account_move_line WHERE name LIKE 'line %%'""",
)
