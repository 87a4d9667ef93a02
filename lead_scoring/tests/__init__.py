from . import test_lead_score_signal
from . import test_profile
from . import test_qualification
