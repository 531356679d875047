"""nginx: files, compressed ones, pages with replacements, and what it fetches from a second server of its own."""

import os
import re
import shutil

from measure.servers.process import Trouble
from measure.servers.server import Server, connected, socket_path

# `daemon off` keeps it in the foreground; the worker is a process of its own, as usual.
CONFIGURATION = """
daemon off;
%(user)s
worker_processes 1;
pid %(folder)s/pid;
error_log stderr warn;
events { worker_connections 256; }
http {
    access_log off;
    server_tokens off;
    log_not_found off;
    keepalive_requests 1000;
    default_type text/html;
    client_body_temp_path %(folder)s/body;
    proxy_temp_path %(folder)s/proxy;
    fastcgi_temp_path %(folder)s/fastcgi;
    uwsgi_temp_path %(folder)s/uwsgi;
    scgi_temp_path %(folder)s/scgi;
    gzip_min_length 1;
    gzip_comp_level 1;
    map $arg_part $chapter { default one; ~^(?<digit>[0-9])$ chapter-$digit; }
    upstream second { server unix:%(folder)s/second; keepalive 4; }
    server {
        listen unix:%(socket)s;
        root %(folder)s/files;
        location /compressed/ { alias %(folder)s/files/; gzip on; }
        location /replaced/ { alias %(folder)s/files/; sub_filter_once off; sub_filter word $chapter; }
        location /answer/ { return 200 "$request_method $chapter $args $http_user_agent"; }
        location /fetched/ {
            proxy_pass http://second/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
    }
    server {
        listen unix:%(folder)s/second;
        root %(folder)s/files;
    }
}
"""

SIZES = {"small": 300, "page": 5_000, "large": 90_000}

# What a client asks for before the connection is closed; `{}` is the client's number.
PATHS = [
    "/small?part={}",
    "/answer/{}?part={}",
    "/page",
    "/fetched/page?part={}",
    "/compressed/page",
    "/replaced/page?part={}",
    "/fetched/large",
    "/missing/{}",
    "/answer/last?part={}",
    "/small",
]


class Nginx(Server):
    def __init__(self):
        super().__init__("nginx", "nginx-light", 24_000)

    def is_installed(self):
        return shutil.which("nginx") is not None

    def prepare(self, folder):
        files = os.path.join(folder, "files")
        os.mkdir(files)
        for name, size in SIZES.items():
            path = os.path.join(files, name)
            with open(path, "w", encoding="ascii") as file:
                file.write("".join(f"word {at} of the {name} file\n" for at in range(size // 25)))
            # It is part of the replies.
            os.utime(path, (0, 0))
        # The worker would run as a user who may not see this folder.
        user = "user root root;" if os.geteuid() == 0 else ""
        path = os.path.join(folder, "nginx.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(CONFIGURATION % {"folder": folder, "socket": socket_path(folder), "user": user})
        return ["nginx", "-e", "stderr", "-p", folder, "-c", path]

    def load(self, folder, requests, replies):
        for number in range(max(requests // len(PATHS), 1)):
            with connected(folder) as client:
                client.sendall(asked_for(number % 10))
                replies.update(without_dates(all_from(client)))


def asked_for(number):
    """All requests of a client at once; the last one has the server close the connection."""
    texts = []
    for path in PATHS:
        last = "Connection: close\r\n" if path == PATHS[-1] else ""
        accepts = "Accept-Encoding: gzip\r\n" if path.startswith("/compressed") else ""
        texts.append(
            f"GET {path.replace('{}', str(number))} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: client {number}\r\n"
            f"Accept: text/html\r\nCookie: a={'c' * 100}\r\n{accepts}{last}\r\n"
        )
    return "".join(texts).encode("ascii")


def all_from(client):
    parts = []
    while part := client.recv(1 << 20):
        parts.append(part)
    if not parts:
        raise Trouble("it closes the connection")
    return b"".join(parts)


def without_dates(reply):
    return re.sub(rb"\r\nDate: [^\r]*", b"", reply)
