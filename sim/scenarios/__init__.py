"""Scenarios that ship with the code: a folder a town, in it a folder with one `.sumocfg` a story."""
