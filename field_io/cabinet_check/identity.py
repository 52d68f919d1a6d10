"""Is it a cabinet of this profile, and the one that is meant?"""

from __future__ import annotations

import struct

from field_io.cabinet_check.probe import READ_INPUT, Probe
from field_io.cabinet_check.verdict import NotApplicable, Statement, expect
from field_io.registers import IDENTITY, MAP_VERSION, Capability

_CLAUSE = "Identity, IR"
ENCAPSULATED, READ_DEVICE_ID = 43, 14


def _seals(probe: Probe) -> None:
    words = probe.read(READ_INPUT, IDENTITY.first, IDENTITY.words)
    magic = IDENTITY.registers[0].constant
    expect(words[0] == magic, f"IR 0 is 0x{words[0]:04X}, not 0x{magic:04X}: bytes swapped, or another device")
    probe.read_identity()


def _version(probe: Probe) -> None:
    version = probe.read_identity().map_version
    expect(version >> 8 == MAP_VERSION >> 8, f"map version 0x{version:04X}; major {MAP_VERSION >> 8} is spoken here")


def _ranges(probe: Probe) -> None:
    identity = probe.read_identity()
    limits = (
        ("signal groups", identity.groups, 1, 32),
        ("stages", identity.stages, 1, 32),
        ("detectors", identity.detectors, 0, 64),
        ("longest lease [0.1 s]", identity.lease_max_ds, 30, 300),
        ("scan period [ms]", identity.scan_ms, 1, 100),
    )
    for what, found, least, most in limits:
        expect(least <= found <= most, f"{what}: {found}, allowed are {least} to {most}")
    expect(identity.boot_id != 0, "the boot id is 0: it must be random at each start")


def _constant(probe: Probe) -> None:
    first = probe.read(READ_INPUT, IDENTITY.first, IDENTITY.words)
    probe.line.wait(1.0)
    expect(probe.read(READ_INPUT, IDENTITY.first, IDENTITY.words) == first, "the identity changes while it runs")


def _as_the_site_says(probe: Probe) -> None:
    expected, identity = probe.knows_site(), probe.read_identity()
    pairs = (
        ("cabinet id", identity.cabinet_id, expected.cabinet_number),
        ("junction number", identity.junction_number, expected.junction_number),
        ("signal groups", identity.groups, len(expected.groups)),
        ("stages", identity.stages, len(expected.stages)),
        ("hash of the safety data", identity.safety_hash, expected.safety_hash),
    )
    for what, found, wanted in pairs:
        expect(found == wanted, f"{what}: {found}, and the site says {wanted}")


def _device_id(probe: Probe) -> None:
    answer = probe.ask(struct.pack(">BBBB", ENCAPSULATED, READ_DEVICE_ID, 1, 0))
    expect(not answer[0] & 0x80, f"device identification is answered with exception {answer[1]:02}")
    expect(
        answer[1:3] == bytes((READ_DEVICE_ID, 1)) and answer[6] >= 3, "vendor, product and revision are not all told"
    )


def _proves_senders(probe: Probe) -> None:
    capabilities = probe.read_identity().capabilities
    if capabilities & Capability.TLS and not capabilities & Capability.HMAC:
        raise NotApplicable("mutual TLS stands in for the HMAC")
    expect(bool(capabilities & Capability.HMAC), "neither HMAC nor TLS: anybody could command it (IR 14)")


STATEMENTS = (
    Statement("ID-1", f"{_CLAUSE} 0, 30", "magic and CRC are right, high byte and high word first", _seals),
    Statement("ID-2", f"{_CLAUSE} 1", "the major map version is the one that is spoken here", _version),
    Statement("ID-3", f"{_CLAUSE} 10-17, 26", "numbers of things lie in their limits, and it has a boot id", _ranges),
    Statement("ID-4", f"{_CLAUSE} 0-31", "the identity does not change until it starts anew", _constant),
    Statement(
        "ID-5", f"{_CLAUSE} 2-11", "numbers and hash of the safety data are those of the site", _as_the_site_says
    ),
    Statement("ID-6", f"{_CLAUSE} 14", "it lets nobody command without a proof: HMAC or mutual TLS", _proves_senders),
    Statement("ID-7", "functions", "device identification (43/14) tells vendor, product and revision", _device_id),
)
