"""SQLite files that the processes of one machine share, asked without holding up an event loop."""
