"""Search for timings against SUMO: demand read out of a scenario, a plan made of it, and candidates tried."""
