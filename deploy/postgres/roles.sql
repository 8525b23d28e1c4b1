-- The two roles of OPSA, once per server. Passwords are set apart (production: from secret files).
-- opsa_owner owns the tables and runs the migrations, which make further roles (office walls).
-- opsa_app is what web and workers are: no DDL; the migrations take UPDATE and DELETE on the
-- journal away from it.
create role opsa_owner login createrole;
create role opsa_app login;
-- The owner may give and take roles of opsa_app and act as it (tests of the walls).
grant opsa_app to opsa_owner with admin option;
