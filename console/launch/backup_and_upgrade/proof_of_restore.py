"""`make proof-of-restore`: the commands of docs/operations/backup-and-upgrade.md as they stand there, with acts under way.

By root, with Debian's postgresql and postgresql-common. All runs in namespaces of its own: folders, network and processes of
the machine's own clusters are neither seen nor touched. What came back is compared with what was there: acts, statements,
instants, guards, policies, grants; then both roles try to change a fact. SHOW=1 shows what the commands say.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from console.launch.folders_and_words import ROOT, begin

DOCUMENT = ROOT / "docs" / "operations" / "backup-and-upgrade.md"
INSIDE = "ALLOTMENT_PROOF_INSIDE"
OWNER = "postgresql://allotment_owner:owner@127.0.0.1:5432/allotment"
SERVING = "postgresql://allotment:serving@127.0.0.1:5432/allotment"
PATIENCE = 300
HIDDEN = ("/var/lib/postgresql", "/var/backups", "/var/log/postgresql", "/run/postgresql", "/usr/local/bin", "/etc")

ROLES = """
CREATE ROLE allotment_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD 'owner';
CREATE ROLE allotment LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD 'serving';
CREATE DATABASE allotment OWNER allotment_owner ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
REVOKE ALL ON DATABASE allotment FROM PUBLIC;
\\connect allotment
ALTER SCHEMA public OWNER TO allotment_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
"""

SYSTEMCTL = """#!/bin/sh
# In the place of systemd: the commands of Debian's units, as the user whom they name.
cluster() { echo "$1" | sed 's/.*@//; s/\\.timer$//; s/-/ /'; }
action=$1; shift
[ "${1-}" = --now ] && shift
for unit in "$@"; do
    case "$action $unit" in
    "start pg_dump@"*)
        pg_backupcluster $(cluster $unit) createdirectory
        runuser -u postgres -- pg_backupcluster $(cluster $unit) dump
        runuser -u postgres -- pg_backupcluster $(cluster $unit) expiredumps 14 ;;
    "start pg_basebackup@"*)
        pg_backupcluster $(cluster $unit) createdirectory
        runuser -u postgres -- pg_backupcluster $(cluster $unit) basebackup
        runuser -u postgres -- pg_backupcluster $(cluster $unit) expirebasebackups 3
        runuser -u postgres -- pg_backupcluster $(cluster $unit) archivecleanup ;;
    "enable pg_receivewal@"* | "start pg_receivewal@"*)
        pg_backupcluster $(cluster $unit) createdirectory
        setsid runuser -u postgres -- pg_backupcluster $(cluster $unit) receivewal > /dev/null 2>&1 < /dev/null &
        sleep 2 ;;
    "stop pg_receivewal@"*)
        pkill -INT --exact pg_receivewal; sleep 1 ;;
    esac
done
"""

FACTS = """
SELECT relname, (SELECT count(*) FROM pg_attribute WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped),
       ARRAY(SELECT tgname::text || ' ' || tgenabled::text FROM pg_trigger
              WHERE tgrelid = pg_class.oid AND NOT tgisinternal ORDER BY 1),
       ARRAY(SELECT polname::text || pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = pg_class.oid ORDER BY 1),
       relrowsecurity, ARRAY(SELECT each::text FROM unnest(relacl) AS each ORDER BY 1)
  FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1
