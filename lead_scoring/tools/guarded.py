"""Values as they will be stored, for guards that must decide before a record exists."""


def completed(model, vals, names):
    """What a `create` with these values stores in some fields, defaults included.

    Over RPC the caller chooses the context (`default_*`) and keeps defaults of their own, so what
    stands in the values alone says little.

    :param model: model of the record, in the environment of the caller
    :param dict vals: values of one record
    :param names: names of the fields that a guard looks at
    :return: value by field, for all that is set by either
    :rtype: dict
    """
    defaults = model.default_get([name for name in names if name not in vals])
    return {**defaults, **{name: vals[name] for name in names if name in vals}}
