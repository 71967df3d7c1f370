"""What a Python file says of itself, read once, and the tree of it dropped at once. Pure."""

import ast
import warnings
from collections.abc import Iterator

from publisher.frozen import dataclass

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


@dataclass(frozen=True, kw_only=True)
class Python:
    """A Python file. ``problem`` says why it does not compile, ``line`` where; else both are empty.

    ``imports`` are the modules that it needs, by the first part of their name, with lines;
    ``work`` is the line of the first thing that it does on being imported, or 0.
    """

    problem: str = ""
    line: int = 0
    is_empty: bool = False
    imports: tuple[tuple[str, int], ...] = ()
    work: int = 0


def read_python(text: str) -> Python:
    """Return what a file says; it is compiled, and never run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes: they are the author's
            tree = ast.parse(text)
            compile(tree, "file", "exec", dont_inherit=True)
    except SyntaxError as error:
        return Python(problem=error.msg, line=error.lineno or 0)
    except (ValueError, RecursionError, MemoryError):
        return Python(problem="it is nested too deeply, or holds what is no text")
    return Python(
        is_empty=all(map(_is_text, tree.body)),
        imports=tuple(_imports(tree.body)),
        work=next((node.lineno for node in _run_at_import(tree.body) if _works(node)), 0),
    )


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _run_at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run on import, those of top-level ``if`` and ``try`` among them."""
    for node in body:
        if isinstance(node, ast.If):
            guarded = bool({"__name__", "TYPE_CHECKING"} & _words(node.test))
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


def _imports(body: list[ast.stmt]) -> Iterator[tuple[str, int]]:
    """Yield what is imported, but for type checkers alone, or where it may be missing."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0], node.lineno
        elif not _is_optional(node):
            for field in ("body", "orelse", "finalbody"):
                yield from _imports(getattr(node, field, []))


def _is_optional(node: ast.stmt) -> bool:
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in _words(node.test)
    caught = [h.type for h in node.handlers if h.type] if isinstance(node, ast.Try) else []
    return any({"ImportError", "ModuleNotFoundError"} & _words(kind) for kind in caught)


def _words(node: ast.expr) -> set[str]:
    """Return the names in an expression, ``a`` and ``b`` of ``a.b``."""
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return names | {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
