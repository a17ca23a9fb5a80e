#!/usr/bin/python3
"""Builds the conformance suite against a library with one defect at a time, and lists the cases that detect it.

    defects.py --build BUILD/tests/conformance --suite PROGRAM --libs LIBRARY... --compiler COMMAND... [--write]

A case must detect every defect of defects.toml. README.md in this folder has the counts of cases by section and the
table of defects; the README of the project has the counts. The last test fails if they are out of date, and --write
updates them.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import textwrap
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
README = HERE / 'README.md'
PROJECT_README = ROOT / 'README.md'
LIBRARIES = ['-lgtest', '-lwslay', '-lsimdjson', '-lssl', '-lcrypto', '-lcares', '-lz', '-pthread']
MARKS = ('<!-- begin: written by defects.py -->\n', '<!-- end: written by defects.py -->\n')
SHOWN = 2  # cases in each row of the table
PATIENCE = 120  # seconds for all cases of a broken client, which may hang


def broken_source(defect, folder):
    text = (ROOT / defect['file']).read_text()
    for find, replace in defect['edits']:
        if text.count(find) != 1:
            raise ValueError(f"{defect['file']} has {text.count(find)} places with '{find}', and there must be one")
        text = text.replace(find, replace)
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / pathlib.Path(defect['file']).name
    if not source.exists() or source.read_text() != text:
        source.write_text(text)
    return source


def build(defect, options):
    folder = options.build / 'defects' / re.sub(r'\W+', '_', defect['name'])
    source = broken_source(defect, folder)
    broken, program = folder / 'broken.o', folder / 'conformance_tests'
    quotes = ['-iquote', str((ROOT / defect['file']).parent)]
    subprocess.run([*options.compiler, '-std=c++20', '-O0', '-w', *quotes, '-c', str(source), '-o', str(broken)],
                   check=True)
    # The broken object takes precedence over the libraries, which contain machine code beside their LTO code.
    subprocess.run([*options.compiler, '-fno-lto', str(broken), *options.libs, *LIBRARIES, '-o', str(program)], check=True)
    return program


def failed_cases(program):
    environment = dict(os.environ, PINWHEEL_CONFORMANCE_CUTS='few')
    try:
        run = subprocess.run([str(program), '--gtest_brief=0', '--gtest_color=no'], env=environment,
                             capture_output=True, text=True, errors='replace', timeout=PATIENCE, check=False)
        output = run.stdout
    except subprocess.TimeoutExpired as expired:
        output = (expired.stdout or b'').decode(errors='replace')
    begun = re.findall(r'^\[ RUN      \] (\S+)$', output, re.MULTILINE)
    passed = set(re.findall(r'^\[       OK \] (\S+)', output, re.MULTILINE))
    return [test for test in begun if test not in passed]  # a case that crashes or hangs did not pass


def judge(defect, options):
    try:
        return failed_cases(build(defect, options)), None
    except (ValueError, subprocess.CalledProcessError) as error:
        return [], str(error)


def section_key(section):
    return [int(part) for part in section.split('.')]


def counts_by_section(cases):
    sections = [section for section, _, _ in cases]
    return {section: sections.count(section) for section in sorted(set(sections), key=section_key)}


def summary(cases):
    counts = ', '.join(f'{count} in {section}' for section, count in counts_by_section(cases).items())
    return textwrap.fill(f'The {len(cases)} cases by section of the RFC: {counts}.', 120) + '\n'


def tables(cases, caught):
    lines = ['', '| Section of RFC 6455 | Cases |', '| --- | ---: |']
    lines += [f'| {section} | {count} |' for section, count in counts_by_section(cases).items()]
    lines += [f'| all | {len(cases)} |', '', '| A client that | is caught by | such as |', '| --- | ---: | --- |']
    titles = {test: f'{section} {name}' for section, name, test in cases}
    for name, tests in caught.items():
        lines.append(f"| {name} | {len(tests)} | {'; '.join(titles[test] for test in tests[:SHOWN])} |")
    return '\n'.join(lines) + '\n\n'


def brought_up_to_date(file, new):
    text = file.read_text()
    begin, end = text.index(MARKS[0]) + len(MARKS[0]), text.index(MARKS[1])
    return text[:begin] + new + text[end:]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', type=pathlib.Path, required=True)
    parser.add_argument('--suite', required=True)
    parser.add_argument('--libs', nargs='+', required=True)
    parser.add_argument('--compiler', nargs='+', required=True)
    parser.add_argument('--write', action='store_true')
    options = parser.parse_args()

    listed = subprocess.run([options.suite, '--list'], check=True, capture_output=True, text=True).stdout
    cases = [tuple(line.split('\t')) for line in listed.splitlines()]
    defects = tomllib.loads((HERE / 'defects.toml').read_text())['defect']
    print(f'1..{len(defects) + 2}')
    tests = [test for _, _, test in cases]
    twice = sorted({test for test in tests if tests.count(test) > 1})
    print(f"{'not ok' if twice else 'ok'} 1 - every case has a name of its own {' '.join(twice)}")
    caught, wrong = {}, bool(twice)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = pool.map(lambda defect: judge(defect, options), defects)
        for number, (defect, (failed, problem)) in enumerate(zip(defects, verdicts), 2):
            caught[defect['name']] = failed
            wrong = wrong or not failed
            print(f"{'ok' if failed else 'not ok'} {number} - a client that {defect['name']}: {len(failed)} cases",
                  flush=True)
            if problem:
                print(f'# {problem}')
    fresh = {file: brought_up_to_date(file, text)
             for file, text in ((README, tables(cases, caught)), (PROJECT_README, summary(cases)))}
    if options.write and not wrong:
        for file, text in fresh.items():
            file.write_text(text)
    current = options.write or all(file.read_text() == text for file, text in fresh.items())
    print(f"{'ok' if current else 'not ok'} {len(defects) + 2} - both README.md are up to date")
    if not current:
        print('# run: meson compile -C BUILD conformance_tables')
    sys.exit(0)


if __name__ == '__main__':
    main()
