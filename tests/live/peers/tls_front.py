#!/usr/bin/python3
"""Becomes nginx or haproxy as a TLS front before a server on 127.0.0.1. The first line printed is the port.

    tls_front.py nginx|haproxy --backend PORT --cert PEM --key PEM --dir EMPTY_FOLDER

The kernel chooses the port. After the line the process is the front itself and nothing but it, so that a signal
reaches no one in between.
"""
import argparse
import os
import pathlib
import shutil
import socket
import sys

from announce import announce

NGINX = """
daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log stderr error;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl reuseport;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate {cert};
        ssl_certificate_key {key};
        location / {{
            proxy_pass http://127.0.0.1:{backend};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_set_header Host $host;
            proxy_read_timeout 1h;
        }}
    }}
}}
"""

HAPROXY = """
global
    maxconn 256
    log stderr local0 emerg
defaults
    mode http
    timeout connect 10s
    timeout client 1h
    timeout server 1h
    timeout tunnel 1h
frontend tls
    bind fd@{fd} ssl crt {dir}/identity.pem
    default_backend plain
backend plain
    server one 127.0.0.1:{backend}
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('front', choices=['nginx', 'haproxy'])
    for name in ('--backend', '--cert', '--key', '--dir'):
        parser.add_argument(name, required=True)
    options = parser.parse_args()
    path = os.environ.get('PATH', '') + ':/usr/sbin:/usr/local/sbin'
    program = shutil.which(options.front, path=path)
    if program is None:
        sys.exit(f'{options.front} is not installed; tools/setup installs it')

    # nginx crashes if it is handed a listening socket in single-process mode, so it gets a port that is bound, and
    # so kept from others, but not listened on; haproxy takes the socket itself.
    shares_port = options.front == 'nginx'
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shares_port)
    reserved.bind(('127.0.0.1', 0))
    os.set_inheritable(reserved.fileno(), True)
    folder = pathlib.Path(options.dir)
    values = {**vars(options), 'port': reserved.getsockname()[1], 'fd': reserved.fileno()}
    config = folder / 'front.conf'
    if options.front == 'nginx':
        config.write_text(NGINX.format(**values))
        argv = [program, '-p', options.dir, '-c', str(config)]
    else:
        identity = folder / 'identity.pem'
        identity.touch(mode=0o600)
        identity.write_text(pathlib.Path(options.cert).read_text() + pathlib.Path(options.key).read_text())
        config.write_text(HAPROXY.format(**values))
        argv = [program, '-db', '-q', '-f', str(config)]
    if os.fork() == 0:
        announce(values['port'], server=os.getppid())
    os.execv(program, argv)


main()
