"""The keys that secrets at rest are sealed under, as the environment names them."""

from __future__ import annotations

from console.settings_from_environment import Environment

SHORTEST = 32
FIX = "Make one of 64 characters: openssl rand -base64 48"


def sealing_keys(env: Environment, secret_keys: list[str]) -> list[str]:
    """SEALING_KEYS, between commas or on lines of their own (also SEALING_KEYS_FILE); none where it is not set.

    The first seals, all open. `secret_keys` are SECRET_KEY and the one before it, which open too: they need not stand here.
    """
    given = env.secret("SEALING_KEYS")
    keys = [each.strip() for each in given.replace(",\n", "\n").replace("\n", ",").split(",")]
    if not given:
        return []
    for number, key in enumerate(keys, start=1):
        which = f"number {number} of {len(keys)}"  # never the key itself
        if not key:
            env.wrong("SEALING_KEYS", f"{which} is empty", fix="Separate the keys by one comma each")
        elif not key.isascii() or not key.isprintable() or " " in key:
            env.wrong("SEALING_KEYS", f"{which} holds a space or a character that keys do not have", fix=FIX)
        elif len(key) < SHORTEST or len(set(key)) < 10:
            env.wrong("SEALING_KEYS", f"{which} is too short to be safe", fix=FIX)
        elif key in keys[: number - 1]:
            env.wrong("SEALING_KEYS", f"{which} stands there twice", fix="Name each key once, the one that seals first")
        elif key in secret_keys:
            env.wrong("SEALING_KEYS", f"{which} is SECRET_KEY", fix="Leave it out: what it had sealed opens in any case")
    return keys
