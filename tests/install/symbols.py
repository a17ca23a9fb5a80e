"""The names that leave a library, at the level of classes and free functions."""
import pathlib
import re

from installed import run

PREFIX = re.compile(r'^(?:(?:construction )?vtable for |typeinfo (?:name )?for |VTT for |guard variable for |'
                    r'(?:non-)?virtual thunk to )')


def own_name(symbol):
    """`Reactor` for pinwheel::Reactor::poll(), `detail::Waiter` for pinwheel::detail::Waiter::resume(); None for what is not pinwheel's."""
    match = re.match(r'pinwheel::((?:detail::)?(?:operator[^(]+|\w+))', PREFIX.sub('', symbol))
    return match[1] if match else None


def exported(library):
    """The demangled symbols of the dynamic table, but for weak ones, of which each user has a copy of its own."""
    lines = run('nm', '--dynamic', '--demangle', '--defined-only', library).splitlines()
    return [line.split(' ', 2)[2] for line in lines if line.split()[1] not in 'VWuvw']


def written_in_sources(library):
    """Those with a place of their own, in an archive or a library that is not stripped: no inline ones."""
    lines = run('nm', '--demangle', '--defined-only', library).splitlines()
    return [line.split(' ', 2)[2] for line in lines if re.match(r'[0-9a-f]+ [Tt] ', line)]


def undefined_in_inline_functions(object_file):
    """Pairs of an inline function and a symbol that it needs from elsewhere; compiled with -ffunction-sections."""
    function, pairs = None, []
    for line in run('readelf', '--relocs', '--wide', object_file).splitlines():
        if line.startswith('Relocation section'):
            match = re.match(r"Relocation section '\.rela\.text\.([^']+)'", line)
            function = match[1] if match else None
        elif function and len(words := line.split()) > 4:
            pairs.append((function, words[4]))
    return pairs


def named_in(name, headers):
    """True if one of the headers declares a class or a function of that name."""
    name = name.removeprefix('detail::')
    pattern = re.compile(rf'\b(?:class|struct)\s+{name}\b[^;{{]*{{|\b{name}\(')
    texts = (re.sub(r'//.*', '', pathlib.Path(header).read_text(encoding='utf-8')) for header in headers)
    return any(pattern.search(text) for text in texts)
