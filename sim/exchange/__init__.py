"""What leaves for other tools and needs SUMO's network or letters: tlLogic, detectors, maps, geometry for UTDF."""

from sim.exchange.layout import Layout, LayoutError, read_layout
from sim.exchange.site_map import site_map
from sim.exchange.sumo_programs import SumoFiles, export_sumo

__all__ = ["Layout", "LayoutError", "SumoFiles", "export_sumo", "read_layout", "site_map"]
