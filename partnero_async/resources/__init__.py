"""What Partnero can be asked: one file per noun, one method per action."""
