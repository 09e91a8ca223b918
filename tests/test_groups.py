"""`xdist_group` keeps its promise: whoever marks a module shares what is slow to make, and meets nobody's processes."""

import pytest

pytestmark = pytest.mark.xdist_group("groups")


def test_the_scheduler_is_told_the_group(request: pytest.FixtureRequest) -> None:
    """It reads the group from the end of a test's id, and only when it groups."""
    groups = request.config.getoption("loadgroup", False)
    assert request.node.nodeid.endswith("@groups") == groups
