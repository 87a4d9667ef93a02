"""One bad record never stops the others, and a conflict is no fault of a record."""

import psycopg2

from odoo.exceptions import ConcurrencyError

# Another transaction was first: whoever started the work does it once more.
CONFLICTS = (psycopg2.OperationalError, ConcurrencyError)


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
    """Do something with each record; whoever fails is set aside, the others go on.

    :param records: recordset
    :param work: callable with one record
    :param set_aside: callable with the record and the error; it says so where a manager looks
    """
    for record in records:
        guarded(
            record.env,
            lambda record=record: work(record),
            lambda error, record=record: set_aside(record, error),
        )
