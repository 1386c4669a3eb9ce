"""Roles and policies of row-level security, made by the database's owner (`millrace roles`)."""

from __future__ import annotations

import re

from django.db import connection

# Whose rows are looked up before a tenant is known: accounts, memberships and what opens the door.
OPEN = {"tenants_member", "tenants_apitoken", "tenants_invitation"}
POLICY = "millrace_tenant"
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class RoleRefused(Exception):
    """The message says what is wrong with the role, in a sentence."""


def prepare(role: str) -> int:
    """Grants and policies for the web role; how many tables are behind the wall. May be repeated."""
    if not _NAME.fullmatch(role):
        raise RoleRefused(f"{role!r} is no name for a role: use small letters, digits and underscores.")
    tables = walled()
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [role])
        found = cursor.fetchone()
        if found is None:
            cursor.execute(f"CREATE ROLE {role} NOLOGIN")
        elif found[0]:
            raise RoleRefused(f"The role {role} goes around row-level security. Choose one that does not.")
        cursor.execute(f"GRANT {role} TO CURRENT_USER")
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
        for part in _partitions():
            cursor.execute(f"REVOKE ALL ON {part} FROM {role}")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            cursor.execute(f"DROP POLICY IF EXISTS {POLICY} ON {table}")
            cursor.execute(
                f"CREATE POLICY {POLICY} ON {table} TO {role} USING "
                "(current_setting('millrace.tenant', true) IN (tenant_id::text, '*'))"
            )
    return len(tables)


def walled() -> list[str]:
    """Tables with a tenant in every row, without those that are open."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') "
            "AND NOT c.relispartition AND a.attname = 'tenant_id' AND NOT a.attisdropped ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall() if row[0] not in OPEN]


def open_tables() -> list[str]:
    """Tables that ought to be behind the wall and are not: made since, or never prepared."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_policies WHERE policyname = %s", [POLICY])
        behind = {row[0] for row in cursor.fetchall()}
    return [table for table in walled() if table not in behind]


def _partitions() -> list[str]:
    """Asked for themselves they would have no policy."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
        return [row[0] for row in cursor.fetchall()]
