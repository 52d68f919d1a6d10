"""Why a bundle is not activated, as one sentence for a person."""

from __future__ import annotations

from field_io.errors import FieldError


class DeploymentRefused(FieldError):  # noqa: N818 - an answer to a person
    """A bundle, or a wish to go back, that is refused: nothing was changed."""
