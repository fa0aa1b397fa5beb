"""Where the ffmpeg program is: the setting, then PATH, then the one in the `imageio-ffmpeg` wheel."""
from __future__ import annotations

import os
import shutil
from pathlib import Path

import imageio_ffmpeg

from privmedia.media.errors import ToolMissing


def find(setting: str = "") -> Path:
    """Its full path. A setting that leads nowhere is an error, never passed over. Raises ToolMissing."""
    if setting:
        chosen = shutil.which(setting)
        if chosen is None:
            raise ToolMissing(f"The ffmpeg program named in the settings, {setting}, does not exist or cannot be run.")
        return Path(os.path.abspath(chosen))
    found = shutil.which("ffmpeg") or bundled()
    if found is None:
        raise ToolMissing("There is no ffmpeg program on this server. Install it, or the package imageio-ffmpeg.")
    return Path(os.path.abspath(found))


def bundled() -> str | None:
    """The program in the wheel, which has none for some machines."""
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        return None
