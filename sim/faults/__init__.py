"""The tools that break it: a town under a virtual clock, seeded faults, and a checker that forgives nothing.

The controller, the codecs and the cabinets are the real ones; only sockets, traffic and time are pretended.
"""
