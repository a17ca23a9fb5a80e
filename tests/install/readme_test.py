#!/usr/bin/env python3
"""Follows README.md like a reader. Prints TAP.

    readme_test.py BUILD_FOLDER COMPILER
"""
import contextlib
import os
import pathlib
import re
import shlex
import subprocess
import sys

import readme
from installed import install, pkg_config, play, run

BUILD = pathlib.Path(sys.argv[1])
COMPILER = sys.argv[2]
ROOT = readme.README.parent

RECIPE = """#include <pinwheel/pinwheel.h>
#include <cstdio>
#include <thread>
#include <tuple>
using namespace std::chrono_literals;
static void recipe([[maybe_unused]] pinwheel::Reactor& reactor) {{
{}
}}
int main(int argc, char**) {{
    if (argc < 2) return 0;
    pinwheel::Reactor reactor;
    recipe(reactor);
}}
"""

# Commands that are not run here, with the reasons.
ELSEWHERE = {
    'tools/demo': 'builds all once more; fresh_machine runs it, and its last line is run as `pinwheel demo`',
    'tools/check': 'runs this test',
    'tools/docs': 'a stage of tools/check',
    'tools/soak': 'a stage of tools/check',
    'pinwheel latency URL --plot FILE.svg': 'names no file; tests/tools runs it',
    'pinwheel config check FILE': 'names no file; tests/tools runs it',
    'pinwheel tail --venue NAME --channel NAME:SYMBOL': 'names no venue; tests/tools runs it',
    'pinwheel venues': 'tests/tools runs it',
    'pinwheel record URL --out DIR': 'names no server; tests/tools runs it',
    'pinwheel replay FILE': 'names no recording; tests/tools runs it',
    'pinwheel doctor': 'tells of this machine; tests/tools runs it on made-up ones',
    'tools/fuzz': 'a stage of tools/check',
    'build/release/bench/compare/compare --plot latency.svg': 'takes minutes; --smoke of it is a test',
    'build/release/bench/counted': 'takes a minute; --smoke of it is a test',
    'build/release/bench/ring': 'a benchmark, which tools/check runs in short',
    'build/release/bench/wire_to_consumer': 'a benchmark, which tools/check runs in short',
}


@contextlib.contextmanager
def server(*command):
    """Runs a server whose first line is its port, and stops it."""
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def feed(prefix, work):
    return server(prefix / 'bin' / 'pinwheel', 'feed', '--port', 0, '--tls', '--ca-out', work / 'ca.pem',
                  '--rate', 2000)


def environment(prefix):
    return {**os.environ, 'LD_LIBRARY_PATH': str(next(prefix.rglob('libpinwheel.so')).parent),
            'PATH': f'{prefix / "bin"}:{os.environ["PATH"]}'}


def programs_run_against_the_feed(work):
    prefix = install(BUILD, work)
    programs = [piece for piece in readme.pieces() if readme.is_program(piece)]
    assert programs
    for number, piece in enumerate(programs):
        (work / f'{number}.cpp').write_text(piece)
        run(COMPILER, '-Wall', '-Wextra', '-Werror', work / f'{number}.cpp', '-o', work / str(number),
            *pkg_config(prefix, '--cflags', '--libs'))
        with feed(prefix, work) as port:
            output = run(work / str(number), f'wss://127.0.0.1:{port}/', work / 'ca.pem',
                         env=environment(prefix), timeout=60)
        lines = output.splitlines()
        assert len(lines) == 10 and all(line.startswith('{') for line in lines), output


def recipes_compile_and_link(work):
    prefix = install(BUILD, work)
    recipes = [piece for piece in readme.pieces() if not readme.is_program(piece)]
    assert len(recipes) > 4, recipes
    for number, piece in enumerate(recipes):
        (work / f'{number}.cpp').write_text(RECIPE.format(piece))
        run(COMPILER, '-Wall', '-Wextra', '-Werror', work / f'{number}.cpp', '-o', work / str(number),
            *pkg_config(prefix, '--cflags', '--libs'))
        run(work / str(number), env=environment(prefix))


