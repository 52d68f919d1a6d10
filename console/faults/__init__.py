"""The list of faults, all 72 of it, and the page that shows what came of injecting them."""
