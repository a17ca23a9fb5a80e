#!/usr/bin/env python3
"""The man page and the completions that are installed with the command. Prints TAP.

    command_pages_test.py BUILD_FOLDER
"""
import pathlib
import re
import sys

from installed import install, play, run

BUILD = pathlib.Path(sys.argv[1])


def words_of_help(prefix, *words):
    """Each command, with the options that its --help begins a line with."""
    lines = run(prefix / 'bin' / 'pinwheel', *words, '--help').splitlines()
    commands, options, section = [], [], ''
    for line in lines:
        if match := re.match(r'([A-Z]\w+):$', line):
            section = match[1]
        elif section == 'Subcommands' and (match := re.match(r'  (\w[\w-]*)', line)):
            commands.append(match[1])
        elif match := re.match(r'  (-[\w,-]+)', line):
            options += match[1].split(',')
    found = {words: (commands, options)}
    for command in commands:
        found |= words_of_help(prefix, *words, command)
    return found


def man_page(work):
    prefix = install(BUILD, work)
    page = prefix / 'share/man/man1/pinwheel.1'
    warnings = run('sh', '-c', 'groff -man -Tutf8 -ww -z "$1" 2>&1', 'sh', page)
    assert not warnings, warnings
    text = re.sub(r'\x1b\[\d*m|.\x08', '', run('groff', '-man', '-Tutf8', '-rLL=200n', page)).replace('‐', '-')
    version = run('pkg-config', '--modversion', next(prefix.rglob('pinwheel.pc'))).strip()
    assert f'pinwheel {version}' in text, text[:300]
    for part in ('\nENVIRONMENT\n', 'HTTPS_PROXY', '\nFILES\n', '\nFORMATS\n', '\nEXIT STATUS\n', '--flush each|batch|end',
                 '(default batch)', '--timeout SECONDS'):
        assert part in text, f'{part!r} is not in the page'
    keys = re.findall(r'^[a-z]\S*', run(prefix / 'bin' / 'pinwheel', 'config', 'keys'), re.MULTILINE)
    lost = [key for key in keys if not re.search(rf'^ +{re.escape(key)}(?![\w.])', text, re.MULTILINE)]
    assert len(keys) > 30 and not lost, f'config keys that are not in the page: {lost}'
    for words, (commands, options) in words_of_help(prefix).items():
        if words and commands and words != ('venues',):
            continue  # has no section, but its subcommands have one
        start = text.find(f'\n   pinwheel {" ".join(words)} ') if words else text.find('\nOPTIONS\n')
        assert start >= 0, f'no section for {words}'
        section = re.split(r'\n {0,3}\S', text[start + 5:], maxsplit=1)[0]
        missing = [option for option in options if not re.search(rf'^ .*(?<![\w-]){option}\b', section, re.MULTILINE)]
        assert not missing, f'pinwheel {" ".join(words)}: {missing} not in\n{section}'


def bash_completion(work):
    prefix = install(BUILD, work)
    script = prefix / 'share/bash-completion/completions/pinwheel'
    run('bash', '-n', script)

    def complete(*words):
        return run('bash', '-c', 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pinwheel; '
                   'printf "%s\\n" "${COMPREPLY[@]}"', 'bash', script, 'pinwheel', *words).split()

    for words, (commands, options) in words_of_help(prefix).items():
        assert complete(*words, '') == commands + options, (words, complete(*words, ''))
    assert complete('ta') == ['tail']
    assert complete('tail', 'wss://host/', '--subs') == ['--subscribe']
    assert 'okx-v5' in complete('tail', '--venue', ''), complete('tail', '--venue', '')
    assert complete('latency', '--venue', 'kra') == ['kraken-v2']
    assert complete('tail', '--flush', '') == ['each', 'batch', 'end']
    assert complete('config', 'keys', '--format', 'ma') == ['markdown', 'man']
    assert complete('replay', '--speed', '') == ['max']
    assert complete('tail', '--count', '') == [], 'a number cannot be completed'
    assert complete('tail', '--ca', '') == [], 'bash completes files'


def zsh_and_fish_completions(work):
    prefix = install(BUILD, work)
    zsh, fish = prefix / 'share/zsh/site-functions/_pinwheel', prefix / 'share/fish/vendor_completions.d/pinwheel.fish'
    run('zsh', '-n', zsh)
    zsh_text = zsh.read_text(encoding='utf-8')
    env = {'HOME': str(work), 'PATH': f'{prefix / "bin"}:/usr/bin:/bin'}
    for words, (commands, options) in words_of_help(prefix).items():
        function = zsh_text.split(f'_{"_".join(["pinwheel", *words])}() {{\n', 1)[1].split('\n}\n')[0]
        missing = [name for name in options if f"'*{name}[" not in function]
        missing += [name for name in commands if f"'{name}:" not in function]
        assert not missing, f'zsh: {missing} after {words}'
        for start, wanted in (('-', options), ('', commands)):
            line = ' '.join(['pinwheel', *words, start])
            offered = run('fish', '--no-config', '-c', f'source {fish}; complete --do-complete "{line}"', env=env)
            offered = [one.split('\t')[0] for one in offered.splitlines()]
            missing = [name for name in wanted if name not in offered]
            assert not missing, f'fish: {missing} after {line}, only {offered}'
    assert ':(binance-spot ' in zsh_text, 'zsh offers no venues'
    assert ':(each batch end)' in zsh_text and ':FILE:_files' in zsh_text and ':FOLDER:_files -/' in zsh_text
    offered = run('fish', '--no-config', '-c', f'source {fish}; complete --do-complete "pinwheel tail --venue okx"', env=env)
    assert offered.split()[0] == 'okx-v5', offered  # a description may follow
    offered = run('fish', '--no-config', '-c', f'source {fish}; complete --do-complete "pinwheel tail --flush b"', env=env)
    assert offered.split()[:1] == ['batch'], offered


sys.exit(play([man_page, bash_completion, zsh_and_fish_completions]))
