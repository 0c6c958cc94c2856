"""What operators decide: typed, read once, checked as a whole."""

from asperguide.settings.model import Environment, Settings, SettingsRefused
from asperguide.settings.reading import load
from asperguide.settings.safety import check

__all__ = ["Environment", "Settings", "SettingsRefused", "check", "load"]
