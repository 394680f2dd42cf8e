"""Parts say what they need of each other as methods that raise; in the console that is put together none is left."""

import ast
import importlib
import inspect
import pkgutil
import textwrap

import pytest

import tui.console.dialogs
from tui.console.actions import Controls
from tui.console.desk_area import DeskArea
from tui.console.dialogs.dialog import Dialog
from tui.console.hands import Hands
from tui.panes.pane import Pane
from tui.present.ladder_window import Recentring


def stubs(kind: type) -> list[str]:
    """Return the methods that a class resolves to which do nothing but raise NotImplementedError."""
    found = {name: inspect.getattr_static(kind, name) for name in dir(kind)}
    return [name for name, method in found.items() if inspect.isfunction(method) and is_stub(method)]


def is_stub(method: object) -> bool:
    assert inspect.isfunction(method)
    if not method.__module__.startswith(("tui.", "tests.")):
        return False
    function = ast.parse(textwrap.dedent(inspect.getsource(method))).body[0]
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    *before, last = function.body
    is_alone = all(isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) for each in before)
    return is_alone and isinstance(last, ast.Raise) and "NotImplementedError" in ast.unparse(last)


class Needing:
    def given(self) -> str:
        """Return what another part knows."""
        raise NotImplementedError

    def own(self) -> str:
        return self.given()


class Giving:
    def given(self) -> str:
        return "it"


class WellAssembled(Giving, Needing):
    pass


class WronglyAssembled(Needing, Giving):
    pass


def test_a_stub_that_hides_what_it_stands_for_is_found() -> None:
    assert stubs(WronglyAssembled) == ["given"]
    assert stubs(WellAssembled) == []


def test_every_control_of_the_registry_is_implemented() -> None:
    assert stubs(Hands) == []
    missing = [name for name in vars(Controls) if not name.startswith("_") and not hasattr(Hands, name)]
    assert missing == []


@pytest.mark.parametrize(
    "kind",
    sorted(
        {type(pane) for pane in DeskArea(Recentring.WHEN_TOUCH_LEAVES).panes.values()}, key=lambda kind: kind.__name__
    ),
)
def test_every_pane_is_whole(kind: type[Pane]) -> None:
    assert stubs(kind) == []
    assert not inspect.isabstract(kind)


def test_every_dialog_is_whole() -> None:
    for module in pkgutil.iter_modules(tui.console.dialogs.__path__):
        importlib.import_module(f"tui.console.dialogs.{module.name}")
    left_open = {kind.__name__: stubs(kind) for kind in leaves(Dialog) if stubs(kind)}
    assert left_open == {}


def leaves(kind: type) -> list[type]:
    return [leaf for below in kind.__subclasses__() for leaf in leaves(below)] or [kind]
