#!/usr/bin/env python3
"""The commands and programs in README.md.

    readme.py program       prints its first program
    readme.py commands      prints its commands, one a line
"""
import pathlib
import re
import sys

README = pathlib.Path(__file__).resolve().parents[2] / 'README.md'
COMMAND = re.compile(r'(tools/|build/release/|pinwheel |meson |g\+\+ |cmake |ninja )')


def split():
    """The text outside of blocks, and the blocks as pairs of language and text."""
    prose, blocks, fence = [], [], None
    for line in README.read_text(encoding='utf-8').splitlines(keepends=True):
        if line.startswith('```'):
            if fence is None:
                fence = (line[3:].strip(), [])
            else:
                blocks.append((fence[0], ''.join(fence[1])))
                fence = None
        else:
            (prose if fence is None else fence[1]).append(line)
    return ''.join(prose), blocks


def pieces():
    """The C++ pieces, programs and recipes alike."""
    return [block for language, block in split()[1] if language == 'cpp']


def is_program(piece):
    return 'int main' in piece


def commands():
    """The command lines of plain blocks and of inline code, without remarks."""
    prose, blocks = split()
    lines = [line for language, block in blocks if not language for line in block.splitlines()]
    lines += re.findall(r'`([^`]+)`', prose)
    found = [re.sub(r'\s+#.*', '', ' '.join(line.split())) for line in lines if COMMAND.match(line)]
    return list(dict.fromkeys(line for line in found if not line.endswith('/')))


def paths():
    """What inline code names as a file or folder of the tree."""
    return sorted(set(re.findall(r'`((?:core|net|proto|tools|tests|bench)(?:/[\w./-]*)?)`', split()[0])))


if __name__ == '__main__':
    if sys.argv[1:] == ['program']:
        print(next(piece for piece in pieces() if is_program(piece)), end='')
    elif sys.argv[1:] == ['commands']:
        print('\n'.join(commands()))
    else:
        sys.exit(__doc__)
