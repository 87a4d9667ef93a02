"""One bad record never stops the others, and a conflict is no fault of a record."""

import psycopg2

from odoo.exceptions import ConcurrencyError, LockError

# What other transactions, or the server, cause: the work is done anew, no record is to blame.
CONFLICTS = (
    psycopg2.OperationalError,
    psycopg2.InterfaceError,
    ConcurrencyError,
    LockError,
)


def guarded(env, work, set_aside):
    """Do something so that its failure takes back nothing but itself.

    What was pending before is written first: a fault in it is not ours, and is raised.

    :param env: environment in whose transaction the work is done
    :param work: callable without parameters
    :param set_aside: called with the error after the work was taken back
    :return: what `work` returned, None if it failed
    :raise CONFLICTS: another transaction was first
    """
    env.flush_all()
    try:
        with env.cr.savepoint():
            return work()
    except CONFLICTS:
        raise
    except Exception as error:
        env.invalidate_all(flush=False)
        set_aside(error)
    return None


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
