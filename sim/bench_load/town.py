"""The same generated town for both sides: what the controller knows of it, and the cabinets that stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from controller.model import Junction, Network
from field_io.profiles import cabinet_key
from field_io.registers import TSC_MB
from plans import Bundle, CabinetAddress, Site
from sim.cabinet import CabinetConfig, GroupTimes, LocalPlan, StartUp, StartUpSequence, VirtualCabinet
from sim.generated_town import generated_network

LOOPBACK = "127.0.0.1"
SAFETY_HASH = 0x10AD_0000_0000_0000
BOOT_ID = 0x5EED_0000_0000_0000


def town(junctions: int) -> Network:
    """Junctions in a row whose cabinets carry the safety data that the controller expects of them."""
    network = generated_network(junctions)
    hashed = tuple(replace(each, safety_hash=SAFETY_HASH | each.number) for each in network.junctions)
    return replace(network, site="load", junctions=hashed)


def site(network: Network, ports: Mapping[str, int]) -> Site:
    """The town as a service is given it; `ports`: where each junction's cabinet listens on loopback."""
    addresses = {name: CabinetAddress(name, TSC_MB.name, LOOPBACK, port) for name, port in ports.items()}
    return Site(network, addresses, Bundle({}))


def cabinet(junction: Junction, now_ds: int, unix_at_zero_s: float) -> VirtualCabinet:
    """The junction's cabinet, in remote at `now_ds` with nobody's lease; signed commands only, as plain Modbus asks."""
    address = CabinetAddress(junction.id, TSC_MB.name, LOOPBACK, 0)
    made = VirtualCabinet(
        _config(junction),
        boot_id=BOOT_ID | junction.number,
        key=cabinet_key(address),
        now_ds=now_ds,
        unix_at_zero_s=unix_at_zero_s,
    )
    made.begin_in_remote(now_ds)
    return made


def _config(junction: Junction) -> CabinetConfig:
    bit = {group.id: 1 << place for place, group in enumerate(junction.groups)}
    plan = junction.timings[0]
    return CabinetConfig(
        id=junction.id,
        number=junction.cabinet_number,
        junction_number=junction.number,
        groups=tuple(
            GroupTimes(group.id, group.kind, _ds(group.min_green_s), _ds(group.max_green_s), _ds(group.closing_s))
            for group in junction.groups
        ),
        intergreen_ds=tuple(tuple(None if s is None else _ds(s) for s in row) for row in junction.intergreen_s),
        stages=tuple(sum(bit[group] for group in stage.groups) for stage in junction.stages),
        start_up=StartUp(StartUpSequence.NORDIC, dark_ds=70, amber_ds=30, red_ds=50, first_stage=1),
        local_plan=LocalPlan(
            10 * plan.cycle_s, 10 * plan.offset_s, tuple((10 * step.at_s, step.stage) for step in plan.steps)
        ),
        safety_hash=junction.safety_hash,
    )


def _ds(time_s: float) -> int:
    return round(10 * time_s)
