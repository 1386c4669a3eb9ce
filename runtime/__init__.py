"""The language, the engine, and the host that runs workflows durably."""

RELEASE = "0.1.0"
