"""Schematic, not surveyed: writes the site folder of central Udon Thani, with the reason of each time beside it.

What the network says (groups, conflicts, lanes, loops, how it lies in SUMO) is imported from it. What an engineer
decides stands in site_tables.py. Times follow from both by the formulas of `plans.formulas`: site_times.py for what is
safe, site_splits.py for the plans, on the volumes of site_flows.py. Nothing is drawn at random: the same network,
demand and tables give the same bytes.

    python -m sim.scenarios.udon_thani.make_site [--out FOLDER]
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plans import Bundle, CabinetFile, JunctionFile, dump_yaml, load_cabinet, load_junction, write_site
from plans.schema import WEEKDAYS, CalendarFile, SiteFile, TimingFile
from sim.importer import import_sumo
from sim.scenarios.udon_thani import site_tables, site_times
from sim.scenarios.udon_thani.site_flows import mean_pcu, saturation_flows, turning_volumes
from sim.scenarios.udon_thani.site_signals import (
    HERE,
    NET_FILE,
    VTYPES_FILE,
    Plan,
    Signal,
    all_ways,
    make_plan,
    max_green_s,
    read_signals,
    steps,
)
from sim.scenarios.udon_thani.site_times import Reasoned

SITE = HERE / "site"
NOTICE = (
    "# Schematic, not surveyed. Made by make_site.py; reasons stand beside the times. Change site_tables.py, not this."
)
BASE_STORY = "pm_peak"
"""The story whose volumes say how many turn off a shared lane, for its saturation flow."""
LINE = 120


def junction_file(signal: Signal, plans: Sequence[Plan], saturation: Mapping[str, float]) -> str:
    """junctions/<id>.yaml: what was imported, with the times of this folder's engineering."""
    longest = max_green_s(signal, plans)
    value = signal.imported.model_dump(exclude_defaults=True)
    value["name"] = site_tables.NAMES[signal.id]
    value["groups"] = [group_entry(signal, group.id, longest[group.id]) for group in signal.imported.groups]
    value["stages"] = signal.stages
    value["conflicts_and_intergreens"] = signal.intergreen_times
    for lane in value["lanes"]:
        lane["saturation_flow_veh_h"] = saturation[lane["id"]]
    text = dump_yaml(JunctionFile.model_validate(value))
    return with_reasons(text, signal)


def group_entry(signal: Signal, group: str, longest_s: float) -> dict[str, Any]:
    """One group of a junction's file."""
    least_s = signal.min_green[group].time_s
    if group in signal.on_foot:
        clearance_s = site_times.clearance(signal.groups[group]).time_s
        return {
            "id": group,
            "kind": "pedestrian",
            "walk_s": least_s,
            "max_green_s": longest_s,
            "clearance_s": clearance_s,
        }
    return {
        "id": group,
        "kind": "vehicle",
        "min_green_s": least_s,
        "max_green_s": longest_s,
        "amber_s": signal.amber[group].time_s,
    }


def with_reasons(text: str, signal: Signal) -> str:
    """The file's text with a comment above each group and each row of intergreens."""
    lines = []
    section = ""
    for line in text.splitlines():
        section = line.partition(":")[0] if line[:1].isalpha() else section
        if section == "groups" and line.startswith("  - {id: "):
            lines.append(f"  # {group_reason(signal, line[9:].partition(',')[0])}")
        if section == "conflicts_and_intergreens" and line.startswith("  "):
            lines += row_reason(signal.intergreens[line.split(":")[0].strip()])
        if section == "lanes" and line == "lanes:":
            lines.append("# saturation flow: RR67 in pcu/h over the mean PCU of a vehicle of the street's mixture")
        lines.append(line)
    return "\n".join([NOTICE, *lines, ""])


def group_reason(signal: Signal, group: str) -> str:
    """Where the times of a group come from."""
    if group in signal.on_foot:
        return (
            f"{group} walk: {signal.min_green[group].why}; clearance: {site_times.clearance(signal.groups[group]).why}"
        )
    return f"{group} amber: {signal.amber[group].why}; minimum: {signal.min_green[group].why}"


def row_reason(row: Mapping[str, Reasoned]) -> list[str]:
    """Comment lines: the formula of each entry of a row, t_ü + (s_0 + l)/v_r - s_e/v_e of RiLSA."""
    parts = "; ".join(f"{start}: {found.why}" for start, found in row.items())
    return textwrap.wrap(parts, LINE, initial_indent="  # ", subsequent_indent="  #   ")


def cabinet_file(signal: Signal, imported: CabinetFile, junction: JunctionFile, local: Plan) -> str:
    """cabinets/<id>.yaml: the cabinet's own copy of the safety data, and its local plan."""
    at_s, local_steps = 0, []
    for stage, split_s in steps(signal, local):
        local_steps.append({"at_s": at_s, "stage": stage})
        at_s += split_s
    value = imported.model_dump(exclude_defaults=True)
    value["safety"] = {
        "groups": [safety_entry(group.model_dump()) for group in junction.groups],
        "intergreens": junction.conflicts_and_intergreens,
        "stages": [{"id": stage.id, "groups": stage.groups} for stage in junction.stages],
    }
    value["start_up"] = {"first_stage": junction.stages[0].id}
    value["local_plan"] = {"cycle_s": at_s, "offset_s": local.offsets[signal.id], "steps": local_steps}
    value.pop("stuck_request_s", None)
    return f"{NOTICE}\n# The local plan is the plan {local.name}.\n" + dump_yaml(CabinetFile.model_validate(value))


