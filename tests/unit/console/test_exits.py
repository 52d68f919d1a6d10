"""Does each failure end with its exit code, and does each name in the table still name an exception?"""

import importlib

import pytest

from console.exits import CODE_OF, MEANING, ExitCode, UnreachableError, UsageError, exit_code_of, message_of


@pytest.mark.parametrize("name", sorted(CODE_OF))
def test_each_name_in_the_table_names_an_exception(name: str) -> None:
    module, _, kind = name.rpartition(".")
    found = getattr(importlib.import_module(module), kind)
    assert issubclass(found, BaseException)
    assert f"{found.__module__}.{found.__qualname__}" == name


def test_every_code_has_a_meaning() -> None:
    assert set(MEANING) == set(ExitCode)


def test_an_heir_ends_as_its_nearest_listed_ancestor() -> None:
    class NoSuchBrokerError(UnreachableError):
        pass

    assert exit_code_of(NoSuchBrokerError("x")) is ExitCode.UNREACHABLE


def test_what_is_not_listed_is_a_bug() -> None:
    assert exit_code_of(ZeroDivisionError()) is None


def test_failures_of_tasks_that_ran_together_end_as_one() -> None:
    group = BaseExceptionGroup("tasks", [UnreachableError("no broker"), UnreachableError("no cabinet")])
    assert exit_code_of(group) is ExitCode.UNREACHABLE
    assert message_of(group) == "no broker\nno cabinet"
    assert exit_code_of(BaseExceptionGroup("tasks", [UsageError("a"), UnreachableError("b")])) is None
    assert exit_code_of(BaseExceptionGroup("tasks", [UnreachableError("a"), ZeroDivisionError()])) is None
