"""On what kind of file system a file is, where the system tells: SQLite's locks need a local one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["network_file_system"]

MOUNTS: Final = Path("/proc/self/mountinfo")

NETWORK: Final = frozenset(
    (
        *("9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "glusterfs", "gpfs", "lustre", "ncpfs"),
        *("nfs", "nfs4", "ocfs2", "smb3", "smbfs", "vboxsf"),
        *("fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    )
)


def network_file_system(path: Path, mounts: Path | None = None) -> str | None:
    """The kind of network file system that a file is, or would be, on; None for a local or an unknown one.

    Args:
        path: The file.
        mounts: What lists the mounted file systems, as proc_pid_mountinfo(5) says; the system's if None.
    """
    try:
        lines = (mounts or MOUNTS).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    try:
        folder = path.parent.resolve()
    except (OSError, RuntimeError):  # links in a circle, in words of Python 3.11 and of later ones
        return None
    found, longest = None, -1
    for line in lines:
        mounted, _, rest = line.partition(" - ")
        fields = mounted.split(" ")
        if len(fields) < 5 or not rest:
            continue
        point = Path(fields[4].encode("latin-1", "surrogateescape").decode("unicode_escape"))
        # The last of several at one point hides those below it.
        if folder.is_relative_to(point) and len(point.parts) >= longest:
            found, longest = rest.split(" ")[0], len(point.parts)
    return found if found in NETWORK else None
