"""Make `.venv` with the pinned packages, then become the command that follows: `prepare run serve`.

Runs on whatever Python 3.8 or newer the machine calls python3, before anything is installed: standard library only.
Usage: python3 -m console.launch.prepare SETS COMMAND [ARGUMENT...]; SETS is a list such as `runtime,test`, and COMMAND
is run by the Python of `.venv`, in place of this process, so that a signal to `make` reaches it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time

from console.launch.folders_and_words import DATA, ROOT, begin, stop
from console.launch.one_start_at_a_time import hold_lock_if_serving
from console.launch.where_to_listen import ask_for_port_if_serving

VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "requirements"
PYTHON_VERSION = "3.13"
OLDEST_PYTHON = "3.12"


def main(arguments: list[str]) -> None:
    sets, command = arguments[0].split(","), arguments[1:]
    for number in (signal.SIGTERM, signal.SIGINT):  # as an exception, so that an installer under way ends with us
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    os.chdir(ROOT)
    os.environ["ALLOTMENT_PARENT"] = str(os.getppid())
    os.environ["ALLOTMENT_STARTED"] = str(time.time())
    hold_lock_if_serving(command)
    ask_for_port_if_serving(command)
    needed = [name for name in sets if not is_installed(name)]
    if needed or not (VENV / "bin" / "python").exists():
        uv = find_uv()
        make_venv(uv)
        # The virtual environment may be new, and then nothing is installed in it.
        for name in [name for name in sets if not is_installed(name)]:
            install(uv, name)
    python = str(VENV / "bin" / "python")
    sys.stdout.flush()
    os.execv(python, [python, *command])


# --- uv, the interpreter, the packages


def find_uv() -> str:
    """The machine's uv, else a pinned one of our own under .data/tools."""
    found = shutil.which("uv")
    if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
        return found
    folder = DATA / "tools" / f"uv-{digest('uv')[:12]}"
    if not (folder / "done").exists():
        with begin("uv, to install packages"):
            shutil.rmtree(folder, ignore_errors=True)
            try:
                run([sys.executable, "-m", "venv", str(folder)])
            except subprocess.CalledProcessError as error:
                reason = reason_of(error)
                stop(f"{sys.executable} cannot make a virtual environment ({reason}): install uv, or python3-venv.")
            pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            try:
                run([*pip, "--require-hashes", "--only-binary=:all:", "-r", str(REQUIREMENTS / "uv.txt")])
            except subprocess.CalledProcessError as error:
                stop_for_registry(error, "uv")
            (folder / "done").touch()
    return str(folder / "bin" / "uv")


def make_venv(uv: str) -> None:
    """`.venv`, unless a good one is there."""
    python = VENV / "bin" / "python"
    floor = tuple(int(part) for part in OLDEST_PYTHON.split("."))
    check = f"import sys; sys.exit(sys.version_info < {floor})"
    if python.exists() and subprocess.run([str(python), "-c", check], capture_output=True, check=False).returncode == 0:
        return
    making = ["venv", "--quiet", "--clear", "--no-project"]
    tries = [
        ["--no-python-downloads", "--python", PYTHON_VERSION],
        ["--no-python-downloads", "--python", f">={OLDEST_PYTHON}"],
        ["--python", PYTHON_VERSION],  # downloads an interpreter
    ]
    with begin(".venv") as step:
        for index, wanted in enumerate(tries):
            try:
                run([uv, *making, *wanted, str(VENV)])
                break
            except subprocess.CalledProcessError as error:
                if index == len(tries) - 1:
                    stop(f"No Python {OLDEST_PYTHON} or newer to be had ({reason_of(error)}): install Python {PYTHON_VERSION}.")
        said = subprocess.run([str(python), "--version"], capture_output=True, text=True, check=False).stdout.strip()
        step.named = f".venv with {said}"


def install(uv: str, name: str) -> None:
    """Install requirements/<name>.txt, as pinned, and note that in .venv."""
    command = [uv, "pip", "install", "--quiet", "--require-hashes", "--python", str(VENV / "bin" / "python")]
    with begin(f"{name} packages"):
        try:
            run([*command, "-r", str(REQUIREMENTS / f"{name}.txt")], pip_index())
        except subprocess.CalledProcessError as error:
            stop_for_registry(error, f"the packages of requirements/{name}.txt")
        (VENV / f".installed-{name}").write_text(digest(name))


def pip_index() -> dict[str, str]:
    """The index this machine's pip is set up with, for uv, which does not read pip's settings."""
    if any(name in os.environ for name in ("UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX")):
        return {}
    try:
        asked = subprocess.run(
            [sys.executable, "-m", "pip", "config", "get", "global.index-url"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        )
    except OSError:
        return {}
    url = os.environ.get("PIP_INDEX_URL") or (asked.stdout.strip() if asked.returncode == 0 else "")
    return {"UV_DEFAULT_INDEX": url} if url else {}


def digest(name: str) -> str:
    return hashlib.sha256((REQUIREMENTS / f"{name}.txt").read_bytes()).hexdigest()


def is_installed(name: str) -> bool:
    """Was this very file of requirements installed into the `.venv` that is there?"""
    try:
        return (VENV / f".installed-{name}").read_text() == digest(name)
    except OSError:
        return False


def run(command: list[str], extra: dict[str, str] | None = None) -> None:
    """Run it quietly; it ends with us, and so do its own children. Raises CalledProcessError with what it said."""
    # uv would bring its own list of authorities; behind a company's proxy only the machine's own list knows who signs.
    env = {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true", **os.environ, **(extra or {})}
    env.pop("VIRTUAL_ENV", None)  # whatever the caller has activated is not ours to install into
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
        start_new_session=True,
    )
    try:
        said = process.communicate()[0]
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command, said)


def stop_for_registry(error: subprocess.CalledProcessError, what: str) -> None:
    stop(
        f"Cannot install {what} ({reason_of(error)}): check the network and the package index that pip or uv is set up"
        " with, then start again; what was there is untouched."
    )


def reason_of(error: subprocess.CalledProcessError) -> str:
    """The last thing the command said, on one line of at most 300 characters."""
    lines = [line.strip(" \t×│╰─▶├") for line in (error.stdout or "").splitlines()]
    lines = [line for line in lines if line and not line.startswith("hint:")]
    text = lines[-1] if lines else f"exit status {error.returncode}"
    return text if len(text) <= 300 else f"{text[:297]}..."


if __name__ == "__main__":
    main(sys.argv[1:])
