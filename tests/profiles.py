"""How much is tried: by hypothesis, what a test asks for under the profile ``ci``, and ten under ``dev``.

``HYPOTHESIS_PROFILE=dev`` chooses, and so does pytest's own ``--hypothesis-profile=dev``. ``TEST_SOAK=1``,
which the session ``soak`` sets, lets tests of endurance run as long as they were meant to.
"""

from __future__ import annotations

import os

from hypothesis import settings

DEFAULT = "ci"


def register() -> None:
    """Both profiles, and the one that the environment names."""
    # As hypothesis's own profile for CI: what fails there fails for everybody who checks the commit out.
    same = bool(os.environ.get("CI"))
    settings.register_profile("ci", deadline=None, derandomize=same, print_blob=same)
    settings.register_profile("dev", deadline=None, derandomize=same, print_blob=same, max_examples=10)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", DEFAULT))


def at_length(number: int, usual: int | None = None) -> int:
    """So many in the session ``soak``, and in others the usual number, or a fifth."""
    if os.environ.get("TEST_SOAK"):
        return number
    return number // 5 if usual is None else usual


def examples(number: int) -> settings:
    """Try a test with so many examples, or with fewer where the profile says so."""
    if settings.get_current_profile_name() == "ci":
        return settings(max_examples=number)
    return settings()
