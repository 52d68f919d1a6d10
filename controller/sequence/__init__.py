"""Fourth step: from a wish to a request that is legal in time."""

from controller.sequence.stages import StageMemory, sequence_stages

__all__ = ["StageMemory", "sequence_stages"]