"""


def main() -> int:
    if os.environ.get(INSIDE):
        return inside(Path(os.environ[INSIDE]))
    if os.geteuid() != 0 or not Path("/usr/bin/pg_backupcluster").exists():
        sys.exit("Run it as root, with Debian's packages: apt-get install postgresql postgresql-common procps")
    with tempfile.TemporaryDirectory(prefix="allotment-proof-", dir="/dev/shm") as folder:
        Path(folder).chmod(0o755)
        command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]
        return subprocess.run(
            [*command, sys.executable, "-m", __spec__.name], env={**os.environ, INSIDE: folder}, check=False
        ).returncode


def inside(folder: Path) -> int:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    with begin("a machine of its own"):
        for path in HIDDEN:
            cover(Path(path), folder)
        run("ip link set lo up")
        run(
            "rm -rf /etc/postgresql/*; install -d -o postgres -g postgres /run/postgresql /var/lib/postgresql /var/log/postgresql"
        )
        write("/usr/local/bin/systemctl", SYSTEMCTL)
        settings = f"DATABASE_URL={SERVING} DATABASE_OWNER_URL={OWNER} PRACTICE_MARKETPLACE=0"
        write("/usr/local/bin/allotment", f'#!/bin/sh\ncd {ROOT} && {settings} exec {sys.executable} manage.py "$@"\n')
        run(
            "install -d /etc/allotment/secrets /etc/allotment/owner; cd /etc/allotment; echo A=b > allotment.env;"
            f" echo key > secrets/sealing-keys; echo {SERVING} > secrets/database-url; echo {OWNER} > owner/database-url"
        )
    version = max(int(path.name) for path in Path("/usr/lib/postgresql").iterdir())
    with begin(f"PostgreSQL {version}, its cluster main"):
        run(f"pg_createcluster {version} main --port=5432 -- --auth-host=scram-sha-256")
        run(
            f"pg_conftool {version} main set checkpoint_timeout 30s; pg_ctlcluster {version} main start"
        )  # base backups wait for one
        run("runuser -u postgres -- psql --quiet --set ON_ERROR_STOP=1", ROLES)
    with begin("migrations, catalogue, demo"):
        run(
            "set -e; allotment migrate --verbosity=0; allotment load_catalogue --reference --verbosity=0;"
            " allotment seed_demo --verbosity=0"
        )
    run(f"allotment shell --verbosity=0 --command '{A_MAIL_WAITS}'")
    with acts_under_way():
        first = wait_for_acts(more_than=len(acts()))
        with begin("Backup: whole"):
            document("Whole, every night")
        with begin("Backup: to a point in time"):
            document("To a point in time", nth=0)
        wait_for_acts(more_than=first)
        moment, at_moment = a_moment_between_two_acts()
        wait_for_acts(more_than=len(at_moment) + 3)
    at_the_end = acts()
    assert "sealing-keys" not in run("tar --list --gzip --file=$(ls /var/backups/allotment/settings-*.tar.gz)")

    with begin("Restore: from a dump"):
        document("From a dump")
    found = acts()
    assert first <= len(found) < len(at_the_end), "the dump is of a moment while acts were recorded"
    assert found == at_the_end[: len(found)], "acts or their instants are not those that were there"
    look_at_it("dump")
    with begin("A second time: the restored cluster goes, the one put aside returns"):
        run(f"grep -qx manual /etc/postgresql/{version}/lost/start.conf && pg_lsclusters | grep -q 'lost *5499 *down'")
        run(f"pg_ctlcluster {version} main stop --force; pg_dropcluster {version} main; rm -rf /etc/postgresql/{version}/main")
        run(f"pg_renamecluster {version} lost main; pg_conftool {version} main set port 5432; pg_ctlcluster {version} main start")
    assert acts() == at_the_end, "the cluster put aside is not as it was"
    with begin(f"Restore: to {moment}"):
        document("To a point in time", nth=1, moment=moment)
        wait_until_promoted()
    assert acts() == at_moment, f"{len(acts())} acts, not the {len(at_moment)} that there were at {moment}"
    look_at_it("point in time")
    with begin("Data alone: guards, and how they are put right"):
        data_alone(version)
    run(f"pg_ctlcluster {version} main stop --force; pg_dropcluster {version} lost; rm -rf /etc/postgresql/{version}/lost")
    print("\nBoth restores brought back what was there: rows, instants, guards, policies and grants.")
    return 0


def cover(path: Path, folder: Path) -> None:
    """What is written below `path` from now on stays in `folder`."""
    upper, work = (folder / f"{path.name}-{path.parent.name}-{part}" for part in ("upper", "work"))
    upper.mkdir()
    work.mkdir()
    if path == Path("/etc"):
        run(f"mount -t overlay overlay -o lowerdir={path},upperdir={upper},workdir={work} {path}")
    else:
        run(f"mount --bind {upper} {path}")


def document(heading: str, nth: int = 0, moment: str = "") -> None:
    """Run the commands below the heading, in one shell."""
    parts = [part for part in re.split(r"^#{2,3} ", DOCUMENT.read_text(), flags=re.MULTILINE) if part.startswith(f"{heading}\n")]
    commands = "\n".join(re.findall(r"^```sh\n(.*?)^```", parts[nth], flags=re.MULTILINE | re.DOTALL))
    if moment:
        commands = re.sub(r'^moment=".*"$', f'moment="{moment}"', commands, flags=re.MULTILINE)
        assert moment in commands
    said = run(f"set -eux\n{commands}", answers="yes\n" if "after_restore" in commands else "")
    if os.environ.get("SHOW"):
        print(said)


def run(command: str, answers: str = "") -> str:
    done = subprocess.run(
        ["bash", "-c", command], input=answers, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{command}\nended with status {done.returncode}:\n{done.stdout}")
    return done.stdout


def write(path: str, text: str) -> None:
    Path(path).write_text(text)
    Path(path).chmod(0o755)


def ask(sql: str, url: str = OWNER) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(sql).fetchall()


def acts() -> list[tuple[object, ...]]:
    """What was recorded, in order, with its instants and what it stated: every row that names its act."""
    return ask(
        "SELECT a.recorded_at::text, a.id::text, a.name, s::text FROM console_act AS a"
        " LEFT JOIN credits_allocationstatement AS s ON s.act_id = a.id ORDER BY a.recorded_at, a.id, s.id"
    )


def wait_for_acts(more_than: int) -> int:
    """Until more are recorded; how many by then."""
    deadline = time.monotonic() + PATIENCE
    while (number := len(acts())) <= more_than:
        if time.monotonic() > deadline:
            raise SystemExit("No act is recorded.")
        time.sleep(0.2)
    return number


def a_moment_between_two_acts() -> tuple[str, list[tuple[object, ...]]]:
    """An instant at which no act was being recorded, and what was recorded by then."""
    while True:
        before = acts()
        moment, idle = ask(IDLE)[0]
        if idle and acts() == before:
            return str(moment), before
        time.sleep(0.01)


IDLE = """
SELECT clock_timestamp(), NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_xid IS NOT NULL)
"""


@contextlib.contextmanager
def acts_under_way() -> Iterator[None]:
    """Somebody allocates all the time."""
    process = subprocess.Popen(["/usr/local/bin/allotment", "shell", "--verbosity=0", "--command", ALLOCATING])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


ALLOCATING = """
import time, uuid
from itertools import count
from django.utils import timezone
from console.company_in_hand import for_all
from console.models import Actor
from credits.acts.set_allocation import set_allocation
from credits.models import CreditRequirement
from licensing.models import Company
company = Company.objects.get(slug="aster")
line = CreditRequirement.objects.filter(feature__slug="endpoint-sensor").first()
for number in count(1):
    set_allocation(company, feature=line.feature, units={line.pk: number % 50}, today=timezone.now().date(), on=None,
                   by=Actor.system("proof"), key=str(uuid.uuid4()), reason="proof", note="", below_zero_confirmed=True)
    time.sleep(0.4)
