"""Database roles: what the running application may do at most (invariant I17).

* `opsa_app`: the login of web and workers. Reads and writes rows, makes no tables.
* `opsa_counter`: what a request of an office's staff runs as; row security shows it one.
* `opsa_city`: what every other request runs as; it sees all offices.

None of them may change or delete a line of the journal. Tables belong to the role that migrates.
"""

from typing import Any, Final

from django.apps.config import AppConfig
from django.db import connections

APP: Final = "opsa_app"
COUNTER: Final = "opsa_counter"
CITY: Final = "opsa_city"
ALL: Final = (APP, COUNTER, CITY)
INSERT_ONLY: Final = ("core_journalentry", "core_journalseal")
READ_ONLY: Final = ("django_migrations",)

# Roles belong to the whole cluster, so two databases may be set up side by side: a role or a
# membership that appears in between is what we wanted. Without the right to create roles the
# step is passed over; then whoever runs the cluster creates them (docs: installing).
CREATE_ROLES: Final = """
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['opsa_app', 'opsa_counter', 'opsa_city'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I %s', name,
                       CASE WHEN name = 'opsa_app' THEN 'LOGIN' ELSE 'NOLOGIN' END);
      EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL;
        WHEN insufficient_privilege THEN
          RAISE NOTICE 'role % is missing and may not be created here', name;
      END;
    END IF;
  END LOOP;
  FOREACH name IN ARRAY ARRAY['opsa_counter', 'opsa_city'] LOOP
    BEGIN
      IF NOT EXISTS (
        SELECT FROM pg_auth_members m
        JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
        WHERE r.rolname = name AND u.rolname = 'opsa_app' AND m.set_option
      ) THEN
        EXECUTE format('GRANT %I TO opsa_app WITH INHERIT FALSE, SET TRUE', name);
      END IF;
      IF NOT pg_has_role(current_user, name, 'SET') THEN
        EXECUTE format('GRANT %I TO %I WITH INHERIT FALSE, SET TRUE', name, current_user);
      END IF;
    EXCEPTION
      WHEN insufficient_privilege OR undefined_object OR internal_error OR unique_violation THEN
        RAISE NOTICE 'membership of % was not granted here', name;
    END;
  END LOOP;
END
$$;
"""


# Test runs flush, and so "migrate", hundreds of times: the same tables need their rights once.
_granted: set[object] = set()


def grant(sender: AppConfig | None = None, using: str = "default", **_: Any) -> None:
    """Give every table its rights; runs after each migration, for tables of any room.

    Journal and seals get SELECT and INSERT, all others also UPDATE and DELETE. Nobody gets
    TRUNCATE, REFERENCES or TRIGGER. Without the roles or without ownership it does nothing.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(ALL)])
        roles = ", ".join(sorted(row[0] for row in cursor.fetchall()))
        if not roles:
            return
        cursor.execute(
            "SELECT quote_ident(relname), relname, relkind, oid FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')"
            " AND pg_has_role(relowner, 'USAGE')"
        )
        relations = cursor.fetchall()
        done = (using, connections[using].settings_dict["NAME"], roles, frozenset(relations))
        if not relations or done in _granted:
            return
        statements = [f"GRANT USAGE ON SCHEMA public TO {roles}"]
        for quoted, name, kind, _oid in relations:
            if kind == "S":
                statements.append(f"GRANT USAGE, SELECT ON SEQUENCE {quoted} TO {roles}")
                continue
            if name in READ_ONLY:
                rights = "SELECT"
            elif name in INSERT_ONLY:
                rights = "SELECT, INSERT"
            else:
                rights = "SELECT, INSERT, UPDATE, DELETE"
            statements.append(f"REVOKE ALL ON {quoted} FROM {roles}")
            statements.append(f"GRANT {rights} ON {quoted} TO {roles}")
        cursor.execute("; ".join(statements))
        _granted.add(done)
