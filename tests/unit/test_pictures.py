"""Pictures: what is kept is drawn anew, named by its hash, and nothing that is no picture gets in."""

import io
from pathlib import Path

import pytest
from PIL import Image

from app.infra.storage import MAX_BYTES, MAX_SIDE, BadPicture, Pictures


def picture(kind: str = "PNG", size: tuple[int, int] = (80, 60), *, place: bool = False) -> bytes:
    out, image = io.BytesIO(), Image.new("RGB", size, (200, 30, 30))
    if place:
        exif = Image.Exif()
        exif[0x010E] = "at home"  # ImageDescription
        image.save(out, kind, exif=exif)
    else:
        image.save(out, kind)
    return out.getvalue()


@pytest.fixture
def kept(tmp_path: Path) -> Pictures:
    return Pictures(tmp_path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_kept_once_under_the_hash_of_what_it_shows(kept: Pictures, kind: str) -> None:
    key = kept.keep(picture(kind))
    assert kept.keep(picture(kind)) == key
    path = kept.find(key)
    assert path is not None
    assert path.parent.name == key[:2]
    with Image.open(path) as found:
        assert (found.format, found.size) == ("JPEG", (80, 60))
    assert [one.name for one in path.parent.iterdir()] == [key]


def test_what_the_camera_wrote_beside_the_picture_is_gone(kept: Pictures) -> None:
    path = kept.find(kept.keep(picture("JPEG", place=True)))
    assert path is not None
    with Image.open(path) as found:
        assert dict(found.getexif()) == {}
    assert b"at home" not in path.read_bytes()


def test_a_large_picture_is_scaled_down(kept: Pictures) -> None:
    path = kept.find(kept.keep(picture("JPEG", (4000, 1000))))
    assert path is not None
    with Image.open(path) as found:
        assert found.size == (MAX_SIDE, 400)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"<script>alert(1)</script>", b"GIF89a" + bytes(40), picture()[:60], bytes(MAX_BYTES + 1),
        b'<svg xmlns="http://www.w3.org/2000/svg"/>', b"%PDF-1.7",
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused_and_leaves_nothing(kept: Pictures, tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadPicture):
        kept.keep(content)
    assert list(tmp_path.rglob("*")) == []


def test_a_bomb_is_refused_before_it_is_unpacked(kept: Pictures) -> None:
    out = io.BytesIO()
    Image.new("1", (12_000, 9_000)).save(out, "PNG")
    with pytest.raises(BadPicture):
        kept.keep(out.getvalue())


@pytest.mark.parametrize("key", ["", "x.jpg", "../../etc/passwd", "0" * 64, f"{'0' * 64}.jpg", f"{'Z' * 64}.jpg"])
def test_a_key_that_nobody_was_given_opens_nothing(kept: Pictures, key: str) -> None:
    assert kept.find(key) is None
