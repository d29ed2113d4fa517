"""Guards hold while the settings are those of the text, and say so when they are not."""

import numpy as np
import pytest

from ntklib.guards import Guard


def test_an_unchanged_setting_lets_the_assertion_fail(capsys):
    with pytest.raises(AssertionError), Guard(N=(200, 200), widths=(range(3), [0, 1, 2]), d=(np.arange(2), (0, 1))):
        assert 1 == 2
    assert capsys.readouterr().out == ""


def test_a_changed_setting_is_named_and_the_error_swallowed(capsys):
    with Guard(N=(60, 200), d=(5, 5), widths=([1, 2], [1, 3])):
        raise ZeroDivisionError
    said = "settings changed (N: 200 -> 60, widths: [1, 3] -> [1, 2]): the numbers in the text no longer apply\n"
    assert capsys.readouterr().out == said


def test_a_changed_setting_is_named_even_when_everything_holds(capsys):
    with Guard(N=(60, 200)):
        assert True
    assert "N: 200 -> 60" in capsys.readouterr().out


def test_an_interrupt_passes_through():
    with pytest.raises(KeyboardInterrupt), Guard(N=(60, 200)):
        raise KeyboardInterrupt


@pytest.mark.parametrize("pair", [200, (1, 2, 3), [1, 2]])
def test_a_setting_is_a_pair(pair):
    with pytest.raises(TypeError, match="expected a pair; give"):
        Guard(N=pair)
