"""A conformance kit for cabinets of TSC-MB/1.0: it walks one over the wire and says statement by statement what holds.

It shares no code with the virtual cabinet, knows it from outside alone, and serves any maker's cabinet as well.
"""

from field_io.cabinet_check.expected import Expected
from field_io.cabinet_check.line import Line, NoAnswer, TcpLine
from field_io.cabinet_check.probe import Probe
from field_io.cabinet_check.verdict import Outcome, Statement, Verdict
from field_io.cabinet_check.walk import DISTURBS, STATEMENTS, chosen, walk, why_not

__all__ = [
    "DISTURBS",
    "STATEMENTS",
    "Expected",
    "Line",
    "NoAnswer",
    "Outcome",
    "Probe",
    "Statement",
    "TcpLine",
    "Verdict",
    "chosen",
    "walk",
    "why_not",
]
