"""A cabinet's file against itself: its safety data, start-up and local plan."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from plans.checks.programme import cycle_fault, offset_fault, programme_faults
from plans.checks.signals import SignalData, of_cabinet, repeated, seconds, signal_problems, unknown
from plans.findings import Problem, Severity
from plans.programme import WantedSet
from plans.schema import CabinetFile

MAX_WIRED_LOOPS = 64
"""Detectors wired to one cabinet (TSC-MB/1.0, IR 12)."""
MIN_START_UP_STEP_S = 3.0
"""Each step of the Nordic start-up (amber, red) takes 3 s or more (RSMP, rule V12)."""


def cabinet_problems(name: str, cabinet: CabinetFile) -> Iterator[Problem]:
    """What contradicts itself in cabinets/<name>.yaml."""
    file = f"cabinets/{name}.yaml"
    if cabinet.cabinet != name:
        yield Problem(file, ("cabinet",), f"the id is {cabinet.cabinet}, the file is named {name}; make them equal")
    data = of_cabinet(name, cabinet)
    yield from signal_problems(data)
    yield from _address_problems(file, cabinet)
    yield from _start_up_problems(file, cabinet)
    yield from _local_plan_problems(file, cabinet, data)
    yield from repeated(file, ("loops",), cabinet.loops, "loop")
    if len(cabinet.loops) > MAX_WIRED_LOOPS:
        message = f"{len(cabinet.loops)} loops are wired; at most {MAX_WIRED_LOOPS} (TSC-MB/1.0, IR 12)"
        yield Problem(file, ("loops",), message)


def is_loopback(host: str) -> bool:
    """Whether the host is this very machine.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("10.1.2.3"), is_loopback("j01.example")
    (True, True, False, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address_problems(file: str, cabinet: CabinetFile) -> Iterator[Problem]:
    if cabinet.key_env is not None or cabinet.address.transport == "tls" or is_loopback(cabinet.address.host):
        return
    where = ("address", "host")
    if cabinet.address.profile == "plc-basic":
        message = (
            f"{cabinet.address.host} is not this machine, and plc-basic signs nothing; "
            "keep it on a network of its own, or write `transport: tls`"
        )
        yield Problem(file, where, message, Severity.WARNING)
    else:
        message = (
            f"{cabinet.address.host} is not this machine, so its commands need a key; "
            "write `key_env: <variable>`, or `transport: tls`"
        )
        yield Problem(file, where, message)


def _start_up_problems(file: str, cabinet: CabinetFile) -> Iterator[Problem]:
    start_up = cabinet.start_up
    stages = [stage.id for stage in cabinet.safety.stages]
    if start_up.first_stage not in stages:
        yield unknown(file, ("start_up", "first_stage"), start_up.first_stage, stages, "stage")
    if start_up.sequence == "nordic" and start_up.amber_s < MIN_START_UP_STEP_S:
        message = f"amber at start-up is {seconds(start_up.amber_s)}; 3 s or more (rule V12)"
        yield Problem(file, ("start_up", "amber_s"), message)
    if start_up.red_s < MIN_START_UP_STEP_S:
        message = f"red at start-up is {seconds(start_up.red_s)}; 3 s or more, never straight to green (rule V12)"
        yield Problem(file, ("start_up", "red_s"), message)


def _local_plan_problems(file: str, cabinet: CabinetFile, data: SignalData) -> Iterator[Problem]:
    plan = cabinet.local_plan
    cycle = cycle_fault(plan.cycle_s)
    if cycle:
        message, forbids = cycle
        yield Problem(file, ("local_plan", "cycle_s"), message, Severity.ERROR if forbids else Severity.WARNING)
    offset = offset_fault(plan.offset_s, plan.cycle_s)
    if offset:
        yield Problem(file, ("local_plan", "offset_s"), offset)
    faults = list(_step_problems(file, cabinet, data))
    yield from faults
    if not faults:
        yield from _cycle_problems(file, cabinet, data)


def _step_problems(file: str, cabinet: CabinetFile, data: SignalData) -> Iterator[Problem]:
    plan = cabinet.local_plan
    stages = [stage for stage, _ in data.stages]
    for index, step in enumerate(plan.steps):
        path = ("local_plan", "steps", index)
        if step.stage not in stages:
            yield unknown(file, (*path, "stage"), step.stage, stages, "stage")
        if step.at_s >= plan.cycle_s:
            message = f"{step.at_s} s is not in the cycle of {plan.cycle_s} s; 0 to {plan.cycle_s - 1}"
            yield Problem(file, (*path, "at_s"), message)
        if index and step.at_s <= plan.steps[index - 1].at_s:
            message = f"{step.at_s} s is not after the step before, {plan.steps[index - 1].at_s} s; sort the steps"
            yield Problem(file, (*path, "at_s"), message)


def _cycle_problems(file: str, cabinet: CabinetFile, data: SignalData) -> Iterator[Problem]:
    plan = cabinet.local_plan
    members = {stage: frozenset(groups) for stage, groups in data.stages}
    groups = data.by_id()
    if not all(group in groups for stage in members.values() for group in stage):
        return
    sets = tuple(WantedSet(step.at_s, members[step.stage]) for step in plan.steps)
    place = {step.at_s: index for index, step in enumerate(plan.steps)}
    for fault in programme_faults(data, sets, plan.cycle_s, exact=False):
        yield Problem(file, ("local_plan", "steps", place[fault.on_s]), fault.message)
    green = frozenset[str]().union(*(wanted.groups for wanted in sets))
    for group in groups:
        if group not in green:
            message = f"{group} is never green in the local plan; give it a stage, or remove the group"
            yield Problem(file, ("local_plan", "steps"), message, Severity.WARNING)