"""

A_MAIL_WAITS = """
from console.mail.queueing import queue_mail
queue_mail(to="ada@example.com", subject="Old news", text="Old.", purpose="notice")
"""


def data_alone(version: int) -> None:
    """What the document warns of, and that `migrate` puts it right."""
    run("runuser -u postgres -- pg_dump --format=custom --data-only --table=console_act --file=/tmp/data-alone allotment")
    run(
        "runuser -u postgres -- psql --quiet --set ON_ERROR_STOP=1 --dbname=allotment",
        "BEGIN; ALTER TABLE console_act DISABLE TRIGGER ALL; DELETE FROM console_act;"
        " ALTER TABLE console_act ENABLE TRIGGER ALL; COMMIT;",
    )
    run("runuser -u postgres -- pg_restore --data-only --disable-triggers --dbname=allotment /tmp/data-alone; rm /tmp/data-alone")
    said = subprocess.run(["/usr/local/bin/allotment", "verify_ledger"], capture_output=True, text=True, check=False)
    assert "guard_console_act enabled ALWAYS" in said.stderr, said
    run("allotment migrate --verbosity=0 && allotment verify_ledger")


def wait_until_promoted() -> None:
    deadline = time.monotonic() + PATIENCE
    while ask("SELECT pg_is_in_recovery()") != [(False,)]:
        if time.monotonic() > deadline:
            raise SystemExit("The restored cluster does not leave recovery.")
        time.sleep(0.2)


def look_at_it(what: str) -> None:
    """After a restore: the commands that always come after it, and what the database refuses then."""
    tables = ask(FACTS)
    with begin(f"{what}: what comes after every restore"):
        run("runuser -u postgres -- psql --quiet --set ON_ERROR_STOP=1", "ALTER ROLE allotment PASSWORD 'of-before-a-change';")
        document("After every restore")
    assert ask(FACTS) == tables, "the restore alone did not bring guards, policies and grants as they were"
    with begin(f"{what}: guards and roles"):
        weak = ask("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'guard\\_%' AND tgenabled <> 'A'")
        assert not weak, weak
        for url in (OWNER, SERVING):
            for sql in (
                "UPDATE console_act SET name = name",
                "DELETE FROM licensing_licenseentry",
                "TRUNCATE credits_allocationentry",
            ):
                try:
                    ask(sql, url)
                except (psycopg.errors.IntegrityConstraintViolation, psycopg.errors.InsufficientPrivilege):
                    continue
                raise SystemExit(f"{sql} was not refused to {url.split(':')[1][2:]}")
        assert ask("SELECT count(*) FROM licensing_license", SERVING) == [(0,)], "rows of companies without one in hand"
        assert ask("SELECT count(*) FROM console_outgoingmail WHERE sent_at IS NULL AND given_up_at IS NULL") == [(0,)]


if __name__ == "__main__":
    sys.exit(main())
