"""Photographs as telephones take them: kept as they are, with a JPEG beside them that anybody can look at."""

import io
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from PIL.Image import Image

# What office computers and the archive's readers do not open by themselves.
PHOTOGRAPHS = frozenset({"image/heic", "image/heif", "image/webp"})
JPEG = "image/jpeg"
_QUALITY = 88


def open_picture(stream: BinaryIO) -> "Image":
    """Return a picture of any kind that is taken, its beginning read."""
    from PIL.Image import open as open_image
    from pillow_heif import register_heif_opener

    # Loaded when a picture comes; registering twice does nothing more.
    register_heif_opener()
    return open_image(stream)


def viewing_copy(stream: BinaryIO) -> bytes:
    """Return a photograph as JPEG, upright and without what a telephone wrote beside it."""
    from PIL import ImageOps

    stream.seek(0)
    written = io.BytesIO()
    with open_picture(stream) as picture:
        ImageOps.exif_transpose(picture).convert("RGB").save(written, "JPEG", quality=_QUALITY)
    return written.getvalue()


def copy_name(name: str) -> str:
    """Return what the copy of a photograph is called."""
    return f"{PurePath(name).stem}（查看用）.jpg"
