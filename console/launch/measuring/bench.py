"""`make bench` after `prepare`: run tests/bench.py against a throw-away server, with the arguments given."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from console.embedded_postgres import EmbeddedServer, PostgresProblem


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="allotment-bench-") as folder:
        server = EmbeddedServer(Path(folder) / "server", throwaway=True)
        Path(folder).chmod(0o711)
        try:
            server.start()
            env = {**os.environ, "TEST_DATABASE_URL": server.owner_url, "DJANGO_SETTINGS_MODULE": "console.settings.test"}
            return subprocess.run([sys.executable, "-m", "tests.bench", *arguments], env=env, check=False).returncode
        except PostgresProblem as problem:
            print(problem, file=sys.stderr)
            return 1
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
