"""How entries of the cache are named in the database: by a fingerprint, as limits are counted by people and networks."""

from __future__ import annotations

from console.security.sealing import fingerprints


def fingerprint_of_key(key: str, prefix: str, version: int) -> str:
    """For `KEY_FUNCTION` of a cache. After a change of key counting begins anew."""
    return fingerprints(f"cache:{prefix}:{version}:{key}")[0]
