"""Loading leads from a CSV file through Odoo's own import. Runs inside Odoo.

Two kinds of files: one whose headers are fields of `crm.lead` (names or labels), and the data set
"X Education", whose columns are translated here.
"""

import csv

from odoo.exceptions import UserError

BATCH = 1000
X_EDUCATION_COLUMNS = {"Prospect ID", "Lead Number", "Lead Origin", "Lead Source"}
X_EDUCATION_FIELDS = [
    "id",
    "name",
    "type",
    "user_id",
    "contact_name",
    "source_id",
    "medium_id",
    "country_id",
    "city",
    "function",
    "description",
]
# The form stored its own prompt where nothing was chosen.
NOT_ANSWERED = {"", "Select", "unknown", "Asia/Pacific Region"}
COUNTRY_NAMES = {"Russia": "Russian Federation"}


def load(env, path, out=print):
    """Load a CSV file of leads, and return how many came in.

    A row that Odoo refuses is reported with its number in the file; the other rows go on.

    :param env: environment of the importing user
    :param path: path of the file, UTF-8
    :param out: called with each line of the report
    """
    headers, rows = read(path)
    if headers and set(headers) >= X_EDUCATION_COLUMNS:
        fields, rows = X_EDUCATION_FIELDS, x_education_rows(env, rows)
    else:
        fields = field_names(env, headers)
        rows = [[row[header] or "" for header in headers] for row in rows]
    loaded = 0
    for start in range(0, len(rows), BATCH):
        loaded += load_batch(env, fields, rows[start : start + BATCH], start + 2, out)
        env.cr.commit()
        out(f"  {min(start + BATCH, len(rows))} of {len(rows)} rows read, {loaded} loaded")
    return loaded


def read(path):
    """The headers of a CSV file, and its rows that are not empty."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            return reader.fieldnames or [], [row for row in reader if any(row.values())]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is not a CSV file in UTF-8: {error}") from None


def field_names(env, headers):
    """Fields that the headers name, by their technical names or their labels."""
    labels = {
        field["string"].lower(): name
        for name, field in env["crm.lead"].fields_get(attributes=["string"]).items()
    }
    names = [labels.get(header.strip().lower(), header.strip()) for header in headers]
    known = {"id", ".id", *env["crm.lead"]._fields}
    if unknown := [name for name in names if name.split("/")[0] not in known]:
        raise UserError(f"A lead has no field for these columns: {', '.join(unknown)}")
    return names


def load_batch(env, fields, rows, first, out):
    """Load rows; when some are refused (Odoo then loads none) load the others without them."""
    leads = env["crm.lead"].with_context(import_file=True, tracking_disable=True)
    result = leads.load(fields, [list(row) for row in rows])
    if result["ids"]:
        return len(result["ids"])
    refused = set()
    for message in result["messages"]:
        span = message.get("rows", {"from": 0, "to": len(rows) - 1})
        refused.update(range(span["from"], span["to"] + 1))
        out(f"  row {first + span['from']}: {message['message']}")
    kept = [row for number, row in enumerate(rows) if number not in refused]
    return load_batch(env, fields, kept, first, out) if kept and len(kept) < len(rows) else 0


def x_education_rows(env, rows):
    """Rows for `crm.lead.load`; sources and media that Odoo does not know yet are created."""
    sources = known_names(env["utm.source"], [answer(row, "Lead Source") for row in rows])
    media = known_names(env["utm.medium"], [answer(row, "Lead Origin") for row in rows])
    return [
        [
            f"x_education.lead_{row['Lead Number']}",
            f"{answer(row, 'Specialization') or 'Course'} #{row['Lead Number']}",
            "lead",
            "",
            f"Prospect {row['Lead Number']}",
            sources.get(answer(row, "Lead Source").lower(), ""),
            media.get(answer(row, "Lead Origin").lower(), ""),
            COUNTRY_NAMES.get(answer(row, "Country"), answer(row, "Country")),
            answer(row, "City"),
            answer(row, "What is your current occupation"),
            f"Visits: {row['TotalVisits'] or 0}, minutes on the site: "
            f"{int(row['Total Time Spent on Website'] or 0) // 60}, "
            f"last seen: {answer(row, 'Last Activity') or 'never'}",
        ]
        for row in rows
    ]


def answer(row, column):
    """What was filled in, empty where nothing was."""
    value = (row[column] or "").strip()
    return "" if value in NOT_ANSWERED else value


def known_names(model, names):
    """Names as Odoo spells them by their lower-case form, after creating the missing ones."""
    known = {record.name.lower(): record.name for record in model.search([])}
    for name in filter(None, names):
        if name.lower() not in known:
            known[name.lower()] = model.create({"name": name}).name
    return known
