"""Rules about a project's Python: there is a script, it compiles, a test can import it."""

import ast
import posixpath
import sys
from collections.abc import Iterator

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from publisher.checks.model import Document, Hit, Home, Unreadable

_VERSION = ".".join(map(str, sys.version_info[:2]))
# What reads, waits, asks or writes: whoever imports the module has to have what that needs.
_WORK = frozenset(
    """
    connect create_engine cursor execute get input open parse_args post read urlopen urlretrieve
    run check_output check_call Popen system sleep sql query client resource commit savefig fit
    predict
    """.strip().split()
)
_WORK_PREFIXES = ("read_", "to_", "load_", "fetch", "download", "upload", "write")
# What only prepares: scripts do it on top, and nobody who imports them minds.
_SETUP = frozenset(
    """
    basicConfig filterwarnings simplefilter set_option set_theme set_style use setLevel addHandler
    load_dotenv append insert register update add setdefault extend seed setlocale getLogger
    addLevelName captureWarnings reconfigure set disable_warnings add_typer add_command
    """.strip().split()
)


def script_empty(home: Home) -> Iterator[Hit]:
    """Find a script that does nothing: it has no statement but a text."""
    for script in home.project.scripts if home.project else ():
        document = home.documents[script.path]
        tree = document.tree
        if isinstance(tree, ast.Module) and all(map(_is_text, tree.body)):
            yield Hit(
                path=document.path,
                what="this script is empty: a job that runs it does nothing",
                fix="write the script, or remove the project",
            )


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def script_syntax(home: Home) -> Iterator[Hit]:
    """Find Python that does not compile, in scripts, modules and tests."""
    if not _is_for_us(home):
        return
    for document in (*home.modules.values(), *_top_tests(home)):
        tree = document.tree
        if isinstance(tree, Unreadable):
            yield Hit(
                path=document.path,
                line=tree.line,
                what=f"Python {_VERSION} cannot read this: {tree.why}",
                fix=_syntax_fix(tree),
            )


def _top_tests(home: Home) -> Iterator[Document]:
    """Yield the tests themselves, and no data of theirs, which may be meant to be wrong."""
    for path, document in home.tests.items():
        name = posixpath.basename(path)
        if name.startswith("test_") or name.endswith("_test.py"):
            yield document


def _syntax_fix(tree: Unreadable) -> str:
    if "unicodeescape" in tree.why:
        return (
            r'a \ in text needs an r before the quote: r"C:\data"; better, read it from an argument'
        )
    return "correct that line, or the one before it, and run the script once"


def _is_for_us(home: Home) -> bool:
    """Tell whether the project is for the Python that runs here: another may know more syntax."""
    wanted = home.project.requires_python if home.project else ""
    try:
        return SpecifierSet(wanted).contains(_VERSION + ".999")
    except InvalidSpecifier:
        return True


def import_work(home: Home) -> Iterator[Hit]:
    """Find a module that works as soon as a test imports it; one that is only run may do so."""
    wanted = {name for test in home.tests.values() for name, _ in imported(test)}
    for path, document in home.modules.items():
        if posixpath.basename(path).removesuffix(".py") not in wanted:
            continue
        if (node := _first_work(document)) is not None:
            yield Hit(
                path=document.path,
                line=node.lineno,
                what="this runs as soon as a test imports the file, not only when it is run",
                fix='move it into a function, and call that below if __name__ == "__main__":',
            )


def _first_work(document: Document) -> ast.stmt | None:
    tree = document.tree
    body = tree.body if isinstance(tree, ast.Module) else []
    return next((node for node in _run_at_import(body) if _works(node)), None)


def _run_at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run on import, those of top-level ``if`` and ``try`` among them."""
    for node in body:
        if isinstance(node, ast.If):
            test = ast.unparse(node.test)
            guarded = "__name__" in test or "TYPE_CHECKING" in test
            yield from _run_at_import(node.orelse if guarded else [*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            handled = [statement for handler in node.handlers for statement in handler.body]
            yield from _run_at_import([*node.body, *handled, *node.orelse, *node.finalbody])
        else:
            yield node


def _works(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return _name(node.value) not in _SETUP
    if isinstance(node, ast.For | ast.While | ast.With):
        return any(isinstance(part, ast.Call) for part in ast.walk(node))
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value:
        return any(_is_work(part) for part in ast.walk(node.value))
    return False


def _is_work(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = _name(node)
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    if isinstance(owner, ast.Attribute) and owner.attr == "environ":
        return False  # os.environ.get()
    return name in _WORK or name.startswith(_WORK_PREFIXES)


def _name(call: ast.Call) -> str:
    """Return the last part of what is called: ``read_csv`` of ``pd.read_csv()``."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def tests_missing(home: Home) -> Iterator[Hit]:
    """Find a project without tests."""
    if home.project and not any(True for _ in _top_tests(home)):
        stem = home.key.replace("-", "_")
        yield Hit(
            path=home.file.path,
            what="this project has no tests, so nothing tells whether a change breaks it",
            fix=f"write one: {home.where(f'tests/test_{stem}.py')}",
        )


def imported(document: Document) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the modules that a file needs, by the first part of their name, and where it says so.

    What is imported for type checkers alone, or may be missing (``except ImportError``), is not.
    """
    tree = document.tree
    yield from _imports(tree.body if isinstance(tree, ast.Module) else [])


def _imports(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    for node in body:
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0], node
        elif not _is_optional(node):
            for field in ("body", "orelse", "finalbody"):
                yield from _imports(getattr(node, field, []))


def _is_optional(node: ast.stmt) -> bool:
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    caught = [h.type for h in node.handlers if h.type] if isinstance(node, ast.Try) else []
    return any("ImportError" in ast.unparse(t) or "NotFound" in ast.unparse(t) for t in caught)
