"""From settings and a site to a service: what the last run left is taken up again, or set aside with a word."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from controller import STRATEGIES, Controller, SnapshotMismatchError
from field_io.clock import Clock, LockStepClock, StreetClock
from field_io.deployment import DeploymentStore, DeskSettings, History, read_trusted_keys
from field_io.deployment.desk import NO_FOLDER, ONE_FILE
from field_io.errors import SettingsError
from field_io.journal import Journal
from field_io.journal_files import LastState, journal_in_file, journal_in_folder, read_last_state
from field_io.log import Log, log_to_stderr
from field_io.own_epoch import OwnEpoch
from field_io.segment import Head
from field_io.service import MakeJournal, Service
from field_io.settings import MEBIBYTE, JournalSettings, ServiceSettings
from plans import Site

DEPLOYED = "deployed"
"""Folder of the journal's in which the active plan is remembered."""


def open_service(settings: ServiceSettings, site: Site, *, log: Log | None = None) -> tuple[Service, tuple[str, ...]]:
    """A service that is not connected yet, and sentences about what the last run left.

    With a journal folder the core goes on from its last snapshot (at most five minutes old) and control time goes on
    too. Raises SettingsError for what cannot work; call it in the event loop that will run the service.
    """
    if settings.strategy not in STRATEGIES:
        raise SettingsError(f"unknown strategy {settings.strategy!r}: one of {', '.join(STRATEGIES)}")
    notes: list[str] = []
    last: LastState | None = None
    own_epoch: OwnEpoch | None = None
    if settings.lock_step is None and settings.journal.folder is not None:
        last, notes = read_last_state(settings.journal.folder)
    if last is not None and last.site != site.network.site:
        raise SettingsError(f"{settings.journal.folder} holds the journal of site {last.site}: name another folder")
    if settings.lock_step is None and settings.journal.folder is not None:
        own_epoch = _own_epoch(settings.journal.folder, notes)
    desk, site, trouble = _desk(settings, site)
    notes += [trouble] if trouble else []
    clock = _clock(settings, last)
    controller = _controller(settings, site, clock, last, notes)
    service = Service(
        settings,
        site,
        controller,
        clock,
        make_journal=_make_journal(settings.journal, durable=settings.lock_step is None),
        stored_epoch=last.epoch if last is not None else 0,
        own_epoch=own_epoch,
        log=log,
        desk=desk,
    )
    return service, tuple(notes)


async def serve(
    settings: ServiceSettings, site: Site, *, log: Log | None = None, opened: Callable[[Service], None] = lambda _: None
) -> None:
    """Open a service, show it to `opened`, and run it until it is cancelled; raises what both raise."""
    log = log if log is not None else log_to_stderr()
    service, notes = open_service(settings, site, log=log)
    for note in notes:
        log.warning("the last run", note=note)
    opened(service)
    await service.run()


def _desk(settings: ServiceSettings, base: Site) -> tuple[DeskSettings, Site, str | None]:
    """Where deployments arrive, and the site that was active: a bundle's, or the folder's with a sentence why."""
    keys, journal, folder = read_trusted_keys(settings.deployment.keys), settings.journal, settings.deployment.folder
    if folder is None and journal.folder is not None:
        folder = journal.folder / DEPLOYED
    if folder is None or journal.file is not None:
        none = History(site=base.network.site)
        why = NO_FOLDER if journal.file is None else ONE_FILE
        return DeskSettings(base, none, settings.strategy, None, keys, why), base, None
    store = DeploymentStore(folder)
    site, history, trouble = store.active_site(base)
    return DeskSettings(base, history, settings.strategy, store, keys), site, trouble


def _own_epoch(folder: Path, notes: list[str]) -> OwnEpoch | None:
    """Hold the journal's folder; a disk that does not let us is told, and the street is driven all the same."""
    try:
        return OwnEpoch(folder)
    except OSError as error:
        notes.append(f"{folder} cannot be held against a second controller: {error.strerror}")
        return None


def _clock(settings: ServiceSettings, last: LastState | None) -> Clock:
    if settings.lock_step is not None:
        clock = LockStepClock(settings.lock_step.utc_at_zero_s)
        clock.set(settings.lock_step.begin_s)
        return clock
    return StreetClock.after(last.now_s, last.utc_s) if last is not None else StreetClock()


def _controller(
    settings: ServiceSettings, site: Site, clock: Clock, last: LastState | None, notes: list[str]
) -> Controller:
    if last is not None:
        try:
            return Controller.restore(site.network, last.snapshot, settings.strategy)
        except SnapshotMismatchError as error:
            notes.append(str(error))
        except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile) as error:
            notes.append(f"the snapshot of the last run is damaged ({error}): the core starts without it")
    return Controller(site.network, settings.strategy, clock.now_s())


def _make_journal(settings: JournalSettings, *, durable: bool) -> MakeJournal | None:
    folder, file = settings.folder, settings.file
    if folder is not None:
        return _in_folder(settings, folder, durable=durable)
    if file is not None:
        return lambda head, snapshot: journal_in_file(file, head, snapshot, durable=durable)
    return None


def _in_folder(settings: JournalSettings, folder: Path, *, durable: bool) -> MakeJournal:
    def make(head: Head, snapshot: bytes) -> Journal:
        return journal_in_folder(
            folder,
            head,
            snapshot,
            segment_bytes=settings.segment_mib * MEBIBYTE,
            max_bytes=settings.max_mib * MEBIBYTE,
            durable=durable,
        )

    return make
