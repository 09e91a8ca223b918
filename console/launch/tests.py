"""`make test` after `prepare`: find a browser, then become pytest, with the arguments given."""

import os
import shutil
import subprocess
import sys

from console.launch.folders_and_words import begin

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """The one named by CHROMIUM, else one on the PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def install_chromium() -> None:
    """With the machine's package manager, which only root may do."""
    with begin("Chromium"):
        for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]):
            subprocess.run(
                command,
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            )


def main(arguments: list[str]) -> None:
    chromium = find_chromium()
    if chromium is None and not os.environ.get("CHROMIUM") and os.geteuid() == 0 and shutil.which("apt-get"):
        try:
            install_chromium()
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"Installing Chromium failed: {error}", file=sys.stderr)
        chromium = find_chromium()
    if chromium is None:
        sys.exit("The browser tests need Chromium: install it (on Debian: apt-get install chromium), or name it in CHROMIUM.")
    os.environ["CHROMIUM"] = chromium
    # Images of containers forbid it, to stay small. Many tests start processes, and compiling all code anew is two thirds of
    # the processor time that a start takes.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    cores = str(os.cpu_count() or 1)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "pytest", "-n", cores, "--dist", "loadgroup", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
