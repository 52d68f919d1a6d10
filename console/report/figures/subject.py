"""What a diagram is of: a run, its tables, one junction or one road of it, a window of time, a language."""

from __future__ import annotations

from dataclasses import dataclass

from console.report.record import GroupPlace, RunRecord
from console.report.tables.bins import Bins
from console.report.tables.corridors import Corridor
from console.report.tables.every import Tables
from console.report.tables.greens import plan_changes
from console.report.words import word
from console.sentences import Language
from controller import GroupKind, Junction, TimingPlan
from plans.planned_greens import timing_of


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything a diagram may look at."""

    record: RunRecord
    tables: Tables
    bins: Bins
    row: int
    """The junction, for those of one junction."""
    corridor: Corridor | None
    """The road, for those of a road."""
    begin_s: float
    end_s: float
    """At most a day: what diagrams with a mark for each cycle or vehicle show."""
    detail_s: float
    """Where diagrams of some minutes begin."""
    language: Language

    def word(self, name: str) -> str:
        """A word in the report's language."""
        return word(name, self.language)

    def seconds(self, length_s: float, form: str = ".0f") -> str:
        """A length with its unit, in the report's language."""
        return f"{length_s:{form}} {self.word('seconds')}"

    @property
    def junction(self) -> Junction:
        """The junction."""
        return self.record.junctions[self.row]

    @property
    def groups(self) -> tuple[GroupPlace, ...]:
        """All its groups."""
        return self.record.groups_of(self.row)

    @property
    def vehicle_groups(self) -> tuple[GroupPlace, ...]:
        """Its groups for vehicles."""
        return tuple(place for place in self.groups if place.group.kind is GroupKind.VEHICLE)

    @property
    def plan(self) -> str:
        """The plan that applied where the details begin; empty where the journal does not say."""
        return plan_where(self.record, self.junction.id, self.detail_s)

    @property
    def timing(self) -> TimingPlan | None:
        """The junction's timing under that plan."""
        return timing_of(self.junction, self.plan)


def plan_where(record: RunRecord, junction: str, at_s: float) -> str:
    """The plan that applied at a junction at a time."""
    times, plans = plan_changes(record).get(junction, ([], []))
    applied = [plan for time_s, plan in zip(times, plans, strict=True) if time_s <= at_s]
    return applied[-1] if applied else (plans[0] if plans else "")
