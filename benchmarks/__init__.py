"""What the SDK costs, measured beside what a user would write; ``nox -s bench`` runs them all."""
