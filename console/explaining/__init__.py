"""Why a junction did what it did: the core run again up to that second, and what it weighed then, in words."""

from console.explaining.second import Explained, explained_second
from console.explaining.telling import as_text
from console.explaining.when import Stretch, control_time, stretches_of

__all__ = ["Explained", "Stretch", "as_text", "control_time", "explained_second", "stretches_of"]
