"""Pages to look at a sandbox with, in a browser on this machine."""
