"""What installations are told and given fits the code: units, proxies, image and text name what there is."""

from __future__ import annotations

import os
import re
import subprocess
from configparser import ConfigParser
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver, reverse

ROOT = Path(settings.BASE_DIR)
SHIPPED = ROOT / "docs" / "operations"
TEXT = (ROOT / "docs" / "operations.md").read_text()
ELSEWHERE = [path.read_text() for path in sorted(SHIPPED.glob("*.md"))]
BLOCKS = re.findall(r"```sh\n(.*?)```", "\n".join([TEXT, *ELSEWHERE]), re.DOTALL)
UNITS = {path.stem: path for path in sorted((SHIPPED / "systemd").glob("*.service"))}
SERVING = ("allotment-web", "allotment-worker")
"""Units that run all the time."""
OF_A_PROGRAM = {"DJANGO_SETTINGS_MODULE", "PATH", "HOME"}
"""Variables that others read, or that a line of shell sets for itself."""


def unit(name: str) -> ConfigParser:
    read = ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(UNITS[name].read_text())
    return read


def settings_read() -> set[str]:
    """Names that the code asks the environment for."""
    sources = [path.read_text() for room in ("console", "licensing", "credits") for path in (ROOT / room).rglob("*.py")]
    return {name for source in sources for name in re.findall(r'env\.\w+\(\s*f?"([A-Z][A-Z0-9_]+)"', source)}


# --- Units


def test_web_and_worker_have_a_unit_each_and_are_held_alike() -> None:
    assert set(UNITS) == {*SERVING, "allotment-nightly"}
    web, worker = (dict(unit(name)["Service"]) for name in SERVING)
    own = {"ExecStart", "ExecReload", "MemoryMax", "TimeoutStopSec"}
    assert {k: v for k, v in web.items() if k not in own} == {k: v for k, v in worker.items() if k not in own}


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_runs_a_command_that_exists_as_nobody_of_weight(name: str) -> None:
    service = unit(name)["Service"]
    program, script, command = service["ExecStart"].split()
    assert program == f"{service['WorkingDirectory']}/.venv/bin/python"
    assert script == "manage.py"
    assert command in get_commands()
    assert service["User"] not in ("", "root")
    assert ("Restart" in service) == (name in SERVING)


@pytest.mark.parametrize("name", SERVING)
def test_a_unit_that_fails_at_each_start_is_started_for_as_long_as_it_takes(name: str) -> None:
    service, limit = unit(name)["Service"], unit(name)["Unit"]
    assert service["Restart"] == "always"
    first, most, steps = (int(service[key].rstrip("s")) for key in ("RestartSec", "RestartMaxDelaySec", "RestartSteps"))
    starts, seconds = 0, 0.0
    while seconds < int(limit["StartLimitIntervalSec"].removesuffix("min")) * 60:
        seconds += first * (most / first) ** (min(starts, steps) / steps)
        starts += 1
    assert starts < int(limit["StartLimitBurst"])


