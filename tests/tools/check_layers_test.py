#!/usr/bin/env python3
"""Shows that tools/check_layers refuses a wrong include of each kind and accepts a right one. Prints TAP.

    check_layers_test.py CHECK_LAYERS
"""
import pathlib
import subprocess
import sys
import tempfile

CHECK = sys.argv[1]
# name, file, its text, the text that the report must contain (empty: no report)
CASES = [
    ('core may not include net', 'core/a.h', '#include "../net/b.h"', 'core may not include net/b.h'),
    ('net may not include proto', 'net/a.h', '#include "../proto/text/b.h"', 'net may not include proto/text/b.h'),
    ('a room may not include the room above', 'proto/text/a.h', '#include "../websocket/url.h"',
     'proto/text may not include proto/websocket/url.h'),
    ('policy may not include the session', 'proto/policy/a.cpp', '#include "../session/session.h"',
     'proto/policy may not include proto/session/session.h'),
    ('a room may not include the roof', 'proto/feed/a.h', '#include "../pinwheel.h"',
     'proto/feed may not include proto/pinwheel.h'),
    ('the library may not include tools', 'proto/feed/a.h', '#include "../../tools/feed/market.h"',
     'proto/feed may not include tools/feed/market.h'),
    ('a file needs a known room', 'proto/attic/a.h', '', 'is in no known folder'),
    ('OpenSSL belongs to net', 'core/a.cpp', '#include <openssl/ssl.h>', 'belongs to net'),
    ('wslay belongs to proto', 'net/a.cpp', '#include <wslay/wslay.h>', 'belongs to proto'),
    ('no third party in a header', 'proto/websocket/a.h', '#include <wslay/wslay.h>', 'in a public header'),
    ('only the reactor reads a clock', 'proto/feed/a.cpp', 'auto t = std::chrono::steady_clock::now();',
     'reads a clock'),
    ('an include downwards is right', 'proto/feed/a.cpp', '#include "../venue/b.h"\n#include "../../net/c.h"', ''),
    ('the roof may include all', 'proto/a.h', '#include "record/b.h"\n#include "../core/c.h"', ''),
]


def problems(path, text):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, path)
        file.parent.mkdir(parents=True)
        file.write_text(text + '\n')
        subprocess.run(['git', 'init', '-q', folder], check=True)
        subprocess.run(['git', '-C', folder, 'add', '.'], check=True)
        done = subprocess.run([CHECK, '--root', folder], capture_output=True, text=True)
        return done.stdout if done.returncode else ''


print(f'1..{len(CASES)}')
failed = 0
for number, (name, path, text, expected) in enumerate(CASES, 1):
    found = problems(path, text)
    right = expected in found if expected else not found
    failed += not right
    print(f'{"ok" if right else "not ok"} {number} - {name}')
    if not right:
        print(f'# expected {expected!r}, got {found!r}')
sys.exit(failed > 0)
