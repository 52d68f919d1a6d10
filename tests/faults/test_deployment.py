"""A plan put into a running town: does it come and go without a second lost, and survive what may happen meanwhile?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from console.report.reading import read_run
from field_io.broker import EmbeddedBroker
from field_io.deployment import DeploymentRefused
from field_io.errors import JournalError
from field_io.journal_files import segment_paths
from field_io.replay import replay
from field_io.segment import Segment
from field_io.service import Service
from field_io.settings import BrokerSettings, DeploymentSettings, JournalSettings, ServiceSettings
from field_io.start import DEPLOYED, open_service
from plans import Bundle, Site, load_site
from tests.deployments import KEY, signed, tuned_site
from tests.site_builder import make_site, site_data
from tests.wire_town import BEGIN_S, LOCK_STEP, Quiet, Simulation, Street, free_port, readings_of, running, street_of


@pytest.fixture(scope="module")
def broker() -> Iterator[BrokerSettings]:
    with EmbeddedBroker(free_port()) as embedded:
        yield BrokerSettings(port=embedded.port)


@dataclass
class Audit:
    """A note of the desk."""

    detail: str
    at_s: float = 0.0
    by: str = "engineer-1"
    role: str = "engineer"
    source: str = "unix socket"
    action: str = "deploy"
    outcome: str = "accepted"


def note(detail: Mapping[str, object]) -> Audit:
    return Audit(json.dumps(dict(detail)))


def settings_for(folder: Path, broker: BrokerSettings) -> ServiceSettings:
    public = folder.parent / "engineer-1.pub"
    public.write_bytes(KEY.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return ServiceSettings(
        broker=broker,
        journal=JournalSettings(folder=folder),
        deployment=DeploymentSettings(keys=(public,)),
        strategy="fixed_time",
        live=True,
        lock_step=LOCK_STEP,
        cabinets_at_start="all",
    )


class Town:
    """A service, its street and the simulation that drives both."""

    def __init__(self, street: Street, service: Service, simulation: Simulation) -> None:
        self.street, self.service, self.simulation = street, service, simulation
        self.now_s = BEGIN_S

    async def seconds(self, count: int) -> None:
        for _ in range(count):
            self.simulation.publish(readings_of(self.street.site.network, self.now_s))
            self.street.server.advance(round(self.now_s * 10))
            await self.simulation.tick(self.now_s)
            self.now_s += 1.0

    async def deploy(self, data: bytes) -> None:
        await self._while_ticking(self.service.deploy(data, note, "engineer-1"))

    async def roll_back(self) -> None:
        await self._while_ticking(self.service.roll_back(note))

    async def _while_ticking(self, asked: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(asked)
        while not task.done():
            await self.seconds(1)
            await asyncio.sleep(0.005)
        await task


@asynccontextmanager
async def town(folder: Path, broker: BrokerSettings, street: Street, base: Site | None = None) -> AsyncIterator[Town]:
    service, _ = open_service(settings_for(folder, broker), base or street.site, log=Quiet())
    simulation = Simulation(street.site.network.site, broker)
    async with running(service):
        await asyncio.to_thread(simulation.link.start)
        try:
            yield Town(street, service, simulation)
        finally:
            await asyncio.to_thread(simulation.link.stop)


async def test_a_plan_comes_and_goes_and_every_second_of_it_replays(broker: BrokerSettings, tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    async with street_of(BEGIN_S) as street, town(folder, broker, street) as here:
        base = street.site.bundle
        tuned = tuned_site(ports=street.server.ports)
        await here.seconds(70)
        assert here.service.plan.version == 0
        await here.deploy(signed(tuned, base, version=5).to_bytes())
        plan = here.service.plan
        assert (plan.version, plan.digest, plan.previous, plan.by) == (5, tuned.digest, 0, "engineer-1")
        await here.seconds(150)
        for cabinet in street.cabinets.values():
            assert (cabinet.status.plan_version, f"{cabinet.status.plan_digest:016x}") == (5, tuned.digest[:16])
        assert here.service.cabinets_knowing_plan() == (2, 2)
        await here.roll_back()
        assert (here.service.plan.version, here.service.plan.digest) == (0, base.digest)
        await here.seconds(30)
        counters = here.service.counters()
    assert counters["modbus_failures"] == 0
    assert all(cabinet.status.refused_blocks == 0 for cabinet in street.cabinets.values())
    report = replay(folder)
    assert report.identical, str(report.difference)
    assert report.segments == 3
    heads, steps = [], 0
    for path in segment_paths(folder):
        with Segment.reading(path) as segment:
            heads.append(json.loads(segment.head.bundle)["files"]["timings/day.yaml"])
            assert segment.head.first_step == steps + 1
            steps = segment.last_step()[0]
    assert heads[0] == heads[2] != heads[1]
    assert steps == counters["steps"]
    record = read_run(folder, jobs=1)
    assert record.steps == steps
    assert [kind for kind, _ in record.notes if kind == "plans"] == ["plans", "plans"]


async def test_a_report_tells_a_plan_that_is_gone_and_refuses_another_town(
    broker: BrokerSettings, tmp_path: Path
) -> None:
    folder = tmp_path / "journal"
    files = site_data()
    files["calendar.yaml"]["day_plans"] = {name: [{"at": "00:00", "plan": "day"}] for name in ("workday", "weekend")}
    async with street_of(BEGIN_S) as street:
        without_night = tuned_site(files, ports=street.server.ports)
        without_night = Bundle({name: text for name, text in without_night.files.items() if "night" not in name})
        async with town(folder, broker, street) as here:
            await here.seconds(2)
            await here.deploy(signed(without_night, street.site.bundle).to_bytes())
            await here.seconds(2)
        assert {timing.plan for timing in read_run(folder, jobs=1).network.junctions[0].timings} == {"day", "night"}
        async with street_of(BEGIN_S) as elsewhere, town(folder, broker, elsewhere, _renamed(elsewhere.site)) as there:
            await there.seconds(2)
    with pytest.raises(JournalError, match="another site"):
        read_run(folder, jobs=1)


def _renamed(site: Site) -> Site:
    text = site.bundle.files["junctions/J01.yaml"].replace("name: Junction 1", "name: Another junction")
    return load_site(Bundle({**site.bundle.files, "junctions/J01.yaml": text}))


async def test_what_is_refused_changes_nothing(broker: BrokerSettings, tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    async with street_of(BEGIN_S) as street, town(folder, broker, street) as here:
        base = street.site.bundle
        good = signed(tuned_site(ports=street.server.ports), base, version=2).to_bytes()
        await here.seconds(3)
        with pytest.raises(DeploymentRefused, match="nothing to go back to"):
            await here.roll_back()
        with pytest.raises(DeploymentRefused, match="altered"):
            await here.deploy(good[:-700] + bytes([good[-700] ^ 1]) + good[-699:])
        assert here.service.plan.version == 0
        assert not (folder / DEPLOYED).exists()
        await here.deploy(good)
        with pytest.raises(DeploymentRefused, match="version 2 was active here before"):
            await here.deploy(good)
        await here.roll_back()
        with pytest.raises(DeploymentRefused, match="version 2 was active here before"):
            await here.deploy(good)
        await here.seconds(2)
    assert len(segment_paths(folder)) == 3


async def test_a_restart_goes_on_with_what_was_active(broker: BrokerSettings, tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    async with street_of(BEGIN_S) as street:
        tuned = tuned_site(ports=street.server.ports)
        async with town(folder, broker, street) as here:
            await here.seconds(3)
            await here.deploy(signed(tuned, street.site.bundle).to_bytes())
        service, notes = open_service(settings_for(folder, broker), street.site, log=Quiet())
        assert (service.plan.version, service.plan.digest, notes) == (1, tuned.digest, ())


@pytest.mark.parametrize("left", ["bundle alone", "half of the file that remembers", "another folder beside"])
async def test_a_power_cut_leaves_the_old_plan_or_the_new_one(
    broker: BrokerSettings, tmp_path: Path, left: str
) -> None:
    folder = tmp_path / "journal"
    async with street_of(BEGIN_S) as street:
        tuned, base = tuned_site(ports=street.server.ports), street.site.bundle
        async with town(folder, broker, street) as here:
            await here.seconds(2)
            await here.deploy(signed(tuned, base, version=1).to_bytes())
        kept = folder / DEPLOYED
        second = signed(base, tuned, version=2).to_bytes()
        if left == "bundle alone":  # the cut came before the point of no return
            (kept / "bundle-0000000002.fkb").write_bytes(second[: len(second) // 2])
            expected, says = (1, tuned.digest), ""
        elif left == "half of the file that remembers":  # no rename does that; a failing disk may
            text = (kept / "active.json").read_text()
            (kept / "active.json").write_text(text[: len(text) // 2])
            expected, says = (0, base.digest), "set aside"
        else:
            (kept / "bundle-0000000001.fkb").write_bytes(second)
            expected, says = (0, base.digest), "the site's folder runs instead"
        service, notes = open_service(settings_for(folder, broker), street.site, log=Quiet())
        assert (service.plan.version, service.plan.digest) == expected
        assert says in " ".join(notes)


async def test_a_disk_that_is_full_leaves_the_plan_that_runs(
    broker: BrokerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "journal"
    async with street_of(BEGIN_S) as street, town(folder, broker, street) as here:
        await here.seconds(2)
        tuned = tuned_site(ports=street.server.ports)
        (folder / DEPLOYED).write_text("a file where a folder should be")
        with pytest.raises(DeploymentRefused, match="cannot be remembered"):
            await here.deploy(signed(tuned, street.site.bundle).to_bytes())
        await here.seconds(2)
        assert here.service.plan.version == 0
    assert len(segment_paths(folder)) == 1


async def test_a_folder_that_was_changed_in_more_than_plans_wins_over_the_bundle(
    broker: BrokerSettings, tmp_path: Path
) -> None:
    folder = tmp_path / "journal"
    async with street_of(BEGIN_S) as street:
        async with town(folder, broker, street) as here:
            await here.seconds(2)
            await here.deploy(signed(tuned_site(ports=street.server.ports), street.site.bundle).to_bytes())
        async with street_of(BEGIN_S) as elsewhere:  # other ports: other addresses of the cabinets
            service, notes = open_service(settings_for(folder, broker), elsewhere.site, log=Quiet())
    assert service.plan.version == 0
    assert "another address" in notes[0]


def test_a_service_without_a_folder_says_what_it_lacks(tmp_path: Path) -> None:
    for journal, says in ((JournalSettings(), "--journal"), (JournalSettings(file=tmp_path / "one"), "one file")):
        service, _ = open_service(ServiceSettings(journal=journal), load_site(make_site()), log=Quiet())
        with pytest.raises(DeploymentRefused, match=says):
            asyncio.run(service.deploy(b"", note, "engineer-1"))
