#!/bin/sh
# Run once by the image of PostgreSQL, when its folder is empty: a plain role, which owns its
# database and nothing else, and one that owns nothing, under which the server keeps people's rows
# apart. Drawbridge needs no more, and so gets no more.
set -eu
psql --set=ON_ERROR_STOP=1 --no-psqlrc --username=postgres --dbname=postgres \
    --set=password="$(cat /run/secrets/database-password)" <<'SQL'
CREATE ROLE drawbridge LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE ROLE drawbridge_tenant NOLOGIN;
GRANT drawbridge_tenant TO drawbridge;
CREATE DATABASE drawbridge OWNER drawbridge ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0;
REVOKE ALL ON DATABASE drawbridge FROM PUBLIC;
SQL
