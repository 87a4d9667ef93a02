from . import lifecycle
from . import profile
from . import visit
from . import relation
from . import playbook
from . import churn
from . import inherit