def safety_entry(group: Mapping[str, Any]) -> dict[str, Any]:
    """A group as a cabinet's file writes it: people's walk is its minimum green."""
    kept = ("id", "kind", "max_green_s", "amber_s", "red_amber_s", "clearance_s")
    return {"min_green_s": group.get("walk_s", group.get("min_green_s"))} | {
        key: group[key] for key in kept if key in group
    }


def timing_file(plan: Plan, signals: Sequence[Signal]) -> str:
    """timings/<plan>.yaml, with the critical flow ratios as comments."""
    value = {
        "plan": plan.name,
        "name": site_tables.PLAN_NAMES[plan.name],
        "junctions": {
            signal.id: {
                "cycle_s": sum(plan.splits[signal.id].values()),
                "offset_s": plan.offsets[signal.id],
                "splits": [{"stage": stage, "split_s": split_s} for stage, split_s in steps(signal, plan)],
            }
            for signal in signals
        },
    }
    text = dump_yaml(TimingFile.model_validate(value))
    for signal in signals:
        shares = ", ".join(f"{group} {ratio:.2f}" for group, ratio in plan.ratios[signal.id].items())
        least = ", ".join(f"{need.stage} {need.least_s}" for need in signal.needs)
        text = text.replace(f"  {signal.id}:\n", f"  # Webster on q/s: {shares}; least: {least} s\n  {signal.id}:\n")
    return f"{NOTICE}\n{text}"


def calendar_file() -> str:
    """calendar.yaml from the tables."""
    fixed = [{"date": date, "until": until, "name": name} for date, until, name in site_tables.FIXED_HOLIDAYS]
    single = [
        {"date": date, "name": name, "source": site_tables.HOLIDAY_SOURCE} for date, name in site_tables.SINGLE_HOLIDAYS
    ]
    value = {
        "day_plans": {
            name: [{"at": at, "plan": plan} for at, plan in entries] for name, entries in site_tables.DAY_PLANS.items()
        },
        "weekdays": week_entry(site_tables.USUAL_WEEK),
        "weeks": {name: week_entry(days) for name, days in site_tables.WEEKS.items()},
        "terms": [
            {"date": date, "until": until, "week": week, "name": name} for date, until, week, name in site_tables.TERMS
        ],
        "holidays": {
            "day_plan": site_tables.HOLIDAY_DAY_PLAN,
            "fixed": [*fixed, *single],
            "moving": [
                {"name": name, "dates": dates, "source": site_tables.HOLIDAY_SOURCE}
                for name, dates in site_tables.MOVING_HOLIDAYS.items()
            ],
        },
        "special_dates": site_tables.SPECIAL_DATES,
        "triggers": site_tables.TRIGGERS,
    }
    return f"{NOTICE}\n" + dump_yaml(CalendarFile.model_validate(value))


def week_entry(days: tuple[str, str]) -> dict[str, str]:
    """A week of (day plan of working days, day plan of the weekend)."""
    working, weekend = days
    return {day: weekend if day in site_tables.WEEKEND else working for day in WEEKDAYS}


def make_site() -> Bundle:
    """Every file of the site folder."""
    imported = import_sumo(NET_FILE, [], site="udon-thani").bundle
    signals = read_signals(imported)
    plans = [make_plan(name, signals) for name in site_tables.PLAN_NAMES]
    local = next(plan for plan in plans if plan.name == site_tables.LOCAL_PLAN)
    pcu = mean_pcu(VTYPES_FILE)
    volumes = turning_volumes(HERE / BASE_STORY, pcu)
    site = SiteFile(schema_version=1, site="udon-thani", name="อุดรธานี / Central Udon Thani", notes=site_tables.NOTES)
    files = {
        "site.yaml": f"{NOTICE}\n{dump_yaml(site)}",
        "calendar.yaml": calendar_file(),
        "sumo.yaml": f"{NOTICE}\n{imported.files['sumo.yaml']}",
    }
    for plan in plans:
        files[f"timings/{plan.name}.yaml"] = timing_file(plan, signals)
    for signal in signals:
        pcu_h = saturation_flows(all_ways(signal), volumes)
        veh_h = {lane: 10.0 * round(flow / pcu["street"] / 10) for lane, flow in pcu_h.items()}
        name = f"junctions/{signal.id}.yaml"
        files[name] = junction_file(signal, plans, veh_h)
        junction = load_junction(Bundle(files), signal.id)
        files[f"cabinets/{signal.id}.yaml"] = cabinet_file(signal, load_cabinet(imported, signal.id), junction, local)
    return Bundle(files)


def main(arguments: list[str] | None = None) -> None:
    """Write the site to `--out` (default: its place in this folder)."""
    parser = argparse.ArgumentParser(description="Write the site folder of Udon Thani.")
    parser.add_argument("--out", type=Path, default=SITE)
    out: Path = parser.parse_args(arguments).out
    write_site(make_site(), out, replace=True)


if __name__ == "__main__":
    main()
