"""The law of the maintenance switch, on each kind of persistence."""

from asperguide.testing.contracts import MaintenanceContract


class TestMaintenances(MaintenanceContract):
    """Each of them."""
