"""What ``docs/openapi.py`` is made of: each module describes one part of the API out of the code."""
