"""Who may send now: turns decide who goes first, pace decides when anybody may."""
