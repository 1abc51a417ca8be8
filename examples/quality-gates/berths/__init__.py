"""Berths: which ship lies where, and when."""

__version__ = "1.4.0"
