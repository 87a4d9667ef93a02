"""What Odoo does not check of a view, and the browser trips over."""

import re

import pytest
from lxml import etree

from devkit import project

from ..common import ROOT

LOOKED_AT = re.compile(r"\brecord\.(\w+)\.")


@pytest.mark.parametrize("addon", project.addons(glue=True))
def test_cards_load_the_fields_that_they_look_at(addon):
    for path in (ROOT / addon).rglob("*.xml"):
        if "static" in path.parts:
            continue
        for card in etree.parse(path).iter("kanban"):
            loaded = {field.get("name") for field in card.iter("field")}
            looked_at = set(LOOKED_AT.findall(etree.tostring(card, encoding="unicode")))
            assert looked_at <= loaded, f"{path}: {sorted(looked_at - loaded)}"
