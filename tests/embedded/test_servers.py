"""The engines that `./start` and the tests run on."""

import os

import psycopg
import redis


def test_the_engines_are_the_majors_of_production():
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        assert connection.info.server_version // 10_000 == 18
    client = redis.Redis.from_url(os.environ["REDIS_URL"].replace("redis+socket:", "unix:"))
    with client:
        assert client.info("server")["valkey_version"].startswith("9.")
