"""Work on many records: a bad one stops none of the others, and a conflict is no fault."""

import psycopg2

from odoo.exceptions import ConcurrencyError, LockError
from odoo.fields import Domain

# What other transactions, or the server, cause: the work is done anew, no record is to blame.
CONFLICTS = (
    psycopg2.OperationalError,
    psycopg2.InterfaceError,
    ConcurrencyError,
    LockError,
)
# A batch that others interfere with is taken anew so often.
ATTEMPTS = 5


def each_or_set_aside(records, work, set_aside):
    """Do some work on records at once; if it fails, on fewer and fewer, until the bad are found.

    :param records: recordset
    :param function work: called with records; what it did is taken back when it fails
    :param function set_aside: called with each record that fails alone, and the error; it sees to
        it that the record does not stop the next run, and that its manager learns of it
    :return: what `work` answered, for each part that it could do
    :rtype: list
    :raise Exception: conflicts with other transactions
    """
    if not records:
        return []
    # What was written before is not the fault of these records.
    records.env.flush_all()
    try:
        with records.env.cr.savepoint():
            return [work(records)]
    except CONFLICTS:
        raise
    except Exception as error:
        # By halves: one bad record among a thousand is found in twenty steps.
        if len(records) == 1:
            set_aside(records, error)
            return []
    middle = len(records) // 2
    return [
        *each_or_set_aside(records[:middle], work, set_aside),
        *each_or_set_aside(records[middle:], work, set_aside),
    ]


def replayed(env, work):
    """Do some work in the transaction of a job, anew when another transaction interferes.

    What the job did before must be committed.

    :return: what `work` answered
    :raise Exception: a conflict that would not end
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            answer = work()
            env.cr.flush()
            return answer
        except CONFLICTS:
            if attempt == ATTEMPTS:
                raise
            env.cr.rollback()


def work_off(records, to_do, order, batch_size, work):
    """Work off what is due, batch by batch, each in a transaction of its own.

    :param records: empty recordset of the model
    :param function to_do: gives the domain of what is left at the moment
    :param str order: what comes first
    :param int batch_size: records per transaction
    :param function work: called with each batch, locked; none of it may be due afterwards
    :return: the seconds left to the cron
    """
    commit = records.env["ir.cron"]._commit_progress

    busy = set()

    def left():
        return to_do() & Domain("id", "not in", list(busy))

    def turn():
        due = records.search(left(), order=order, limit=batch_size)
        locked = due.try_lock_for_update(allow_referencing=True)
        if locked:
            work(locked)
        # Those at which others are at work stop nothing; the next run finds them.
        busy.update((due - locked)._ids)
        return due, len(locked)

    time_left = commit(remaining=records.search_count(left()))
    while time_left:
        due, done = replayed(records.env, turn)
        if not due:
            break
        time_left = commit(done, remaining=records.search_count(left()))
    return time_left
