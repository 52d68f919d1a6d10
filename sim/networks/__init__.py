"""Networks of our own to measure on: grids, arterials and random towns at any level of demand, made from a table."""

from sim.networks.spec import CATALOGUE, NetworkSpec, SpecError, read_specs
from sim.networks.write import Made, make_networks

__all__ = ["CATALOGUE", "Made", "NetworkSpec", "SpecError", "make_networks", "read_specs"]
