#!/bin/sh
# Turns secret files into what libpq and the broker client read, then becomes the command.
# Passwords reach neither the image nor `docker inspect`.
set -eu

role=${DATABASE_ROLE:-opsa_app}
case $role in
opsa_owner) password_file=/run/secrets/db_owner_password ;;
*) password_file=/run/secrets/db_app_password ;;
esac

if [ -r "$password_file" ]; then
    umask 077
    # libpq reads host:port:database:user:password and takes a backslash before : and \
    escaped=$(sed -e 's/\\/\\\\/g' -e 's/:/\\:/g' "$password_file")
    # Health checks come through here too, while others read the file.
    printf '*:*:*:%s:%s\n' "$role" "$escaped" >"/tmp/pgpass.$$"
    mv -f "/tmp/pgpass.$$" /tmp/pgpass
    export PGPASSFILE=/tmp/pgpass
fi
: "${DATABASE_HOST:=postgres}"
export DATABASE_URL="${DATABASE_URL:-postgres://$role@$DATABASE_HOST:5432/opsa}"

if [ -z "${REDIS_URL:-}" ] && [ -r /run/secrets/valkey_password ]; then
    REDIS_URL="redis://:$(cat /run/secrets/valkey_password)@${VALKEY_HOST:-valkey}:6379/0"
    export REDIS_URL
fi

exec "$@"
