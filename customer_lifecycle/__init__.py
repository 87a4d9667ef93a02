from . import controllers
from . import models
from . import report
from . import wizards
from . import models, report, wizards
from .hooks import post_init_hook
