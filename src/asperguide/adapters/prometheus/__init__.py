"""Figures of all processes of a machine in the formats that Prometheus reads. The library is imported when asked."""
