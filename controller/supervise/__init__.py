"""Second step: who decides at each junction, from the health of its cabinet, its loops and the wishes of its operators.

`health` says what is possible this second, `ladder` where the junction stands, `modes` who is heard there; `patience`
how long somebody may call before the plan is safer.
"""

from controller.supervise.health import Senses
from controller.supervise.ladder import Ladder
from controller.supervise.modes import MODES, Supervision, supervise
from controller.supervise.patience import Patience, longest

__all__ = ["MODES", "Ladder", "Patience", "Senses", "Supervision", "longest", "supervise"]
