"""Records of which something was heard during a transaction, to be dealt with before its end."""


def heard(env, topic, deal):
    """Ids of records that were heard of and wait; add to them, or take out what is dealt with.

    :param str topic: a name for what is heard
    :param deal: called with the ids that are left, when the transaction is about to be committed
    :rtype: set
    """
    callbacks = env.cr.precommit
    if topic not in callbacks.data:
        callbacks.data[topic] = set()

        @callbacks.add
        def tell():
            if ids := callbacks.data.pop(topic, None):
                deal(sorted(ids))

    return callbacks.data[topic]