def test_the_examination_runs_every_night() -> None:
    timer = (SHIPPED / "systemd" / "allotment-nightly.timer").read_text()
    assert re.search(r"^OnCalendar=\*-\*-\* \d\d:\d\d$", timer, re.MULTILINE)
    assert "enable --now allotment-web.socket allotment-web allotment-worker allotment-nightly.timer" in TEXT
    assert dict(unit("allotment-nightly")["Service"])["Type"] == "oneshot"


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_takes_away_what_is_not_needed(name: str) -> None:
    service = unit(name)["Service"]
    held = {
        "ProtectSystem": "strict",
        "CapabilityBoundingSet": "",
        "NoNewPrivileges": "yes",
        "PrivateDevices": "yes",
        "ProtectHome": "yes",
        "ProtectKernelTunables": "yes",
        "RestrictNamespaces": "yes",
        "SystemCallArchitectures": "native",
        "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    }
    assert {key: service[key] for key in held} == held
    assert "ReadWritePaths" not in service
    assert service.get("RuntimeDirectoryPreserve", "yes") == "yes"  # two units share it


@pytest.mark.parametrize("name", UNITS)
def test_the_text_makes_what_a_unit_names(name: str) -> None:
    service = unit(name)["Service"]
    for made in (
        service["EnvironmentFile"],
        service["WorkingDirectory"],
        "useradd --system --user-group --home-dir /nonexistent",
    ):
        assert made in TEXT
    assert f"`{name}`" in TEXT


# --- Proxies

NGINX = (SHIPPED / "nginx.conf").read_text()
CADDY = (SHIPPED / "Caddyfile").read_text()
OPENS_SOMETHING = {
    *settings.SECRET_PATHS,
    reverse("account_reset_password") + "key/",
    reverse("account_email_verification_sent"),
}
"""Below these addresses stands what opens something to whoever knows it."""


@pytest.mark.parametrize("file", [NGINX, CADDY, TEXT], ids=["nginx", "Caddy", "text"])
def test_proxies_ask_where_web_listens(file: str) -> None:
    (listens,) = re.findall(r"^ListenStream=(\S+)$", (SHIPPED / "systemd" / "allotment-web.socket").read_text(), re.MULTILINE)
    assert re.search(rf"^\s*(server |reverse_proxy |LISTEN=){re.escape(listens)}\b", file, re.MULTILINE)


@pytest.mark.parametrize("file", [NGINX, CADDY], ids=["nginx", "Caddy"])
def test_proxies_take_bodies_as_long_as_the_console_does(file: str) -> None:
    found = re.search(r"(?:client_max_body_size|max_size) (\d+)(?:k;|KiB)", file)
    assert found
    assert int(found[1]) * 1024 == settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def test_proxies_leave_out_of_their_logs_what_opens_something() -> None:
    """As shipped, and another one by what the text says of it."""
    (of_nginx,) = re.findall(r'"~\^\(\?<allotment_kept>([^)]+)\)"', NGINX)
    (of_caddy,) = re.findall(r'request>uri regexp "\(\^/\+\(\?:([^)]+)\)/\)\.\*', CADDY)
    (told,) = re.findall(r"- log no query, and of addresses below (.+?) not the rest\.", TEXT, re.DOTALL)
    assert set(of_nginx.split("|")) == OPENS_SOMETHING
    assert {f"/{each}/" for each in of_caddy.split("|")} == OPENS_SOMETHING
    assert set(re.findall(r"`([^`]+)`", told)) == OPENS_SOMETHING


def test_nginx_logs_no_query_and_no_page_that_somebody_came_from() -> None:
    (logged,) = re.findall(r"log_format[^;]*;", NGINX)
    assert set(re.findall(r"\$(\w+)", logged)).isdisjoint(
        {"request", "request_uri", "args", "query_string", "http_referer", "uri"}
    )
    assert set(re.findall(r"access_log \S+ (\w+);", NGINX)) == {"allotment"}
    assert set(re.findall(r"error_log \S+ (\w+);", NGINX)) <= {"alert", "emerg"}


def test_files_of_proxies_can_be_read_without_them() -> None:
    bare = re.sub(r"#.*|\"[^\"\n]*\"|'[^'\n]*'", "", NGINX)
    assert bare.count("{") == bare.count("}")
    directives = [" ".join(each.split()) for each in re.split(r"[;{}]", bare)]
    assert [each for each in directives if each and not re.match(r"[a-z_]+( |$)|[~$]", each) and each != "default"] == []
    bare = re.sub(r"#.*|\"[^\"\n]*\"", "", CADDY)
    assert bare.count("{") == bare.count("}")


@pytest.mark.parametrize("file", [NGINX, CADDY], ids=["nginx", "Caddy"])
def test_proxies_lead_to_tls_what_people_type_alone(file: str) -> None:
    led = re.search(r"(?s)GET.HEAD\)\$\) \{\s+return 403;.*return 301|@led method GET HEAD\s+redir @led .*\s+respond 403", file)
    assert led


@pytest.mark.parametrize("file", [NGINX, CADDY], ids=["nginx", "Caddy"])
def test_metrics_are_not_for_outside(file: str) -> None:
    assert "/metrics" in re.sub(r"#.*", "", file)
    assert "404" in file


# --- The image


def test_the_image_holds_what_there_is_and_runs_as_nobody_of_weight() -> None:
    text = (SHIPPED / "Containerfile").read_text()
    for sources in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE):
        assert all((ROOT / source).exists() for source in sources.split())
    for module in re.findall(r"python3? -m (console[\w.]+)", text):
        assert find_spec(module)
    ours = {app.partition(".")[0] for app in settings.INSTALLED_APPS} & {path.name for path in ROOT.iterdir()}
    assert all(f"COPY {name} {name}\n" in text for name in [*ours, "static", "templates"])
    assert "--require-hashes --only-binary=:all:" in text
    last = text[text.rindex("\nFROM ") :]
    assert re.search(r"^USER (?!0\b|root)", last, re.MULTILINE)
    assert 'CMD ["serve"]' in last


# --- The text


