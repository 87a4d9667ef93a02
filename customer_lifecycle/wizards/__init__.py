from . import customer_playbook_preview
from . import customer_playbook_preview_line
