#!/usr/bin/env python3
"""Installs into a temporary folder and uses the result from outside. Prints TAP.

    install_test.py BUILD_FOLDER THIS_FOLDER COMPILER
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import sys

import symbols
from installed import install, pkg_config, play, run

BUILD, HERE = (pathlib.Path(folder) for folder in sys.argv[1:3])
COMPILER = sys.argv[3]
ROOT = HERE.parent.parent
EXPECTED = 'feed.example 1\n'
THIRD_PARTY = re.compile(r'/(openssl|wslay|simdjson|CLI|boost|gtest|gmock|benchmark)[/.]|/ares\w*\.h')


def check_program(prefix, work, *options):
    program = work / 'program'
    # The archive must work with linkers without link-time optimisation.
    plain = [] if 'clang' in COMPILER else ['-fno-use-linker-plugin']
    run(COMPILER, *plain, HERE / 'five_lines.cpp', '-o', program,
        *pkg_config(prefix, '--cflags', '--libs', *options))
    library = next(prefix.rglob('libpinwheel.*')).parent
    output = run(program, env={**os.environ, 'LD_LIBRARY_PATH': str(library)})
    assert output == EXPECTED, output
    return program


def shared(work):
    program = check_program(install(BUILD, work), work)
    version = re.search(r"version: '(\d+\.\d+)", (ROOT / 'meson.build').read_text(encoding='utf-8'))[1]
    assert f'[libpinwheel.so.{version}]' in run('readelf', '-d', program)


def static(work):
    prefix = install(BUILD, work)
    for library in prefix.rglob('libpinwheel.so*'):
        library.unlink()
    program = check_program(prefix, work, '--static')
    assert 'libpinwheel' not in run('readelf', '-d', program)


def cmake_package(work):
    prefix = install(BUILD, work)

    def configure(version):
        return run('cmake', '-G', 'Ninja', '-S', HERE, '-B', work / 'build', f'-DCMAKE_CXX_COMPILER={COMPILER}',
                   f'-DCMAKE_PREFIX_PATH={prefix}', f'-DWANTED={version}')

    for other in ('0.2', '1.0'):
        try:
            configure(other)
        except AssertionError as error:
            assert 'not compatible' in ' '.join(str(error).split()) or 'compatible with' in str(error), error
        else:
            raise AssertionError(f'{other} is not there, and was found')
    configure('0.1')
    run('cmake', '--build', work / 'build')
    for program in ('with_shared', 'with_static'):
        output = run(work / 'build' / program)
        assert output == EXPECTED, output


def meson_subproject(work):
    shutil.copytree(HERE / 'subproject', work / 'consumer')
    shutil.copy(HERE / 'five_lines.cpp', work / 'consumer')
    (work / 'consumer' / 'subprojects').mkdir()
    (work / 'consumer' / 'pinwheel.wrap').rename(work / 'consumer' / 'subprojects' / 'pinwheel.wrap')
    tree = work / 'consumer' / 'subprojects' / 'pinwheel'
    tree.mkdir()
    for name in ('core', 'net', 'proto', 'tools', 'meson.build', 'meson_options.txt'):
        (tree / name).symlink_to(ROOT / name)
    launcher = 'ccache ' if shutil.which('ccache') else ''
    run('meson', 'setup', work / 'build', work / 'consumer', '-Dbuildtype=debug', '--force-fallback-for=pinwheel',
        env={**os.environ, 'CXX': launcher + COMPILER})
    run('ninja', '-C', work / 'build', 'consumer')
    output = run(work / 'build' / 'consumer')
    assert output == EXPECTED, output


def headers_compile_alone_and_know_no_third_party(work):
    prefix = install(BUILD, work)
    headers = sorted((prefix / 'include' / 'pinwheel').rglob('*.h'))
    assert len(headers) > 10, headers

    def compile_alone(header):
        source = work / ('_'.join(header.relative_to(prefix).parts) + '.cpp')
        source.write_text(f'#include <{header.relative_to(prefix / "include")}>\n')
        read = source.with_suffix('.d')
        run(COMPILER, '-std=c++20', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-fsyntax-only',
            '-MD', '-MF', read, '-I', prefix / 'include', source)
        included = read.read_text(encoding='utf-8').split()
        strangers = [path for path in included if THIRD_PARTY.search(path)]
        assert len(included) > 1 and not strangers, f'{header} includes {strangers}'

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(compile_alone, headers))


# These are defined in headers: the optimiser decides whether the library contains them as well.
IN_HEADERS = {'BasicSpscRing', 'ByteStream', 'Clock', 'ConnectionHandler', 'Dial', 'DialHandler', 'Dialer', 'IdleStrategy',
              'MessageSink', 'Network', 'SessionObserver', 'SubscriptionCodec', 'WebSocketError', 'WebSocketProtocolError'}


def exported_names_are_the_listed_ones(work):
    prefix = install(BUILD, work)
    names = {symbol: symbols.own_name(symbol)
             for symbol in symbols.exported(next(prefix.rglob('libpinwheel.so')))}
    strangers = [symbol for symbol, name in names.items() if not name]
    assert not strangers, 'exported besides pinwheel\'s own:\n' + '\n'.join(strangers)
    listed = (HERE / 'exported.txt').read_text(encoding='utf-8').split('\n\n', 1)[1].splitlines()
    found = sorted(set(names.values()) - IN_HEADERS)
    new, gone = sorted(set(found) - set(listed)), sorted(set(listed) - set(found))
    assert not new, f'exported, and not in exported.txt: {new}; add them, or take them out of pinwheel.map'
    assert not gone, f'in exported.txt, and not exported: {gone}; users of theirs would not link any more'


# S11
def what_installed_headers_declare_is_exported(work):
    if not shutil.which('clang++'):
        return  # whose tree is read; what is declared does not depend on the compiler
    prefix = install(BUILD, work)
    include = prefix / 'include'
    (work / 'all.cpp').write_text(''.join(f'#include <{header.relative_to(include)}>\n'
                                          for header in sorted(include.rglob('*.h'))))
    declared = symbols.declared_only(work / 'all.cpp', include)
    assert len(declared) > 300, len(declared)
    there = {line.split()[-1] for line in
             run('nm', '--dynamic', '--defined-only', next(prefix.rglob('libpinwheel.so'))).splitlines()}
    lost = run('c++filt', *sorted(declared - there)) if declared - there else ''
    assert not lost, 'declared in an installed header, and not in pinwheel.map:\n' + lost


# S11
def installed_headers_are_the_listed_ones(work):
    folder = install(BUILD, work) / 'include' / 'pinwheel'
    found = {str(header.relative_to(folder)) for header in folder.rglob('*') if header.is_file()}
    listed = set((HERE / 'headers.txt').read_text(encoding='utf-8').split('\n\n', 1)[1].splitlines())
    assert found == listed, f'installed, and not in headers.txt: {sorted(found - listed)}; ' \
        f'listed, and not installed: {sorted(listed - found)}'


def examples_compile_with_what_is_installed(work):
    prefix = install(BUILD, work)
    examples = sorted((ROOT / 'tools' / 'examples').glob('*.cpp'))
    assert len(examples) > 10, examples
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda example: run(COMPILER, '-fsyntax-only', *pkg_config(prefix, '--cflags'), example), examples))


# S11
def compiler_flags_are_only_its_own(work):
    prefix = install(BUILD, work)
    for options in ([], ['--static']):
        assert sorted(pkg_config(prefix, '--cflags', *options)) == [f'-I{prefix}/include', '-std=c++20'], \
            pkg_config(prefix, '--cflags', *options)


def inline_functions_find_what_they_call(work):
    if 'clang' in COMPILER:
        return  # has no -fkeep-inline-functions; what is exported does not depend on the compiler
    prefix = install(BUILD, work)
    (work / 'all.cpp').write_text('#include <pinwheel/pinwheel.h>\n#include <pinwheel/coroutine.h>\n')
    run(COMPILER, '-std=c++20', '-I', prefix / 'include', '-fkeep-inline-functions', '-ffunction-sections', '-c',
        work / 'all.cpp', '-o', work / 'all.o')
    there = {line.split()[-1] for line in
             run('nm', '--dynamic', '--defined-only', next(prefix.rglob('libpinwheel.so'))).splitlines()}
    defined = {line.split()[-1] for line in run('nm', '--defined-only', work / 'all.o').splitlines()}
    pairs = symbols.undefined_in_inline_functions(work / 'all.o')
    assert len(pairs) > 1000, len(pairs)
    lost = [pair for pair in pairs if '8pinwheel' in pair[1] and pair[1] not in there | defined]
    listed = {symbols.own_name(name) for name in symbols.exported(next(prefix.rglob('libpinwheel.so')))}
    names = run('c++filt', *[name for pair in lost for name in pair]).splitlines() if lost else []
    # Internal classes may call each other.
    public = [f'{caller} calls {callee}' for caller, callee in zip(names[::2], names[1::2])
              if symbols.own_name(caller) in listed]
    assert not public, 'a user of the shared library could not link:\n' + '\n'.join(public)


def hardened(work):
    prefix = install(BUILD, work)
    optimised = next(option['value'] for option in json.loads(run('meson', 'introspect', BUILD, '--buildoptions'))
                     if option['name'] == 'optimization') not in ('0', 'g')
    for file in [next(prefix.rglob('libpinwheel.so')).resolve(), *prefix.glob('bin/*')]:
        text = run('readelf', '--wide', '-h', '-l', '-d', '--dyn-syms', file)
        assert re.search(r'Type: +DYN', text), f'{file.name} is loaded at a fixed address'
        assert 'GNU_RELRO' in text and re.search(r'FLAGS_1.*NOW|BIND_NOW', text), f'{file.name}: no full RELRO'
        assert re.search(r'GNU_STACK.* RW ', text), f'{file.name}: the stack is executable'
        assert '__stack_chk_fail' in text, f'{file.name}: no stack protector'
        assert not optimised or re.search(r'__\w+_chk@', text.replace('__stack_chk_fail', '')), \
            f'{file.name}: _FORTIFY_SOURCE is off'


sys.exit(play([shared, static, cmake_package, meson_subproject, headers_compile_alone_and_know_no_third_party,
               exported_names_are_the_listed_ones, what_installed_headers_declare_is_exported,
               installed_headers_are_the_listed_ones, examples_compile_with_what_is_installed,
               compiler_flags_are_only_its_own, inline_functions_find_what_they_call, hardened]))
