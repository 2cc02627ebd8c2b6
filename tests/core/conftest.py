"""What more than one file of tests looks at."""

import pytest

from signalled import PRIORITIES, record_of


@pytest.fixture(scope="session")
def records():
    """A minute of each priority, looked at every millisecond."""
    return {priority: record_of(priority) for priority in PRIORITIES}
