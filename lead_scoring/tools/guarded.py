"""Values as they will be stored, for guards that must decide before a record exists.

The same file in each addon that needs it, see `tests/packaging/test_shared_tools.py`.
"""


def completed(model, vals_list, names):
    """What a `create` with these values stores in some fields, defaults included.

    Over RPC the caller chooses the context (`default_*`) and keeps defaults of their own, so what
    stands in the values alone says little.

    :param model: model of the records, in the environment of the caller
    :param list vals_list: values of each record
    :param names: names of the fields that a guard looks at
    :return: for each record, value by field for all that is set by either
    :rtype: list[dict]
    """
    names = set(names)
    defaults = model.default_get(sorted(names))
    return [
        {**defaults, **{name: value for name, value in vals.items() if name in names}}
        for vals in vals_list
    ]
