"""Find strategies: the shipped ones, installed packages, and a folder of the user's own files."""

import sys
import traceback
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from strategies.registry import StrategyError

ENTRY_POINT_GROUP = "seraphim.strategies"
SHIPPED = ("strategies.ma_cross", "strategies.bollinger_rsi", "strategies.spread_arb", "strategies.hedged_volume")
FOLDER_PACKAGE = "seraphim_user_strategies"


def load_shipped() -> None:
    """Register the strategies that come with the program."""
    for module in SHIPPED:
        import_module(module)


def load_entry_points() -> None:
    """Register strategies of installed packages; raise StrategyError naming the one that fails."""
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        try:
            entry.load()
        except Exception as error:
            raise StrategyError(f"strategy package {entry.value!r} cannot be loaded: {_kind(error)}") from error


def load_folder(folder: Path) -> tuple[Path, ...]:
    """Import every ``*.py`` of a folder by name and return the files; raise StrategyError with file and line."""
    if not folder.is_dir():
        raise StrategyError(f"strategy folder {folder} does not exist or is no folder")
    files = tuple(sorted(path for path in folder.glob("*.py") if not path.name.startswith("_")))
    for path in files:
        _load_file(path)
    return files


def _load_file(path: Path) -> None:
    name = f"{FOLDER_PACKAGE}.{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise StrategyError(f"{path}: is no Python file that can be imported")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise StrategyError(f"{path}, line {_line_of(error, path)}: {_kind(error)}") from error


def _line_of(error: Exception, path: Path) -> int:
    """Return the deepest line of `path` that led to the error."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno or 1
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return next((line for line in reversed(lines) if line), 1)


def _kind(error: Exception) -> str:
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {text}"
