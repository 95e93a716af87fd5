"""What Partnero returns: one file per noun, frozen attrs classes, no I/O."""
