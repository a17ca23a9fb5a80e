#!/usr/bin/python3
"""Becomes tinyproxy or danted on 127.0.0.1. The first line printed is the port.

    proxy.py tinyproxy|danted --dir EMPTY_FOLDER [--user USER --password PASSWORD] [--port PORT]

Without --port the kernel chooses one. A signal that kills this process ends the proxy with all its children. danted
runs in namespaces of its own, which takes root: it asks the system for passwords, and there passwd and shadow know
--user.
"""
import argparse
import os
import pathlib
import shutil
import socket
import subprocess
import sys

from announce import announce

TINYPROXY = """
User root
Group root
Port {port}
Listen 127.0.0.1
Timeout 3600
MaxClients 100
LogLevel Critical
{authentication}
"""

DANTED = """
logoutput: /dev/null
internal: 127.0.0.1 port = {port}
external: lo
clientmethod: none
socksmethod: {authentication}
user.privileged: root
user.unprivileged: nobody
client pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
socks block {{ from: 0.0.0.0/0 to: 127.0.0.9/32 }}
socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 command: connect }}
"""


def system_users(folder, user, password):
    """A passwd and a shadow with one more user; the shell command that puts them in place."""
    digest = subprocess.run(['openssl', 'passwd', '-6', password], check=True, capture_output=True, text=True).stdout
    (folder / 'passwd').write_text(pathlib.Path('/etc/passwd').read_text() + f'{user}:x:4242:4242::/:/bin/false\n')
    shadow = folder / 'shadow'
    shadow.touch(mode=0o600)
    shadow.write_text(f'{user}:{digest.strip()}:19000:0:99999:7:::\n')
    return f'mount --bind {folder}/passwd /etc/passwd && mount --bind {folder}/shadow /etc/shadow && '


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('proxy', choices=['tinyproxy', 'danted'])
    parser.add_argument('--dir', required=True)
    parser.add_argument('--port', type=int)
    parser.add_argument('--user')
    parser.add_argument('--password')
    options = parser.parse_args()
    program = shutil.which(options.proxy, path=os.environ.get('PATH', '') + ':/usr/sbin:/usr/local/sbin')
    if program is None:
        sys.exit(f'{options.proxy} is not installed; tools/setup installs it')

    port = options.port
    if port is None:
        with socket.socket() as free:  # neither program accepts a socket or prints its port
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
    folder = pathlib.Path(options.dir)
    config = folder / 'proxy.conf'
    if options.proxy == 'tinyproxy':
        basic = f'BasicAuth {options.user} {options.password}' if options.user else ''
        config.write_text(TINYPROXY.format(port=port, authentication=basic))
        argv = [program, '-d', '-c', str(config)]
    else:
        config.write_text(DANTED.format(port=port, authentication='username' if options.user else 'none'))
        argv = [program, '-f', str(config), '-p', str(folder / 'danted.pid')]
        users = system_users(folder, options.user, options.password) if options.user else ''
        # The shell is the first process of the namespace: if it is killed, danted and its children end. danted itself
        # cannot be, since who changes the user is no longer told that the parent has died.
        argv = ['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', users + '"$0" "$@"; exit'] + argv
    if os.fork() == 0:
        announce(port, server=os.getppid())
    os.execvp(argv[0], argv)


main()
