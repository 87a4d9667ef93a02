from . import test_collectors
from . import test_equality
from . import test_lead_score_signal
from . import test_profile
from . import test_qualification
from . import test_triggers
from . import test_process_reports
