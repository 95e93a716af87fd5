"""What sends a request: each engine a few lines over a client that others keep well."""
