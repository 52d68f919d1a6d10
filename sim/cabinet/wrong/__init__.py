"""Cabinets that are wrong on purpose, each in one way: what the conformance kit, and a controller, must find out."""

from sim.cabinet.wrong.catalogue import WRONG, WrongCabinet

__all__ = ["WRONG", "WrongCabinet"]
