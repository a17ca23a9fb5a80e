"""The exported names of a library, as classes and free functions."""
import json
import re

from installed import run

PREFIX = re.compile(r'^(?:(?:construction )?vtable for |typeinfo (?:name )?for |VTT for |guard variable for |'
                    r'(?:non-)?virtual thunk to )')


def own_name(symbol):
    """`Reactor` for pinwheel::Reactor::poll(), `detail::Waiter` for pinwheel::detail::Waiter::resume(); None for other symbols."""
    match = re.match(r'pinwheel::((?:detail::)?(?:operator[^(]+|\w+))', PREFIX.sub('', symbol))
    return match[1] if match else None


def exported(library):
    """The demangled symbols of the dynamic table, except weak ones, of which each user has its own copy."""
    lines = run('nm', '--dynamic', '--demangle', '--defined-only', library).splitlines()
    return [line.split(' ', 2)[2] for line in lines if line.split()[1] not in 'VWuvw']


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


FUNCTIONS = {'FunctionDecl', 'CXXMethodDecl', 'CXXConstructorDecl', 'CXXDestructorDecl', 'CXXConversionDecl'}
# Users instantiate templates themselves; friends are declared in their own places.
TEMPLATES = {'FunctionTemplateDecl', 'ClassTemplateDecl', 'ClassTemplatePartialSpecializationDecl',
             'ClassTemplateSpecializationDecl', 'VarTemplateDecl', 'FriendDecl'}
NOT_ELSEWHERE = ('inline', 'constexpr', 'explicitlyDefaulted', 'explicitlyDeleted', 'isImplicit', 'pure')


def declared_only(source, include):
    """Mangled names of pinwheel's functions, members and variables that must be defined elsewhere. Reads clang's tree."""
    text = run('clang++', '-std=c++20', '-I', include, '-fsyntax-only', '-Xclang', '-ast-dump=json',
               '-Xclang', '-ast-dump-filter=pinwheel', source)
    declared, defined = set(), set()

    def visit(node):
        kind, inner = node.get('kind'), node.get('inner', [])
        if kind in FUNCTIONS:
            has_body = any(child.get('kind') in ('CompoundStmt', 'CXXTryStmt') for child in inner)
            here = has_body or any(node.get(property) for property in NOT_ELSEWHERE)
            (defined if here else declared).add(node.get('mangledName'))
        elif kind == 'VarDecl':
            elsewhere = node.get('storageClass') in ('extern', 'static') and 'init' not in node
            (declared if elsewhere and not node.get('inline') and not node.get('constexpr') else defined).add(
                node.get('mangledName'))
        elif kind not in TEMPLATES:
            for child in inner:
                visit(child)

    decoder, position = json.JSONDecoder(), text.find('{')
    while position >= 0:
        tree, position = decoder.raw_decode(text, position)
        visit(tree)
        position = text.find('\n{', position)
        position += position >= 0
    return declared - defined - {None}
