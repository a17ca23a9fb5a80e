#!/usr/bin/env python3
"""Installs into a temporary folder and uses what is there as a stranger would. Prints TAP.

    install_test.py BUILD_FOLDER THIS_FOLDER COMPILER
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

BUILD, HERE = (pathlib.Path(folder) for folder in sys.argv[1:3])
COMPILER = sys.argv[3]
README = HERE.parent.parent / 'README.md'
EXPECTED = 'feed.example 1\n'
OWN_SYMBOL = re.compile(r'_Z(T[VIS]|Th[nv]?\d*_)?NK?8pinwheel')


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


def run(*command, **options):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise AssertionError(f'{shlex.join(map(str, command))}\n{result.stdout}{result.stderr}')
    return result.stdout


def pkg_config(prefix, *options):
    folder = next(prefix.rglob('pinwheel.pc')).parent
    return shlex.split(run('pkg-config', f'--define-variable=prefix={prefix}', *options, 'pinwheel',
                           env={**os.environ, 'PKG_CONFIG_PATH': str(folder)}))


def check_program(prefix, work, *options):
    program = work / 'program'
    # The archive must serve linkers that know nothing of link-time optimisation.
    plain = [] if 'clang' in COMPILER else ['-fno-use-linker-plugin']
    run(COMPILER, *plain, HERE / 'five_lines.cpp', '-o', program,
        *pkg_config(prefix, '--cflags', '--libs', *options))
    library = next(prefix.rglob('libpinwheel.*')).parent
    output = run(program, env={**os.environ, 'LD_LIBRARY_PATH': str(library)})
    assert output == EXPECTED, output
    return program


def shared(prefix, work):
    program = check_program(prefix, work)
    assert 'libpinwheel.so.0' in run('readelf', '-d', program)


def static(prefix, work):
    for library in prefix.rglob('libpinwheel.so*'):
        library.unlink()
    program = check_program(prefix, work, '--static')
    assert 'libpinwheel' not in run('readelf', '-d', program)


def cmake_package(prefix, work):
    run('cmake', '-S', HERE, '-B', work, f'-DCMAKE_CXX_COMPILER={COMPILER}', f'-DCMAKE_PREFIX_PATH={prefix}')
    run('cmake', '--build', work)
    for program in ('with_shared', 'with_static'):
        output = run(work / program)
        assert output == EXPECTED, output


def readme_programs(prefix, work):
    pieces = re.findall(r'```cpp\n(.*?)```', README.read_text(encoding='utf-8'), re.DOTALL)
    assert len(pieces) > 5, pieces
    flags = pkg_config(prefix, '--cflags', '--libs')
    for number, piece in enumerate(pieces):
        source = work / f'{number}.cpp'
        source.write_text(piece if 'int main' in piece else RECIPE.format(piece))
        run(COMPILER, '-Wall', '-Wextra', '-Werror', source, '-o', work / str(number), *flags)


def headers_compile_alone(prefix, work):
    headers = sorted((prefix / 'include' / 'pinwheel').rglob('*.h'))
    assert len(headers) > 10, headers

    def compile_alone(header):
        source = work / ('_'.join(header.relative_to(prefix).parts) + '.cpp')
        source.write_text(f'#include <{header.relative_to(prefix / "include")}>\n')
        run(COMPILER, '-std=c++20', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-fsyntax-only',
            '-I', prefix / 'include', source)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(compile_alone, headers))


def only_own_symbols(prefix, _work):
    lines = run('nm', '--dynamic', '--defined-only', next(prefix.rglob('libpinwheel.so'))).splitlines()
    names = [line.split()[-1] for line in lines]
    assert len(names) > 100, names
    strangers = [name for name in names if not OWN_SYMBOL.match(name) or '8pinwheel6detail' in name]
    assert not strangers, 'exported besides pinwheel\'s own: ' + ' '.join(strangers)


def elf(file):
    """What readelf tells: the file's type, its segments, its dynamic section and the names that it asks for."""
    return run('readelf', '--wide', '-h', '-l', '-d', '--dyn-syms', file)


def hardened(prefix, _work):
    optimised = next(option['value'] for option in json.loads(run('meson', 'introspect', BUILD, '--buildoptions'))
                     if option['name'] == 'optimization') not in ('0', 'g')
    for file in [next(prefix.rglob('libpinwheel.so')).resolve(), *prefix.glob('bin/*')]:
        text = elf(file)
        assert re.search(r'Type: +DYN', text), f'{file.name} is loaded at a fixed address'
        assert 'GNU_RELRO' in text and re.search(r'FLAGS_1.*NOW|BIND_NOW', text), f'{file.name}: no full RELRO'
        assert re.search(r'GNU_STACK.* RW ', text), f'{file.name}: the stack is executable'
        assert '__stack_chk_fail' in text, f'{file.name}: no stack protector'
        assert not optimised or re.search(r'__\w+_chk@', text.replace('__stack_chk_fail', '')), \
            f'{file.name}: _FORTIFY_SOURCE is off'


def main():
    cases = [shared, static, cmake_package, readme_programs, headers_compile_alone, only_own_symbols,
             hardened]
    print(f'1..{len(cases)}')
    failed = False
    for number, case in enumerate(cases, 1):
        with tempfile.TemporaryDirectory(prefix='pinwheel-') as folder:
            stage, prefix, work = (pathlib.Path(folder, name) for name in ('stage', 'prefix', 'work'))
            work.mkdir()
            name = case.__name__.replace('_', ' ')
            try:
                run('meson', 'install', '-C', BUILD, '--no-rebuild', '--quiet', '--destdir', stage)
                shutil.move(next(stage.rglob('include')).parent, prefix)
                case(prefix, work)
            except AssertionError as error:
                failed = True
                print(f'not ok {number} - {name}')
                print(''.join(f'# {line}\n' for line in str(error).splitlines()), end='')
            else:
                print(f'ok {number} - {name}')
    return failed


sys.exit(main())
