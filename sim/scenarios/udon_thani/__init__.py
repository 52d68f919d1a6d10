"""Schematic, not surveyed: central Udon Thani, its network, its demand stories and the scripts that make them."""
