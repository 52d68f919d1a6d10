"""The tuned plan as a file for people: each number with what it was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from plans.bundle import Bundle
from plans.reading import CALENDAR, read_site
from plans.schema import WEEKDAYS, TimingFile
from plans.tuning.demand import Demand, DemandError
from plans.tuning.plan import TunedJunction
from plans.tuning.stage_order import Span
from plans.yaml_dump import dump_yaml


def plan_text(
    bundle: Bundle,
    tuned: Mapping[str, TunedJunction],
    demand: Demand,
    *,
    plan: str,
    like: str,
    notes: Sequence[str] = (),
) -> str:
    """The file timings/<plan>.yaml: tuned junctions with their reasons, all others as in the plan `like`.

    `notes` go into the head. Raises DemandError where the site has no plan `like`.
    """
    timings = read_site(bundle).timings.files
    base = timings.get(like)
    if base is None:
        raise DemandError(f"the site has no plan {like!r}: one of {', '.join(timings) or 'none'}")
    value = base.model_dump(exclude_defaults=True) | {"plan": plan, "name": f"Tuned, began as {like}"}
    for junction, result in tuned.items():
        value["junctions"][junction] = result.timing.model_dump(exclude_defaults=True)
    head = [
        f"# Tuned from {demand.origin}.",
        *(f"# {remark}" for remark in demand.remarks),
        *(f"# {note}" for note in notes),
        "# It is a proposal: check it, simulate it and compare it with the plan before it is used.",
    ]
    return "\n".join([*head, *_commented(dump_yaml(TimingFile.model_validate(value)), tuned), ""])


def _commented(text: str, tuned: Mapping[str, TunedJunction]) -> list[str]:
    """The dumped file with the reasons of each junction above it, and those of each split behind it."""
    lines: list[str] = []
    junction: TunedJunction | None = None
    stage = 0
    for line in text.splitlines():
        if line.startswith("  ") and line[2] not in " #" and line.endswith(":"):
            junction, stage = tuned.get(line.strip().rstrip(":").strip("\"'")), 0
            if junction is not None:
                lines += [f"  # {reason}" for reason in junction_reasons(junction)]
        if junction is not None and line.lstrip().startswith("- {stage:"):
            lines.append(f"{line} # {split_reason(junction, stage)}")
            stage += 1
        else:
            lines.append(line)
    return lines


def junction_reasons(tuned: TunedJunction) -> list[str]:
    """Why this cycle and this offset."""
    choice, critical = tuned.choice, tuned.critical
    splits = choice.splits
    reasons = []
    if critical is not None:
        chain = " + ".join(
            f"{span.group} {ratio:.2f}" for span, ratio in zip(critical.chain, critical.flow_ratios, strict=True)
        )
        webster = "above every cycle" if critical.webster_s is None else f"C0 {critical.webster_s:.0f} s"
        reasons.append(
            f"critical: {chain} = Y {critical.flow_ratio:.2f}, lost L {critical.lost_s:.0f} s; Webster {webster}"
        )
    half = f", half of the {choice.common_s} s of its neighbours" if choice.halved else ""
    set_by = f", set with {choice.decided_by}" if choice.decided_by != tuned.case.junction.id else ""
    reasons.append(f"cycle {splits.cycle_s} s{half}{set_by}; highest degree of saturation {splits.saturation:.2f}")
    reasons.append(f"offset {tuned.offset.offset_s} s: {tuned.offset.reason}")
    return [*reasons, *tuned.notes]


def split_reason(tuned: TunedJunction, place: int) -> str:
    """Why this split: the lane that asks for most of the greens that end with it, and the floor where that binds."""
    splits = tuned.choice.splits
    order = splits.order
    count = len(order.stages)
    ending = [span for span in order.spans if (span.first + span.stages - 1) % count == place]
    if not ending:
        return "interstage of greens that go on"
    greens = splits.green_s()
    told = [_lane_told(tuned, span, greens) for span in ending]
    busiest = max(told, key=lambda found: found[0])
    if not tuned.selectable(order.stages[place]):
        left = " ".join(span.group for span in order.spans if (span.first + span.stages) % count == place)
        return f"{busiest[1]}; goes on while {left} clears" if left else busiest[1]
    floor = order.floors_s[place]
    if splits.splits_s[place] == floor:
        longest = max(ending, key=lambda span: span.least_s)
        return f"{busiest[1]}; floor {floor} s binds: {_floor_told(longest)}"
    return busiest[1]


def _lane_told(tuned: TunedJunction, span: Span, greens: Mapping[str, float]) -> tuple[float, str]:
    lanes = [load for load in tuned.case.loads if span.group in load.holding_groups]
    green = greens[span.group]
    if not lanes:
        return -1.0, f"{span.group} green {green:.0f} s"
    load = max(lanes, key=lambda load: load.flow_ratio)
    saturation = load.saturation_pcu_h
    x = load.flow_pcu_h * tuned.choice.splits.cycle_s / (saturation * green) if green > 0 else float("inf")
    return x, f"{span.group} {load.flow_pcu_h:.0f} of {saturation:.0f} pcu/h a lane, green {green:.0f} s, X {x:.2f}"


def _floor_told(span: Span) -> str:
    behind = f" + {span.gap_s:g} s after {span.behind}" if span.behind else ""
    return f"minimum of {span.group} {span.min_green_s:g} s{behind}"


def with_plan(bundle: Bundle, plan: str, text: str, *, every_day: bool = False) -> Bundle:
    """The site with one file more; `every_day`: its calendar runs this plan and nothing else."""
    files = {**bundle.files, f"timings/{plan}.yaml": text}
    if every_day:
        always = {"day_plans": {"every-day": [{"at": "00:00", "plan": plan}]}}
        files[CALENDAR] = dump_yaml({**always, "weekdays": dict.fromkeys(WEEKDAYS, "every-day")})
    return Bundle(files)
