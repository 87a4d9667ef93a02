"""A user's hands in the web client: steps of a tour that need no asset of any addon.

A tour lies in an addon and is loaded with it; what every user does in any combination of addons
is told from here instead, and Odoo's own tour runner plays it. Any error dialog, warning dialog or
red notification that shows up on the way fails the test.
"""

import json

# Reports what Odoo shows when something went wrong; a warning dialog is no error to its runner.
WATCH = """
    new MutationObserver(() => {
        const box = document.querySelector(
            ".o_error_dialog, .modal [role=alert], .o_notification:has(.bg-danger)");
        if (box && !window.toldByHand) {
            window.toldByHand = true;
            console.error("by hand: " + (box.closest(".modal-content") || box).innerText);
        }
    }).observe(document.body, {childList: true, subtree: true});
"""


class Script(str):
    """A step's `run` that is JavaScript and not a word of Odoo's tour helpers."""


def see(trigger):
    """Wait until an element is there."""
    return {"trigger": trigger}


def click(trigger):
    return {"trigger": trigger, "run": "click"}


def fill(field, text, within=".o_form_view"):
    """Type into a field, and leave it, which sends the form to the server."""
    widget = f"{within} .o_field_widget[name={field}]"
    return {"trigger": f"{widget} input, {widget} textarea", "run": f"edit {text} && press Tab"}


def open_action(action, view, trigger, **options):
    """Open an action inside the page, as a menu does, and wait for what it shows."""
    wish = json.dumps({"viewType": view, "clearBreadcrumbs": True, **options})
    call = f"odoo.__WOWL_DEBUG__.root.env.services.action.doAction({json.dumps(action)}, {wish})"
    return [{"trigger": "body", "run": Script(f"async () => {{ await {call}; }}")}, see(trigger)]


def save():
    """Save a form, where it is not saved yet, and wait until it is."""
    return [
        {"trigger": ".o_form_button_save:not(:visible), .o_form_button_save", "run": "click"},
        see(".o_form_saved, .o_form_view:has(.o_form_status_indicator_buttons.invisible)"),
    ]


def menu(text):
    """Choose an entry of the action menu of a form or a list."""
    return [
        click(".o_cp_action_menus button:has(.fa-cog)"),
        click(f".o-dropdown--menu .o-dropdown-item:contains(/^{text}$/)"),
    ]


def press(button):
    """Press a button of a form's status bar; on a phone all but the first are behind a menu."""
    bar = ".o_statusbar_buttons"
    look = json.dumps(f"{bar} {button}")
    unfold = (
        f"() => {{ if (!document.querySelector({look})) "
        f"document.querySelector('{bar} button[title=More]').click(); }}"
    )
    return [
        {"trigger": bar, "run": Script(unfold)},
        click(f"{bar} {button}, .o-dropdown--menu {button}"),
    ]


def import_file(model, name, text):
    """Import a CSV file as the list's own action does."""
    action = {"type": "ir.actions.client", "tag": "import", "params": {"active_model": model}}
    upload = f"""() => {{
        const files = new DataTransfer();
        files.items.add(new File([{json.dumps(text)}], {json.dumps(name)}, {{type: "text/csv"}}));
        const input = document.querySelector("input.o_input_file");
        input.files = files.files;
        input.dispatchEvent(new Event("change", {{bubbles: true}}));
    }}"""
    return [
        open_action(action, None, ".o_import_file"),
        {"trigger": ".o_import_action", "run": Script(upload)},
        click(".o_control_panel button:contains(/^Import$/)"),
    ]


def tour(name, steps):
    """JavaScript that plays these steps with Odoo's tour runner."""
    told = []
    for step in flat(steps):
        parts = [
            f"{key}: {value if isinstance(value, Script) else json.dumps(value)}"
            for key, value in step.items()
        ]
        told.append("{" + ", ".join(parts) + "}")
    return (
        f"{WATCH}\nconst tours = odoo.loader.modules.get('@web/core/registry')"
        f".registry.category('web_tour.tours');\n"
        f"tours.add('{name}', {{steps: () => [{', '.join(told)}]}});\n"
        f"odoo.startTour('{name}', {{stepDelay: 0, startUrl: location.pathname}});"
    )


def flat(steps):
    for step in steps:
        if isinstance(step, dict):
            yield step
        else:
            yield from flat(step)
