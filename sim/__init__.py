"""The street, imagined: SUMO, virtual cabinets and loops, scenarios, the safety monitor and the measures of a run."""
