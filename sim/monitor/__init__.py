"""The independent monitor: what shows at every junction, judged by the rules S1 to S4 and by nothing else.

It shares no code with interlock or cabinet and believes only the junction files: it is there to catch the others.
"""

from sim.monitor.monitor import Break, Monitor
from sim.monitor.rules import GroupRules, JunctionRules, Rule

__all__ = ["Break", "GroupRules", "JunctionRules", "Monitor", "Rule"]
