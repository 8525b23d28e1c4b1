#!/bin/sh
# First start of the database container: roles with their passwords, the empty database.
# Runs once, on an empty volume; /etc/opsa holds the SQL that the demo uses too.
set -eu

psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 --quiet <<'SQL'
\i '/etc/opsa/roles.sql'
\set owner_password `cat '/run/secrets/db_owner_password'`
\set app_password `cat '/run/secrets/db_app_password'`
alter role opsa_owner password :'owner_password';
alter role opsa_app password :'app_password';
create database opsa owner opsa_owner encoding 'UTF8' locale_provider builtin
    builtin_locale 'C.UTF-8' template template0;
revoke connect on database opsa from public;
grant connect on database opsa to opsa_app;
\connect opsa
\i '/etc/opsa/privileges.sql'
SQL