def commands_run(work):
    stage = work / 'stage'
    prefix = install(BUILD, work)
    program = next(piece for piece in readme.pieces() if readme.is_program(piece))
    (work / 'program.cpp').write_text(program)

    def shell(line, **options):
        return run('sh', '-ec', line, cwd=work, env={**environment(prefix), **options}, timeout=120)

    def run_install(line):
        line = line.replace('-C build/demo', f'-C {shlex.quote(str(BUILD))} --no-rebuild --destdir {stage}')
        shell(line)
        assert list(stage.rglob('pinwheel.pc')), line

    def run_compiler(line):
        # Installed below `stage`, which is on no default search path.
        folder = next(stage.rglob('pinwheel.pc')).parent
        shell(re.sub(r'^g\+\+', COMPILER, line), PKG_CONFIG_PATH=str(folder), PKG_CONFIG_SYSROOT_DIR=str(stage))
        assert (work / 'program').exists(), line

    def run_pinwheel(line):
        command = line.split()[1]
        if command == 'feed':
            with server('sh', '-ec', f'exec {prefix}/bin/{line}') as port:
                assert int(port) > 0, port
        elif command in ('rtt', 'echo'):
            path = '/' if command == 'rtt' else '/close?code=1000'
            more = ' --count 10' if command == 'rtt' else ''
            with server('/usr/bin/python3', ROOT / 'tests/live/peers/echo_server.py') as port:
                shell(line.replace('URL', shlex.quote(f'ws://127.0.0.1:{port}{path}')) + more)
        elif command == 'tail':
            with feed(prefix, work) as port:
                output = shell(line.replace('URL', f'wss://127.0.0.1:{port}/') + ' --ca ca.pem --subscribe trades.BTC-USD --count 3')
            assert output.count('\n') == 3, output
        elif command == 'demo':
            shell(line + ' --seconds 1')
        else:
            shell(f'pinwheel {command} --help')

    ways = {'meson install ': run_install, 'g++ ': run_compiler, 'pinwheel ': run_pinwheel}
    lines = readme.commands()
    assert len(lines) > 6, lines
    for line in sorted(lines, key=lambda line: not line.startswith('meson install')):
        if line.split(' --')[0] in ELSEWHERE or line in ELSEWHERE:
            continue
        way = next((way for start, way in ways.items() if line.startswith(start)), None)
        assert way, f'README.md has a command that nobody tries: {line}'
        way(line)
    assert (work / 'program').exists(), 'README.md does not say how to build a program'


def paths_are_there(_work):
    paths = readme.paths()
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert len(paths) > 5 and not missing, missing


# What each answer of CONTRIBUTING.md's map must hold.
ANSWERS = {
    'proto/websocket/close_code.cpp': r'bad_utf8.*return CloseCode::invalid_payload',
    'proto/websocket/control_protocol.h': r'pings that are answered',
    'proto/websocket/limit_table.h': r'LimitRow\{"ping_interval", "ping", "interval", LimitUnit::seconds, 20, 5, 60',
    'proto/policy/session_effect.h': r'define PINWHEEL_SESSION_TIMERS\(row\)',
    'proto/policy/session_fsm.cpp': r'push\(Effect::NotifyConnected',
    'proto/policy/reconnect_policy.cpp': r'ReconnectPolicy::delay\(',
    'proto/websocket/upgrade_client.cpp': r'Errc::upgrade_unavailable : Errc::upgrade_refused',
    'proto/policy/keepalive.cpp': r'Step::timed_out',
    'net/happy_eyeballs.cpp': r'interleave_families\(',
    'net/resolver.cpp': r'is_current\(options_.resolv_conf\)',
    'net/turn_bounds.h': r'constexpr int kTimers = \d+',
    'net/tls_context.cpp': r'SSL_set1_host\(',
    'proto/websocket/frame_codec.h': r'next_whole\(',
    'proto/text/utf8.cpp': r'bool is_utf8\(',
    'proto/delivery/queue_sink.cpp': r'OverflowPolicy::backpressure',
    'proto/websocket/redactor.cpp': r'bool is_key\(std::string_view segment\)',
    'core/error.cpp': r'Row\{Errc::connection_reset, transport, true, "',
    'proto/text/json_view.cpp': r'RFC 6901',
    'proto/venue/profiles/binance-spot.json': r'"connect_limits": \[\{"count": 300',
    'proto/venue/subscription_replies.cpp': r'SubscriptionLedger::on_ack\(',
    'proto/record/record_line.cpp': r'void append_line\(',
    'tools/relay/relay_rules.cpp': r'age <= max_age',
    'tools/package/pinwheel.map': r'pinwheel::WebSocketManager::',
}


def the_map_leads_to_the_answers(_work):
    text = (ROOT / 'CONTRIBUTING.md').read_text(encoding='utf-8')
    table = text.split('| question | file |\n| --- | --- |\n', 1)[1].split('\n\n', 1)[0].splitlines()
    answers = [row.split('|')[2].strip().strip('`') for row in table]
    assert len(answers) >= 20, f'{len(answers)} questions in CONTRIBUTING.md, 20 wanted'
    assert sorted(answers) == sorted(ANSWERS), set(answers) ^ set(ANSWERS)
    wrong = [answer for answer in answers
             if not re.search(ANSWERS[answer], (ROOT / answer).read_text(encoding='utf-8'))]
    assert not wrong, f'CONTRIBUTING.md sends to {wrong}, which do not hold what is asked for'


def keys_of_a_config_are_the_commands(work):
    begin, end = '<!-- begin: pinwheel config keys --format markdown -->\n', '<!-- end -->'
    text = (ROOT / 'proto/behaviour.md').read_text(encoding='utf-8')
    table = text.split(begin, 1)[1].split(end, 1)[0]
    made = run(install(BUILD, work) / 'bin' / 'pinwheel', 'config', 'keys', '--format', 'markdown')
    assert table == made, f'proto/behaviour.md: put this between the marks:\n{made}'


def unused_reasons_are_gone(_work):
    known = {line.split(' --')[0] for line in readme.commands()} | set(readme.commands())
    unused = set(ELSEWHERE) - known - {'tools/docs'}
    assert not unused, f'README.md has none of {unused} any more'


sys.exit(play([programs_run_against_the_feed, recipes_compile_and_link, commands_run, paths_are_there,
               the_map_leads_to_the_answers, keys_of_a_config_are_the_commands, unused_reasons_are_gone]))
