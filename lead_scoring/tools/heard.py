"""What was heard of records during a transaction, to be dealt with before its end."""


def heard(env, topic, deal, container=set):
    """What was heard and waits; add to it, or take out what is dealt with.

    As with the tracking of Odoo, a savepoint is an end as well: what is to be taken back by itself
    must be complete by itself.

    :param str topic: a name for what is heard
    :param deal: called with what is left, when the transaction is about to be committed; of a set
        it gets a sorted list
    :param container: what it is kept in
    :return: the container
    """
    callbacks = env.cr.precommit
    if topic not in callbacks.data:
        callbacks.data[topic] = container()

        @callbacks.add
        def tell():
            if left := callbacks.data.pop(topic, None):
                deal(sorted(left) if container is set else left)

    return callbacks.data[topic]
