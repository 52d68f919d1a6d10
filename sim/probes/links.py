"""A link of the controller's own make, to a cabinet that listens on this machine."""

from __future__ import annotations

import random

from field_io.modbus_link import CabinetLink
from field_io.profiles import open_session
from field_io.tls import Credentials
from plans import CabinetAddress
from sim.probes.scene import Scene

EPOCH = 99


def link_to(
    scene: Scene, port: int, junction: str = "J01", *, credentials: Credentials | None = None, number: int = 1
) -> CabinetLink:
    """The link of one junction of the scene to `port`, by TLS where there are credentials; `number` seeds its waits."""
    network = scene.world.site.network
    known = network.junctions[[one.id for one in network.junctions].index(junction)]
    secured = credentials is not None
    address = CabinetAddress(junction, "TSC-MB/1.0", "127.0.0.1", port, transport="tls" if secured else "tcp")
    return CabinetLink(junction, address, open_session(address, known, EPOCH), random.Random(number), credentials)
