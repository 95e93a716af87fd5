"""What the sandbox knows about: one module per noun, each with its tables and its routes."""

from ..routing import Route
from . import customers, partners, program, transactions

SCHEMA: tuple[str, ...] = (partners.SCHEMA, customers.SCHEMA, transactions.SCHEMA)

ROUTES: tuple[Route, ...] = (
    *program.ROUTES,
    *partners.ROUTES,
    *customers.ROUTES,
    *transactions.ROUTES,
)
