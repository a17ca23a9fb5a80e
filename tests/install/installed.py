"""Shared by the tests of the installed library: commands, an installed tree, TAP."""
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile


def run(*command, **options):
    try:
        result = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f'{shlex.join(map(str, command))}\ndid not end') from error
    if result.returncode != 0:
        raise AssertionError(f'{shlex.join(map(str, command))}\n{result.stdout}{result.stderr}')
    return result.stdout


def pkg_config(prefix, *options):
    folder = next(prefix.rglob('pinwheel.pc')).parent
    return shlex.split(run('pkg-config', f'--define-variable=prefix={prefix}', *options, 'pinwheel',
                           env={**os.environ, 'PKG_CONFIG_PATH': str(folder)}))


def install(build, folder):
    """Installs below `folder`; the prefix there."""
    run('meson', 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', folder / 'stage')
    shutil.move(next((folder / 'stage').rglob('include')).parent, folder / 'prefix')
    return folder / 'prefix'


def play(cases):
    """Calls each case with a folder of its own, prints TAP; true if one failed."""
    print(f'1..{len(cases)}')
    failed = False
    for number, case in enumerate(cases, 1):
        with tempfile.TemporaryDirectory(prefix='pinwheel-') as folder:
            name = case.__name__.replace('_', ' ')
            try:
                case(pathlib.Path(folder))
            except AssertionError as error:
                failed = True
                print(f'not ok {number} - {name}')
                print(''.join(f'# {line}\n' for line in str(error).splitlines()), end='')
            else:
                print(f'ok {number} - {name}', flush=True)
    return failed
