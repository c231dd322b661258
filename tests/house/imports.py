"""The imports of the program's own files, read from their source. Nothing is run."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

TOPS = ("schemas", "connectors", "pipelines", "deploy")

#: Module -> the modules of ours that it imports, wherever in the file, and the line of each.
Imports = Mapping[str, Mapping[str, int]]


def modules(root: Path) -> dict[str, Path]:
    """Every module of ours by its dotted name; a package is named without `__init__`."""
    files = (file for top in TOPS for file in sorted((root / top).rglob("*.py")))
    return {name_of(file.relative_to(root)): file for file in files}


def name_of(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(root: Path) -> dict[str, dict[str, int]]:
    """What each module of ours imports of ours."""
    known = modules(root)
    return {name: dict(_imported(ast.parse(file.read_bytes()), known, name)) for name, file in known.items()}


def _imported(tree: ast.AST, known: Mapping[str, Path], this: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found = [name if name in known else node.module for name in names]
        elif isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        else:
            continue
        yield from ((name, node.lineno) for name in found if name in known and name != this)


def room(module: str) -> str:
    """The room of a module: its package below the top level, or its own name for a file at the top of one.

    `pipelines.clean.markup` is in `pipelines.clean`, and `pipelines.item` is a room of its own; the files at the top of
    `connectors` are all in the room `connectors`.
    """
    parts = module.split(".")
    if parts[0] == "connectors" and len(parts) == 2:
        return "connectors"
    return ".".join(parts[:2])


def circles(graph: Imports) -> list[list[str]]:
    """Groups of modules that import each other in a circle (Tarjan's strongly connected components), sorted."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in graph[module]:
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            at = stack.index(module)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for module in graph:
        if module not in index:
            visit(module)
    return sorted(found)
