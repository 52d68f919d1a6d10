"""F70 and F71: what must never be told is looked for in every text, and what was recorded is changed."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from field_io.audit import AuditLog, verify
from field_io.errors import BrokerUnreachable, JournalError, SettingsError
from field_io.mqtt_link import MqttLink
from field_io.settings import BrokerSettings
from field_io.tls import Credentials
from sim.probes.certificates import FOLDER_PREFIX, Papers
from sim.probes.outcome import Figure, Outcome, Row
from sim.probes.scene import Scene


def secrets_told() -> Outcome:
    """F70: planted secrets in settings, keys and passwords; what refusals, pictures and errors say of them."""
    canary, key = "canary-" + "5e1f" * 8, bytes(range(100, 132))
    told: list[str] = []
    with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as name:
        folder = Path(name)
        (folder / "password").write_text(canary)
        (folder / "password").chmod(0o600)
        settings = BrokerSettings(port=1, username="x", password_file=folder / "password")
        access = settings.access({})
        told += [repr(settings), settings.model_dump_json(), repr(access), str(access)]
        try:
            MqttLink(access, "x", [], lambda _: None).start(0.5)
        except BrokerUnreachable as error:
            told += [str(error), repr(error), repr(error.__cause__)]
        (folder / "password").chmod(0o644)
        try:
            settings.access({})
        except SettingsError as error:
            told += [str(error), repr(error)]
        (folder / "papers").mkdir()
        files = Papers(folder / "papers").client("controller")
        told += [repr(Credentials(files)), repr(files)]
        private = (folder / "papers" / "controller.key").read_bytes()
    scene = Scene(junctions=1, settle_s=5)
    session = scene.world.centre.conversations["J01"].session if scene.world.centre else None
    cabinet = scene.place().cabinet
    cabinet.key = key
    told += [repr(session), repr(cabinet), repr(scene.place()), repr(cabinet.status), repr(scene.world.site.addresses)]
    scene.run(5)
    told += [repr(alarm) for alarm in scene.alarms]
    secrets = [canary.encode(), key.hex().encode(), repr(key).encode(), *private.splitlines()[1:-1]]
    seen = "\n".join(told).encode()
    return Outcome(
        f"{len(told)} texts of settings, errors, links and cabinets searched for {len(secrets)} planted secrets "
        "(a whole secured street: in the tests)",
        (Figure("hits", sum(secret in seen for secret in secrets)),),
    )


def changed_record() -> Outcome:
    """F71: an audit log edited, cut, reordered, with a record put in or taken out."""
    edits: tuple[str, ...] = (
        *(f"UPDATE audit SET text = replace(text, 'desk-1', 'desk-9') WHERE n = {n}" for n in range(1, 21)),  # noqa: S608
        *(f"DELETE FROM audit WHERE n = {n}" for n in range(1, 21)),  # noqa: S608 - numbers of ours
        *(f"DELETE FROM audit WHERE n > {n}" for n in range(5, 20)),  # noqa: S608
        "UPDATE audit SET n = CASE n WHEN 3 THEN 4 ELSE 3 END WHERE n IN (3, 4)",
        "UPDATE audit SET hash = (SELECT hash FROM audit WHERE n = 2) WHERE n = 5",
        'INSERT INTO audit VALUES (21, \'{"n": 21, "prev": "x"}\', \'x\')',
    )
    missed = 0
    named = 0
    with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as name:
        path = Path(name) / "audit.sqlite"
        log = AuditLog(path, durable=False)
        for number in range(20):
            log.append({"at_s": number, "by": "desk-1", "action": "hold"})
        log.close()
        whole, kept = path.read_bytes(), verify(path).head
        for edit in edits:
            for leftover in path.parent.glob("audit.sqlite*"):
                leftover.unlink()
            path.write_bytes(whole)
            with closing(sqlite3.connect(path)) as db:
                db.execute("DROP TRIGGER no_update")
                db.execute("DROP TRIGGER no_delete")
                _apply(db, edit)
                db.commit()
            try:
                fault = verify(path, kept).fault
            except JournalError as error:
                fault = str(error)
            missed += fault is None
            named += "record" in (fault or "")
    return Outcome(
        f"{len(edits)} changes, each told, {named} with the first record that is not as it was written",
        (Figure("not seen", missed),),
        detect_s=0.0,
    )


def _apply(db: sqlite3.Connection, edit: str) -> None:
    """Two rows cannot change numbers in one statement: over a free one then."""
    if "CASE" in edit:
        for before, after in ((3, 99), (4, 3), (99, 4)):
            db.execute("UPDATE audit SET n = ? WHERE n = ?", (after, before))
    else:
        db.execute(edit)


ROWS = (
    Row(
        "F70",
        "secrets in texts",
        "planted passwords and keys; errors, pictures and alarms searched",
        "hits 0",
        secrets_told,
        timed=True,
    ),
    Row(
        "F71",
        "audit log changed",
        "records edited, cut, reordered, put in, taken out",
        "seen 100 %",
        changed_record,
        timed=True,
    ),
)
