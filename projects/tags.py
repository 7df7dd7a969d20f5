"""Tags of a project: short single-line texts."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

MAX_TAGS = 20
MAX_TAG_LENGTH = 32


def parse_tags(text: str) -> list[str]:
    """Return the tags in a comma-separated text. Raises ValidationError if they are too many or invalid."""
    tags = [tag.strip() for tag in text.split(",") if tag.strip()]
    if len(tags) > MAX_TAGS:
        raise ValidationError(gettext("There are too many tags. Use at most %(count)d.") % {"count": MAX_TAGS})
    if any(len(tag) > MAX_TAG_LENGTH for tag in tags):
        raise ValidationError(
            gettext("A tag is too long. Use at most %(count)d characters.") % {"count": MAX_TAG_LENGTH}
        )
    if any(unicodedata.category(character) == "Cc" for tag in tags for character in tag):
        raise ValidationError(gettext("A tag contains control characters. Remove them."))
    return tags
