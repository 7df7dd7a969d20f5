"""Tags of a project: short single-line texts."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError

MAX_TAGS = 20
MAX_TAG_LENGTH = 32


def parse_tags(text: str) -> list[str]:
    """The tags in a comma-separated text; raises ValidationError for too many, a long one or a control character."""
    tags = [tag.strip() for tag in text.split(",") if tag.strip()]
    if len(tags) > MAX_TAGS:
        raise ValidationError(f"Give at most {MAX_TAGS} tags.")
    if any(len(tag) > MAX_TAG_LENGTH for tag in tags):
        raise ValidationError(f"A tag has at most {MAX_TAG_LENGTH} characters.")
    if any(unicodedata.category(character) == "Cc" for tag in tags for character in tag):
        raise ValidationError("A tag holds no control characters.")
    return tags
