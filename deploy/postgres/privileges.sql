-- Once per database (and in template1, so that test databases have it): what the owner makes,
-- the application may use.
alter default privileges for role opsa_owner
    grant select, insert, update, delete on tables to opsa_app;
alter default privileges for role opsa_owner
    grant usage, select on sequences to opsa_app;
