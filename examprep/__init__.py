"""The project package: settings and wiring, no domain rules.

Imports nothing, because `start.py` loads its local modules before any package is installed.
"""
