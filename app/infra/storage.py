"""Pictures that people upload: checked, drawn anew, and kept under `var/` by the hash of what they hold."""

import hashlib
import io
import re
import secrets
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from PIL import Image, ImageOps, UnidentifiedImageError

from app.kernel.errors import DomainError

#: A phone's photo is far below; anything above is no photo of a crate.
MAX_BYTES = 6 * 1024 * 1024
#: A picture of more pixels is refused before it is unpacked (decompression bombs).
MAX_PIXELS = 40_000_000
#: Longer sides are scaled down: enough to see a bruise, small enough for a phone's connection.
MAX_SIDE = 1600
FORMATS = ("JPEG", "PNG", "WEBP")
KEY = re.compile(r"[0-9a-f]{64}\.jpg")


@dataclass(eq=False, kw_only=True)
class BadPicture(DomainError):
    """The file is not a picture that we can keep: a JPEG, PNG or WebP of at most 6 MB and 40 megapixels."""

    code: ClassVar[str] = "bad_picture"


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of one installation."""

    home: Path

    def keep(self, content: bytes) -> str:
        """Keep a picture and return its key; the same picture again has the same key.

        What is written is drawn anew from the pixels: whatever else the file held (place, camera, a script) is gone.
        Raises BadPicture.
        """
        drawn = _redraw(content)
        key = f"{hashlib.sha256(drawn).hexdigest()}.jpg"
        path = self._path(key)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            half = path.with_suffix(f".{secrets.token_hex(4)}.part")
            half.write_bytes(drawn)
            half.replace(path)  # nobody ever reads half a picture
        return key

    def find(self, key: str) -> Path | None:
        """Where a picture lies; None for a key that nobody was given."""
        if not KEY.fullmatch(key):
            return None
        path = self._path(key)
        return path if path.is_file() else None

    def drop(self, key: str) -> None:
        """Delete a picture; one that is gone stays gone."""
        if KEY.fullmatch(key):
            self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.home / "pictures" / key[:2] / key


def _redraw(content: bytes) -> bytes:
    if not 0 < len(content) <= MAX_BYTES:
        raise BadPicture
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as found:
                if found.width * found.height > MAX_PIXELS:
                    raise BadPicture
                upright = ImageOps.exif_transpose(found).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombWarning) as error:
        raise BadPicture from error
    except Image.DecompressionBombError as error:
        raise BadPicture from error
    upright.thumbnail((MAX_SIDE, MAX_SIDE))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()
