"""Spans and figures sent to a collector over OTLP. The SDK is imported when the first span is about to begin."""
