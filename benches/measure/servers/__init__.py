"""The servers that are measured, each with a load of its own."""

from measure.servers.nginx import Nginx
from measure.servers.postgres import Postgres
from measure.servers.redis import Redis

ALL = [Redis, Postgres, Nginx]
