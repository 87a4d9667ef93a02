"""How far a lead has come, from raw to sales qualified."""

RAW, MQL, ACCEPTED, REJECTED, SALES = "raw", "mql", "accepted", "rejected", "sql"
STATES = [
    (RAW, "Raw"),
    (MQL, "Marketing qualified (MQL)"),
    (ACCEPTED, "Accepted by sales"),
    (REJECTED, "Rejected by sales"),
    (SALES, "Sales qualified (SQL)"),
]
# Which of two leads that are merged knows more.
RANK = {RAW: 0, REJECTED: 1, MQL: 2, ACCEPTED: 3, SALES: 4}
