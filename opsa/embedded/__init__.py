"""PostgreSQL 18 and Valkey 9 from wheels, for `./start` and the tests.

Real engines on unix sockets, no TCP port, nothing to install. Production points the same code at
real servers through `DATABASE_URL` and `REDIS_URL` and never imports this package.
"""