@pytest.mark.parametrize("script", [*BLOCKS, (SHIPPED / "allotment").read_text()], ids=lambda text: text.split("\n")[0][:40])
def test_what_can_be_copied_is_shell(script: str) -> None:
    done = subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_command_reads_settings_as_the_services_do(tmp_path: Path) -> None:
    etc, home, programs = tmp_path / "etc", tmp_path / "home", tmp_path / "programs"
    for folder in (etc, home / ".venv" / "bin", programs):
        folder.mkdir(parents=True)
    (etc / "allotment.env").write_text(
        "# A=comment\n; B=another\n\nno setting\nURL=postgresql://a:b@127.0.0.1/x?sslmode=verify-full&sslrootcert=system\n"
        "FROM=\"Allotment <allotment@example.com>\"\nCONTACT='sales & $(false) desk'\n"
        'SPACES=one two  three \nDOLLARS=$HOME `id`\nINSIDE=it\'s "so"\nEQUALS=a=b=c\nEMPTY=\nLAST=without a newline'
    )
    for program in (home / ".venv" / "bin" / "python", programs / "setpriv"):
        program.write_text("#!/bin/sh\nexec env -0\n")
        program.chmod(0o755)
    given = {"PATH": f"{programs}:{os.environ['PATH']}", "ALLOTMENT_HOME": str(home), "ALLOTMENT_ETC": str(etc)}

    def seen(command: str) -> dict[str, str]:
        done = subprocess.run(["sh", SHIPPED / "allotment", command], env=given, capture_output=True, text=True, check=True)
        return dict(each.split("=", 1) for each in done.stdout.split("\0") if each)

    found = seen("check")
    for name in (*given, "PWD", "HOME", "OLDPWD", "_"):
        found.pop(name, None)
    assert found == {
        "URL": "postgresql://a:b@127.0.0.1/x?sslmode=verify-full&sslrootcert=system",
        "FROM": "Allotment <allotment@example.com>",
        "CONTACT": "sales & $(false) desk",
        "SPACES": "one two  three",
        "DOLLARS": "$HOME `id`",
        "INSIDE": 'it\'s "so"',
        "EQUALS": "a=b=c",
        "EMPTY": "",
        "LAST": "without a newline",
    }
    (etc / "owner").mkdir()
    (etc / "owner" / "database-url").touch()
    assert seen("migrate")["DATABASE_OWNER_URL_FILE"] == f"{etc}/owner/database-url"


def test_every_command_that_is_named_exists() -> None:
    named = set(re.findall(r"(?:^|`|\bmanage\.py |[^\w/.@-])allotment ([a-z_]{4,})(?=[\s`])", "\n".join([*BLOCKS, *spans(TEXT)])))
    assert {"migrate", "add_staff", "verify_ledger"} <= named
    assert named - set(get_commands()) == set()


def test_every_route_by_which_a_restore_is_made_up_for_exists() -> None:
    table = (SHIPPED / "backup-and-upgrade.md").read_text().partition("| comes back |")[2].partition("\n\n")[0]
    named = {span for row in table.splitlines()[2:] for span in spans(row.split(" | ")[1]) if " " not in span}
    assert {"licensing:provider-access", "invitation"} <= named
    assert named - names_of_routes(get_resolver()) == set()


def names_of_routes(resolver: URLResolver, before: str = "") -> set[str]:
    """As lines of the log have them."""
    names = set()
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            names.add(f"{before}{each.name}")
        else:
            names |= names_of_routes(each, f"{before}{each.namespace}:" if each.namespace else before)
    return names


def spans(text: str) -> list[str]:
    """What stands between backticks in a line."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def test_every_setting_that_is_named_is_read() -> None:
    inside = "\n".join(re.findall(r"<<'ENV'\n(.*?)ENV\n", TEXT, re.DOTALL))
    named = {name for span in spans(TEXT) for name in re.findall(r"^([A-Z][A-Z0-9]+_[A-Z0-9_]+)(?:=.*)?$", span)}
    named |= set(re.findall(r"^([A-Z][A-Z0-9_]+)=", inside, re.MULTILINE))
    assert {"TRUSTED_PROXIES", "SECRET_KEY_FILE"} <= named
    assert {name.removesuffix("_FILE") for name in named} - settings_read() - OF_A_PROGRAM == set()


def test_the_settings_of_the_text_are_what_production_demands() -> None:
    from console.launch.check import SAMPLE_PRODUCTION

    demanded = set(SAMPLE_PRODUCTION) - {"MARKETPLACE_URL"}
    set_there = re.findall(r"^([A-Z][A-Z0-9_]+)=", TEXT[TEXT.index("<<'ENV'") :], re.MULTILINE)
    assert demanded <= {name.removesuffix("_FILE") for name in set_there}
