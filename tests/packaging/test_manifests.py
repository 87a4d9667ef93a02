"""Each addon is whole by itself: manifest, icon, texts, translations, and no import of another."""

import ast
import io
import re
from pathlib import Path

import polib
import pytest

from odoo.modules import Manifest
from odoo.tests import TransactionCase
from odoo.tools.translate import trans_export

from devkit import project

from ..common import ROOT, requires, top_level

VERSION = re.compile(r"19\.0\.\d+\.\d+\.\d+")
LANGUAGE = "zh_CN"
SAME_IN_CHINESE = {"ID"}  # what reads alike in both is left empty by Odoo's export
every_addon = pytest.mark.parametrize("addon", project.ADDONS)


def folder(addon):
    """The addon's folder; an addon that is not there yet is skipped."""
    if addon not in project.addons(glue=True):
        pytest.skip(f"{addon} is not in the repository yet")
    return ROOT / addon


@every_addon
def test_version_has_the_form_of_odoo_19(addon):
    folder(addon)
    assert VERSION.fullmatch(project.manifest(addon)["version"])


@every_addon
def test_licence_is_lgpl(addon):
    folder(addon)
    assert project.manifest(addon)["license"] == "LGPL-3"


@every_addon
def test_stands_on_official_addons_only(addon):
    folder(addon)
    for name in project.manifest(addon)["depends"]:
        manifest = Manifest.for_addon(name)
        assert manifest, f"there is no addon {name}"
        glued = addon in project.GLUE and name in project.STANDALONE
        assert glued or ROOT not in Path(manifest.path).parents, f"{name} is one of ours"


@pytest.mark.parametrize("addon", project.GLUE)
def test_glue_installs_itself(addon):
    manifest = project.manifest(addon)
    assert manifest["auto_install"] is True
    assert set(manifest["depends"]) & set(project.STANDALONE)


@every_addon
def test_imports_no_other_addon_of_ours(addon):
    others = set(project.ADDONS) - {addon}
    if addon in project.GLUE:
        others -= set(project.manifest(addon)["depends"])
    for path in folder(addon).rglob("*.py"):
        for name in imported_names(ast.parse(path.read_text(encoding="utf-8"))):
            assert not others & set(name.split(".")), f"{path} imports {name}"


def imported_names(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module or ''}.{alias.name}" for alias in node.names)


@every_addon
def test_files_named_in_the_manifest_exist(addon):
    top = folder(addon)
    manifest = project.manifest(addon)
    for name in (*manifest.get("data", []), *manifest.get("demo", [])):
        assert (top / name).is_file(), name


@every_addon
def test_has_an_icon(addon):
    assert (folder(addon) / "static" / "description" / "icon.png").is_file()


@every_addon
def test_has_a_description(addon):
    text = folder(addon) / "readme" / "DESCRIPTION.md"
    assert text.is_file() and text.read_text(encoding="utf-8").strip()


@every_addon
def test_changelog_knows_the_version(addon):
    folder(addon)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert project.manifest(addon)["version"] in changelog


@top_level
class TestTranslations(TransactionCase):
    """What the user reads can be translated, and is translated to Chinese."""

    def texts_of(self, addon):
        """The translatable texts of an installed addon, as Odoo itself collects them."""
        requires(self.env, addon)
        if not (ROOT / addon / "i18n").is_dir():
            self.skipTest(f"{addon} has no translations yet")
        buffer = io.BytesIO()
        trans_export(None, [addon], buffer, "po", self.env)
        return {entry.msgid for entry in polib.pofile(buffer.getvalue().decode())}

    def assert_texts(self, found, wanted, file):
        how = "dev/i18n mends it"
        self.assertFalse(wanted - found, f"not in {file}; {how}")
        self.assertFalse(found - wanted, f"in {file} but no longer in the addon; {how}")

    def check_template(self, addon):
        wanted = self.texts_of(addon)
        file = ROOT / addon / "i18n" / f"{addon}.pot"
        self.assertTrue(file.is_file(), f"{file} is missing")
        self.assert_texts({entry.msgid for entry in polib.pofile(str(file))}, wanted, file)

    def check_chinese(self, addon):
        wanted = self.texts_of(addon)
        file = ROOT / addon / "i18n" / f"{LANGUAGE}.po"
        self.assertTrue(file.is_file(), f"{file} is missing")
        entries = polib.pofile(str(file))
        translated = {entry.msgid for entry in entries.translated_entries()}
        self.assertFalse(
            wanted - translated - SAME_IN_CHINESE,
            f"not translated in {file}; dev/i18n adds the entries",
        )

    def test_template_is_up_to_date(self):
        for addon in project.addons():
            with self.subTest(addon=addon):
                self.check_template(addon)

    def test_chinese_is_complete(self):
        for addon in project.addons():
            with self.subTest(addon=addon):
                self.check_chinese(addon)
