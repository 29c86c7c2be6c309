"""Several people upload the very same picture at once: a photo of a paper that was sent round, a double tap."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.infra.storage import Pictures
from tests.patience import SECONDS


def test_the_same_picture_twice_at_once_is_kept_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, "PNG")
    pictures, both = Pictures(tmp_path), threading.Barrier(2)
    write = Path.write_bytes

    def write_together(path: Path, content: bytes) -> Any:
        done = write(path, content)
        both.wait(SECONDS)  # both have written, neither has put its file into place
        return done

    monkeypatch.setattr(Path, "write_bytes", write_together)
    with ThreadPoolExecutor(2) as pool:
        first, second = [work.result(SECONDS) for work in [pool.submit(pictures.keep, out.getvalue()) for _ in "ab"]]
    assert first == second
    kept = pictures.find(first)
    assert kept is not None
    assert [path.name for path in kept.parent.iterdir()] == [first]
