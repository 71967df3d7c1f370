"""Rules about dependencies: what is imported is declared, and what is declared is imported.

Nobody can tell which distribution a module comes from without installing it; so what is not among
the well-known ones is taken for its namesake, and both rules are warnings.
"""

import sys
from collections.abc import Iterator, Mapping

from packaging.requirements import Requirement

from publisher.checks.model import Hit, Home
from publisher.naming import normalized

# Modules whose distribution has another name. The first is the one to advise.
_FROM: Mapping[str, tuple[str, ...]] = {
    module: tuple(distributions.split())
    for module, distributions in (
        line.split(maxsplit=1)
        for line in """
    attr attrs
    azure azure-storage-blob azure-identity
    bs4 beautifulsoup4
    Crypto pycryptodome
    cv2 opencv-python opencv-python-headless opencv-contrib-python
    dateutil python-dateutil
    docx python-docx
    dotenv python-dotenv
    faiss faiss-cpu faiss-gpu
    fitz pymupdf
    git GitPython
    github PyGithub
    google google-cloud-storage google-cloud-bigquery protobuf
    jose python-jose
    jwt PyJWT
    kafka kafka-python
    lightgbm lightgbm
    magic python-magic
    mpl_toolkits matplotlib
    MySQLdb mysqlclient
    OpenSSL pyOpenSSL
    PIL pillow
    pkg_resources setuptools
    pptx python-pptx
    psycopg psycopg psycopg-binary
    psycopg2 psycopg2-binary psycopg2
    pylab matplotlib
    pythoncom pywin32
    pywintypes pywin32
    ruamel ruamel.yaml
    serial pyserial
    skimage scikit-image
    sklearn scikit-learn
    slugify python-slugify
    snowflake snowflake-connector-python snowflake-snowpark-python
    tensorflow tensorflow tensorflow-cpu
    umap umap-learn
    win32api pywin32
    win32com pywin32
    yaml PyYAML
    zmq pyzmq
    """.strip().splitlines()
    )
}
# Needed by others that find them by themselves: pandas' engines, databases' drivers, stubs.
_UNSEEN = frozenset(
    """
    adlfs bottleneck fastparquet gcsfs html5lib jinja2 kaleido lxml numexpr odfpy openpyxl psycopg
    psycopg-binary psycopg2 psycopg2-binary pyarrow pymysql pyodbc oracledb cx-oracle pytest
    python-calamine pyxlsb s3fs setuptools tables tabulate tzdata xlrd xlsxwriter
    sqlalchemy-redshift snowflake-sqlalchemy sqlalchemy-bigquery
    """.strip().split()
)


def import_undeclared(home: Home) -> Iterator[Hit]:
    """Find modules that scripts import and no dependency brings."""
    declared, seen = _declared(home), set[str]()
    if home.project is None or "dependencies" in home.file.texts_of(("project",), "dynamic"):
        return  # dynamic ones stand in another file, in whatever form the backend reads
    for document in home.modules.values():
        for module, line in document.python.imports:
            if module in seen or _is_here(module, home) or _is_brought(module, declared):
                continue
            seen.add(module)
            name = _FROM.get(module, (module,))[0]
            yield Hit(
                path=document.path,
                line=line,
                what=f'"{module}" is imported, and no dependency of {home.key} is called so',
                fix=f'add "{name}" to dependencies in {home.file.path}',
            )


def dependency_unused(home: Home) -> Iterator[Hit]:
    """Find dependencies that no file of the project imports."""
    documents = (d for path, d in home.documents.items() if path.endswith(".py"))
    used = {module for document in documents for module, _ in document.python.imports}
    for name in sorted(_declared(home)):
        hidden = name in _UNSEEN or name.startswith("types-") or name.endswith("-stubs")
        if not hidden and "importlib" not in used and not any(_brings(name, m) for m in used):
            yield Hit(
                path=home.file.path,
                line=home.line("dependencies"),
                what=f'the dependency "{name}" is never imported, and everybody has to install it',
                fix="remove it from dependencies, unless another one needs it",
            )


def _declared(home: Home) -> frozenset[str]:
    dependencies = home.project.dependencies if home.project else ()
    return frozenset(normalized(Requirement(text).name) for text in dependencies)


def _is_here(module: str, home: Home) -> bool:
    """Tell whether a module is Python's own, or the project's."""
    if module in sys.stdlib_module_names:
        return True
    paths = home.modules
    return any(p.rpartition("/")[2] == f"{module}.py" or f"/{module}/" in f"/{p}" for p in paths)


def _is_brought(module: str, declared: frozenset[str]) -> bool:
    return any(_brings(name, module) for name in declared)


def _brings(name: str, module: str) -> bool:
    """Tell whether a distribution brings a module: by what is known, else by its name."""
    own = normalized(module)
    if name in {normalized(n) for n in _FROM.get(module, ())}:
        return True
    alike = {own, f"python-{own}", f"py{own}", f"{own}-python", f"{own}py", own.replace("-", "")}
    return name in alike or name.startswith(f"{own}-")
