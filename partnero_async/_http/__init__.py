"""How one call is made."""
