"""Lists by score read an index in their own order; that of classes served none.

Foreign keys from the history to the lead and the user cost as much as the rest of its row.
"""


def migrate(cr, version):
    """Drop what 19.0.0.1.0 had made; the update makes the new index."""
    cr.execute("DROP INDEX IF EXISTS lead_score_score_index, lead_score_class_index")
    # The first databases did not have the table yet.
    cr.execute(
        "ALTER TABLE IF EXISTS lead_score_history"
        " DROP CONSTRAINT IF EXISTS lead_score_history_lead_id_fkey,"
        " DROP CONSTRAINT IF EXISTS lead_score_history_user_id_fkey"
    )
