import dataclasses
import subprocess
import sys
from collections.abc import Mapping

import jax
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ntklib.claims import (
    Claim,
    Resolution,
    UnknownClaimError,
    Verdict,
    approximates,
    approximation,
    at_least,
    at_most,
    check,
    claim,
    equal,
    estimate,
    frequency,
    identity,
    inequality,
    isolated_registry,
    ledger,
    mean_of_draws,
    power_law,
    probability,
    registry,
    scaling_law,
    slack_chain,
    up_to_factor,
    within_factor,
)

FIELDS = {
    "id": "am-gm",
    "source": "Book, section 1",
    "statement": "The arithmetic mean is at least the geometric one.",
    "status": "proved here",
    "assumptions": "Positive numbers.",
    "does_not_say": "By how much.",
    "verdict": at_least(),
    "deterministic": "two numbers",
}


@pytest.fixture
def empty():
    with isolated_registry() as inside:
        yield inside


def register(**changes):
    @claim(**{**FIELDS, **changes})
    def means(*, a=1.0, b=4.0, factor=1.0):
        yield (a + b) / 2, factor * (a * b) ** 0.5

    means.refuted_by("twice the geometric mean", factor=2.0)
    return means


# the registry


def test_registering_needs_check_and_refutation_and_the_check_stays_callable(empty):
    means = register()
    assert list(registry) == ["am-gm"]
    assert means(a=3.0, b=3.0).slack == 1.0
    found = registry["am-gm"]
    assert found.check is means
    assert dict(found.parameters) == {"a": 1.0, "b": 4.0, "factor": 1.0}
    assert found.kind == check("am-gm").resolution.kind == "factor"
    assert not found.refutation()


def test_refutation_may_be_a_function(empty):
    @claim(**FIELDS)
    def means(*, factor=1.0):
        yield 2.5, factor * 2.0

    @means.refuted_by("ten times the geometric mean")
    def broken():
        return means(factor=10.0)

    assert registry["am-gm"].refutation is broken
    assert registry["am-gm"].rival == "ten times the geometric mean"
    assert dict(registry["am-gm"].broken) == {}
    assert ledger()["refuted"].tolist() == [True]


def test_claim_without_refutation_blocks_the_registry(empty):
    @claim(**FIELDS)
    def means():
        yield 2.5, 2.0

    with pytest.raises(TypeError, match=r"am-gm has no refutation; expected `check.refuted_by"):
        list(registry)


def test_refutation_must_break_something_that_exists(empty):
    means = register()
    with pytest.raises(TypeError, match="no parameter 'depth'; expected some of a, b, factor"):
        means.refuted_by("depth three", depth=3)
    with pytest.raises(ValueError, match="rival is empty; expected a sentence"):
        means.refuted_by(" ", factor=2.0)


def test_registry_and_claims_are_read_only(empty):
    register()
    assert isinstance(registry, Mapping)
    with pytest.raises(TypeError):
        registry["other"] = registry["am-gm"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        registry["am-gm"].status = "open"
    with pytest.raises(TypeError):
        registry["am-gm"].parameters["a"] = 5.0


def test_isolation_restores_the_registry_even_after_an_error(empty):
    register()
    with pytest.raises(ValueError, match="status='true'"), isolated_registry():
        register(status="true")
    assert list(registry) == ["am-gm"]


def test_same_function_may_register_again_and_another_may_not(empty):
    register()
    register(statement="Said better.")
    assert registry["am-gm"].statement == "Said better."

    with pytest.raises(ValueError, match=r"'am-gm' is taken by .*means; expected an id of its own"):

        @claim(**FIELDS)
        def other():
            yield 1.0, 1.0


def test_importing_the_package_fills_the_registry():
    program = "import sys, ntklib.tables; print(len(sys.modules['ntklib.claims'].registry))"
    count = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert int(count) == len(registry) >= 270


@pytest.mark.parametrize("parameters", ["*, first_seed=0, seed=0", "*, seeds=3", "*, trials=10", "*, N=3, draws=5"])
def test_all_randomness_comes_from_a_parameter_called_seed(empty, parameters):
    names = {}
    exec(f"def check({parameters}):\n    yield 1.0, 1.0", names)
    with pytest.raises(TypeError, match="expected the first of its seeds in a parameter called 'seed'"):
        claim(**{**FIELDS, "deterministic": ""})(names["check"])


def test_a_check_has_a_seed_or_says_why_it_needs_none(empty):
    def seeded(*, seed=0):
        yield 1.0, 1.0

    def unseeded(*, N=1):
        yield 1.0, 1.0

    for check_, why in ((seeded, "numbers"), (unseeded, "")):
        with pytest.raises(TypeError, match="expected a seed, or the reason why nothing in it is random"):
            claim(**{**FIELDS, "deterministic": why})(check_)
    claim(**{**FIELDS, "deterministic": ""})(seeded)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"source": "Jacot 2018"},
            "source='Jacot 2018'; expected it to begin with one of Nguyen, Bombari",
        ),
        ({"source": "Chenault 2020"}, "source='Chenault 2020'"),
        ({"source": ""}, "source=''"),
        ({"status": "true"}, "status='true'; expected one of proved here, proof sketched, cited, open"),
        ({"missing_step": "the union bound"}, "missing_step='the union bound' with status='proved here'"),
        ({"status": "proof sketched"}, "missing_step='' with status='proof sketched'; expected the step"),
        ({"id": "two words"}, "id='two words'; expected letters"),
        ({"statement": " "}, "statement is empty; expected a sentence"),
        ({"assumptions": ""}, "assumptions is empty"),
        ({"does_not_say": ""}, "does_not_say is empty"),
    ],
)
def test_malformed_claims_are_refused(empty, changes, message):
    with pytest.raises(ValueError, match=message):
        register(**changes)
    assert not list(registry)


@pytest.mark.parametrize(
    "source", ["Nguyen et al. 2021, Theorem 3.2", "Bombari 2022", "Chen 2021", "Terjék 2025", "Book"]
)
def test_sources_of_the_theory_sheets_are_accepted(empty, source):
    register(source=source)
    assert registry["am-gm"].source == source


def test_check_whose_parameters_lack_defaults_is_refused(empty):
    with pytest.raises(TypeError, match="parameter 'n' of the check of 'am-gm' has no default"):
        claim(**FIELDS)(lambda n: [(n, 1.0)])
    with pytest.raises(TypeError, match="parameter 'rest' of the check of 'am-gm' has no default or no name"):
        claim(**FIELDS)(lambda **rest: [(1.0, 1.0)])


# check and ledger


def test_check_passes_parameters_and_defaults(empty):
    register()
    assert check("am-gm").slack == 1.25
    assert check("am-gm", a=4.0).slack == 1.0
    assert not check("am-gm", factor=3.0)


def test_unknown_ids_and_parameters_are_named_with_their_neighbours(empty):
    register()
    register(id="schur")
    with pytest.raises(UnknownClaimError, match="no claim has the id 'am-gn'; the nearest are am-gm;"):
        check("am-gn")
    with pytest.raises(KeyError, match="no claim has the id 'zzzz'; the nearest are am-gm, schur"):
        check("zzzz")
    with pytest.raises(TypeError, match="'am-gm' has no parameter 'n'; expected some of a, b, factor"):
        check("am-gm", n=3)
    assert "am-gn" not in registry


def test_a_check_without_rows_is_refused_and_errors_say_whose_they_are(empty):
    @claim(**FIELDS)
    def wrong(*, crash=False):
        if crash:
            raise ArithmeticError("overflow")
        yield from ()

    wrong.refuted_by("overflow", crash=True)
    with pytest.raises(ValueError, match="the check yielded no row; expected `yield measured, bound, settings`"):
        check("am-gm")
    with pytest.raises(ArithmeticError) as caught:
        check("am-gm", crash=True)
    assert caught.value.__notes__ == ["claims: while running the check of 'am-gm'"]


def test_ledger_has_exactly_its_columns_and_one_row_per_claim_in_order(empty):
    register(id="b")
    register(id="a")
    table = ledger()
    assert list(table.columns) == (
        [
            "id",
            "source",
            "statement",
            "status",
            "measured",
            "predicted",
            "slack",
            "resolution",
            "grade",
            "rival",
            "holds",
            "refuted",
            "seconds",
        ]
    )
    assert table["id"].tolist() == ["b", "a"]
    assert table[["measured", "predicted", "slack", "holds", "refuted"]].iloc[0].tolist() == (
        [2.5, 2.0, 1.25, True, True]
    )
    assert table["holds"].dtype == table["refuted"].dtype == bool
    assert (table["seconds"] >= 0).all()
    assert [str(table["resolution"][0]), table["grade"][0]] == ["bound × 1.2 (median 1.2)", "sharp"]
    assert table["rival"][0] == "twice the geometric mean"
    register(id="c", status="proof sketched", missing_step="equality")
    assert ledger(["a", "c"])["status"].tolist() == ["proved here", "proof sketched; missing: equality"]
    assert list(ledger([]).columns) == list(table.columns)


def test_ledger_shows_a_refutation_that_fails_to_refute_and_a_claim_that_fails(empty):
    @claim(**FIELDS)
    def toothless(*, factor=1.0, truth=1.0):
        yield truth, 0.5 * min(factor, 1.0)

    toothless.refuted_by("a factor that does nothing", factor=100.0)

    @claim(**{**FIELDS, "id": "false"})
    def false(*, factor=1.0):
        yield 1.0, 2.0 * factor

    false.refuted_by("worse", factor=5.0)
    assert ledger()[["holds", "refuted"]].to_numpy().tolist() == [[True, False], [False, True]]


def test_ledger_refuses_unknown_ids_before_running_and_a_bare_string(empty):
    ran = []

    @claim(**FIELDS)
    def noted(*, factor=1.0):
        ran.append(factor)
        yield 1.0, factor

    noted.refuted_by("twice", factor=2.0)
    with pytest.raises(UnknownClaimError):
        ledger(["am-gm", "nowhere"])
    assert not ran
    with pytest.raises(TypeError, match=r"expected a list of ids; write \['am-gm'\]"):
        ledger("am-gm")


@pytest.mark.skipif(not jax.config.jax_enable_x64, reason="claims are stated for float64")
def test_workers_find_the_same_numbers_in_the_same_order():
    ids = ["nguyen-limit-upper", "arc-cosine-kernels"]
    here, there = ledger(ids), ledger(ids, workers=2)
    assert here["id"].tolist() == there["id"].tolist() == ids
    numbers = ["measured", "predicted", "slack"]
    np.testing.assert_allclose(here[numbers].astype(float), there[numbers].astype(float), rtol=1e-9, atol=1e-12)
    assert here["resolution"].map(str).tolist() == there["resolution"].map(str).tolist()


# forms


def verdict_of(form, *rows, **parameters):
    return form(list(rows), parameters)


def test_rows_become_a_table_and_arrays_several_rows():
    verdict = verdict_of(at_most(), ([1.0, 2.0], 4.0, {"N": 3}), (3.0, 4.0, {"N": 5}))
    assert verdict.table.to_dict("list") == {
        "N": [3, 3, 5],
        "measured": [1.0, 2.0, 3.0],
        "predicted": [4.0, 4.0, 4.0],
        "slack": [4.0, 2.0, 4 / 3],
    }


def test_a_parameter_of_the_check_replaces_the_option_of_the_same_name():
    rows = [(x**1.2, None, {"x": x}) for x in (1.0, 3.0, 10.0)]
    law = power_law("x", exponent=1.2, ratio_band=(0.9, 1.1))
    assert law(rows, {})
    assert not law(rows, {"exponent": 1.0, "N": 3})
    with pytest.raises(TypeError, match="received the option 'tolerence'; expected some of"):
        at_least(tolerence=0.1)


def test_a_scaling_law_compares_with_an_absolute_right_side_when_it_is_told_to():
    rows = [(2 * x, x, {"x": x}) for x in (1.0, 3.0, 10.0)]
    assert verdict_of(power_law("x", exponent=1.0, ratio_band=(0.9, 1.1)), *rows)
    assert not verdict_of(power_law("x", absolute=True, exponent=1.0, ratio_band=(0.9, 1.1)), *rows)


def test_identities_compare_two_routes():
    assert verdict_of(equal(tolerance=1e-12), (np.pi, np.pi * (1 + 1e-14)))
    assert not verdict_of(equal(tolerance=1e-12), (np.pi, np.pi * (1 + 1e-11)))
    assert verdict_of(equal(tolerance=0.0), (3.0, 3.0), (0.0, 0.0))
    assert not verdict_of(equal(tolerance=0.0), (3.0, 4.0))
    assert not verdict_of(equal(tolerance=0.5), (np.nan, 1.0))
    assert identity(1e-20, 0.0, tolerance=1e-12, scale=1.0)


def test_means_of_draws_are_compared_by_their_standard_errors():
    draws = np.random.default_rng(0).normal(5.0, 1.0, 10_000)
    verdict = verdict_of(mean_of_draws(), (draws, 5.0))
    assert verdict
    assert not verdict_of(mean_of_draws(), (draws, 5.06))
    np.testing.assert_allclose(verdict.table["error"][0], 0.01, rtol=0.05)


def test_probabilities_count():
    assert verdict_of(probability(), ((95, 100), 0.95, {"d": 1}), ((99, 100), 0.95, {"d": 2}))
    assert not verdict_of(probability(), ((60, 100), 0.95, {"d": 1}))


# resolutions: what is called the nearest rejected statement is rejected, and what lies within is not


@pytest.mark.parametrize("direction", [">=", "<="])
def test_the_resolution_of_an_inequality_is_the_factor_that_breaks_it(direction):
    rng = np.random.default_rng(3)
    bound, room = rng.lognormal(size=9), 1.1 + rng.lognormal(size=9)
    measured = bound * room if direction == ">=" else bound / room
    found = inequality(measured, bound, direction=direction).resolution
    assert [found.nearest, found.median] == pytest.approx([room.min(), np.sort(room)[4]])
    for factor, holds in ((found.nearest * 0.999, True), (found.nearest * 1.001, False)):
        tighter = bound * factor if direction == ">=" else bound / factor
        assert inequality(measured, tighter, direction=direction).holds == holds


@pytest.mark.parametrize(("relation", "sides"), [("==", (-1, 1)), (">=", (1,)), ("<=", (-1,))])
def test_the_resolution_of_a_law_is_the_nearest_exponent_that_breaks_it(relation, sides):
    x, y = _noisy_power(1.0)
    options = {"relation": relation, "tolerance": 0.03}
    found = scaling_law(x, y, 1.0, (0.0, np.inf), **options).resolution
    assert found.grade == ("sharp" if found.nearest <= 0.1 else "loose")
    broken = [not scaling_law(x, y, 1.0 + s * (found.nearest + 1e-6), (0.0, np.inf), **options) for s in sides]
    inside = [scaling_law(x, y, 1.0 + s * (found.nearest - 1e-6), (0.0, np.inf), **options).holds for s in sides]
    assert any(broken)
    assert any(inside)
    if len(sides) == 1:
        assert all(broken)


def test_the_factors_of_an_absolute_law_are_those_that_keep_its_band():
    x = np.geomspace(1, 100, 5)
    y = 3 * x * np.array([0.9, 1.0, 1.2, 1.0, 0.9])

    def verdict(factor):
        return scaling_law(x, y, 1.0, (0.5, 4.0), predicted=factor * 2 * x)

    assert "constant × [0.45, 2.7]" in str(verdict(1.0).resolution)
    assert [verdict(c).holds for c in (0.449, 0.451, 2.699, 2.701)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("relation", "band", "grade"),
    [
        ("==", (0.6, 1.7), "sharp"),
        ("==", (0.3, 1.7), "loose"),
        ("==", (0.6, 2.5), "loose"),
        ("==", (0.0, 1.7), "loose"),
        ("<=", (0.0, 1.7), "sharp"),
        ("<=", (0.0, 2.5), "loose"),
        (">=", (0.6, 9.0), "sharp"),
        (">=", (0.3, 9.0), "loose"),
    ],
)
def test_a_law_whose_constant_may_be_wrong_by_more_than_two_is_loose(relation, band, grade):
    x = np.geomspace(1, 100, 5)
    assert scaling_law(x, x, 1.0, band, predicted=x, relation=relation).grade == grade
    assert scaling_law(x, x, 1.0, band, relation=relation).grade == "sharp"


def test_the_resolution_of_an_estimate_is_the_relative_error_that_breaks_it():
    found = estimate([2.01], [0.01], 2.0, confidence=0.95).resolution
    for sign, error, holds in ((1, 0.999, True), (1, 1.001, False), (-1, 1.001, False)):
        assert estimate([2.01], [0.01], 2.0 * (1 + sign * error * found.nearest), confidence=0.95).holds == holds
    assert found.grade == "sharp"


def test_the_resolution_of_a_formula_is_the_relative_error_that_breaks_it():
    found = approximation([101.0], [100.0], [2.0]).resolution
    assert found.nearest == pytest.approx(0.03)
    assert approximation([101.0], [100.0 * (1 + 0.0299)], [2.0])
    assert not approximation([101.0], [100.0 * (1 + 0.0301)], [2.0])
    assert verdict_of(approximates(), ([101.0, 99.0], (100.0, 2.0), {"N": 3})).table["N"].tolist() == [3, 3]
    with pytest.raises(ValueError, match="expected positive error terms; without one use identity"):
        approximation(1.0, 1.0, 0.0)


def test_an_agreement_up_to_a_factor_fails_beyond_it_on_both_sides():
    assert up_to_factor([1.9, 0.6], 1.0, 2.0)
    assert not up_to_factor([2.1], 1.0, 2.0)
    assert not up_to_factor([0.49], 1.0, 2.0)
    assert not up_to_factor([np.nan], 1.0, 2.0)
    found = up_to_factor([1.2], [1.0], 1.5).resolution
    assert not up_to_factor([1.2], [1.0 + found.nearest + 1e-9], 1.5)
    assert up_to_factor([1.2], [1.0 + found.nearest - 1e-9], 1.5)
    assert verdict_of(within_factor(), ([1.2, 0.9], (1.0, 1.5), {"N": 3})).table["N"].tolist() == [3, 3]
    with pytest.raises(ValueError, match="expected numbers above 1"):
        up_to_factor(1.0, 1.0, 1.0)


def test_the_resolution_of_a_frequency_is_the_nearest_probability_that_breaks_it():
    found = frequency(95, 100, 0.9).resolution
    assert frequency(95, 100, 0.9 + found.nearest - 1e-6)
    assert not frequency(95, 100, 0.9 + found.nearest + 1e-6)


@pytest.mark.parametrize(
    ("verdict", "grade"),
    [
        (lambda: inequality([2.0, 3.0, 9.0], [1.9, 2.0, 1.0]), "sharp"),
        (lambda: inequality([2.0, 3.0, 9.0], [1.9, 1.0, 1.0]), "loose"),
        (lambda: inequality(0.2, 1.5, direction="<=", trivial=1.0), "vacuous"),
        (lambda: inequality([2.0, 3.0], [-1.0, -2.0]), "vacuous"),
        (lambda: inequality([-2.0, 3.0, 3.0], [-3.0, 2.0, 2.0]), "sharp"),
        (lambda: identity(1.0, 1.0, tolerance=1e-6), "sharp"),
        (lambda: identity(1.0, 1.0, tolerance=1e-3), "loose"),
        (lambda: frequency([100, 100], [100, 100], [0.0, 0.5]), "vacuous"),
        (lambda: frequency(970, 1000, 0.95), "sharp"),
        (lambda: frequency(100, 100, 0.5), "loose"),
        (lambda: frequency(100, 100, 0.95), "loose"),
        (lambda: frequency(0, 100, 0.05, relation="<="), "loose"),
        (lambda: up_to_factor(1.0, 1.0, 2.0), "loose"),
        (lambda: up_to_factor(1.0, 1.0, 1.04), "sharp"),
    ],
)
def test_grades(verdict, grade):
    assert verdict().grade == grade


def test_one_degenerate_row_does_not_make_a_check_sharp():
    found = inequality([1.0, 50.0, 60.0], [1.0, 1.0, 1.0]).resolution
    assert found == Resolution("factor", 1.0, 50.0, "bound × 1.0 (median 50)")
    assert found.grade == "loose"


# verdicts


def test_verdict_is_true_exactly_when_it_holds_and_holds_plain_numbers():
    verdict = Verdict(np.float32(2), 1, np.float64(2), np.bool_(True))
    assert verdict
    assert not Verdict(1.0, 2.0, 0.5, False)
    assert [type(v) for v in (verdict.measured, verdict.predicted, verdict.slack, verdict.holds)] == (
        [float, float, float, bool]
    )
    assert repr(verdict) == "holds: measured 2.00, predicted 1.00, slack 2.00"


@pytest.mark.parametrize("direction", [">=", "<="])
def test_inequality_reports_the_row_with_the_least_room(direction):
    rng = np.random.default_rng(0)
    bound, room = rng.lognormal(size=20), 1 + rng.lognormal(size=20)
    measured = bound * room if direction == ">=" else bound / room
    verdict = inequality(measured, bound, direction=direction)
    worst = np.argmin(room)
    assert verdict
    np.testing.assert_allclose(
        [verdict.measured, verdict.predicted, verdict.slack],
        [measured[worst], bound[worst], room[worst]],
        rtol=1e-14,
    )
    measured[3] = 0.9 * bound[3] if direction == ">=" else 1.1 * bound[3]
    broken = inequality(measured, bound, direction=direction)
    assert not broken
    assert broken.predicted == bound[3]
    assert broken.slack < 1
    assert "19 of 20 rows" in broken.note


@pytest.mark.parametrize("direction", [">=", "<="])
def test_positive_slack_of_at_least_one_means_that_the_inequality_holds(direction):
    rng = np.random.default_rng(1)
    for m, b in rng.normal(size=(500, 2)):
        verdict = inequality(m, b, direction=direction)
        assert verdict.holds == (m >= b if direction == ">=" else m <= b) == (verdict.slack >= 1)


def test_vacuous_bounds_have_infinite_slack_and_never_hide_a_tight_row():
    assert inequality(1e-3, -0.31).slack == np.inf
    verdict = inequality([1.0, 2.0], [-1.0, 1.5])
    assert (verdict.measured, verdict.slack) == (2.0, 2.0 / 1.5)


@pytest.mark.parametrize("sides", [(np.nan, 1.0), (1.0, np.nan), ([2.0, np.nan], 1.0)])
@pytest.mark.parametrize("direction", [">=", "<="])
def test_nan_never_holds(sides, direction):
    verdict = inequality(*sides, direction=direction)
    assert not verdict
    assert np.isnan(verdict.slack)


@pytest.mark.parametrize("tolerance", [np.nan, -1e-9, 1.0, np.inf])
def test_a_tolerance_that_would_accept_everything_is_refused(tolerance):
    for wrong in (
        lambda: inequality(1.0, 2.0, tolerance=tolerance),
        lambda: scaling_law([1, 2, 10], [1, 2, 10], 5.0, (0, np.inf), tolerance=tolerance),
        lambda: identity(1.0, 2.0, tolerance=tolerance),
    ):
        with pytest.raises(ValueError, match=r"expected a number in \[0, 1\); NaN would accept everything"):
            wrong()


def test_tolerance_forgives_rounding_only():
    assert not inequality(1.0 - 1e-13, 1.0)
    assert inequality(1.0 - 1e-13, 1.0, tolerance=1e-12)
    assert not inequality(1.0 - 1e-11, 1.0, tolerance=1e-12)
    assert not inequality(1.0, np.inf, tolerance=1e-12)


def test_tables_keep_the_settings_beside_the_numbers():
    settings = [{"N": 10, "seed": 0}, {"N": 20, "seed": 0}]
    table = inequality([2.0, 4.0], [1.0, 1.0], settings).table
    assert list(table.columns) == ["N", "seed", "measured", "predicted", "slack"]
    assert table["slack"].tolist() == [2.0, 4.0]
    with pytest.raises(ValueError, match="table has 2 rows; expected 3, one per measurement"):
        inequality([1.0, 2.0, 3.0], 1.0, pd.DataFrame(settings))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), r"received shape \(0,\)"),
        (([1.0, 2.0], [1.0, 2.0, 3.0]), r"shapes \(2,\) and \(3,\); expected equally many rows"),
        (([[1.0]], 1.0), r"received shape \(1, 1\)"),
        ((1.0, 1.0, None, ">"), "direction='>'; expected one of '>=', '<='"),
    ],
)
def test_malformed_inequalities_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        inequality(*arguments)


# scaling laws


def _noisy_power(exponent, noise=0.05, seed=0):
    rng = np.random.default_rng(seed)
    x = np.repeat(np.geomspace(10, 200, 6), 5)
    return x, 3.0 * x**exponent * np.exp(noise * rng.normal(size=x.size))


@pytest.mark.parametrize("exponent", [-1.0, 0.0, 0.5, 2.0])
def test_scaling_law_holds_at_its_exponent_and_fails_off_it(exponent):
    x, y = _noisy_power(exponent)
    band = (0.7, 1.4)
    verdict = scaling_law(x, y, exponent, band)
    assert verdict
    assert (verdict.predicted, list(verdict.table.columns)) == (
        exponent,
        ["x", "measured", "predicted", "ratio"],
    )
    np.testing.assert_allclose(np.exp(np.log(verdict.table["ratio"]).mean()), 1.0, rtol=1e-13)
    assert not scaling_law(x, y, exponent + 0.25, (0.0, np.inf))
    assert not scaling_law(x, y, exponent - 0.25, (0.0, np.inf))


@pytest.mark.parametrize(
    ("relation", "off", "holds"),
    [(">=", -0.3, True), (">=", 0.3, False), ("<=", 0.3, True), ("<=", -0.3, False), ("==", 0.0, True)],
)
def test_one_sided_laws_fail_on_their_side_only(relation, off, holds):
    x, y = _noisy_power(1.0)
    assert scaling_law(x, y, 1.0 + off, (0.0, np.inf), relation=relation).holds == holds


def test_exact_power_law_holds_although_its_interval_has_no_width():
    x = np.geomspace(1, 1000, 7)
    verdict = scaling_law(x, 2 * x**1.5, 1.5, (0.99, 1.01))
    assert verdict
    np.testing.assert_allclose(verdict.slack, 1.0, rtol=1e-12)


def test_ratio_outside_its_band_fails_even_at_the_right_exponent():
    x, y = _noisy_power(1.0)
    assert scaling_law(x, y, 1.0, (2.0, 4.0), predicted=x)
    assert not scaling_law(x, y, 1.0, (0.5, 2.0), predicted=x)
    assert "outside the band" in scaling_law(x, y, 1.0, (0.5, 2.0), predicted=x).note
    assert not scaling_law(x, y, 1.0, (0.999, 1.001))


def test_interval_too_wide_to_decide_confirms_nothing():
    x, y = _noisy_power(1.0, noise=3.0)
    assert not scaling_law(x, y, 1.0, (0.0, np.inf))
    assert "too wide" in scaling_law(x, y, 1.0, (0.0, np.inf)).note
    assert scaling_law(x, y, 1.0, (0.0, np.inf), widest=10.0)


def test_tolerance_widens_the_interval_by_itself():
    x = np.geomspace(1, 100, 5)
    assert not scaling_law(x, x**1.1, 1.0, (0.0, np.inf), tolerance=0.09)
    assert scaling_law(x, x**1.1, 1.0, (0.0, np.inf), tolerance=0.11)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": [1, 2, 9]}, "x spans 1 to 9, less than a decade"),
        ({"ratio_band": (2.0, 1.0)}, "expected 0 <= low < high"),
        ({"relation": "<"}, "relation='<'; expected one of"),
        ({"y": [1, 2]}, "x has 3 and y has 2 points"),
        ({"predicted": [1.0, 0.0, 1.0]}, "predicted has an entry that is not positive"),
    ],
)
def test_malformed_scaling_laws_are_refused(changes, message):
    arguments = {"x": [1, 5, 10], "y": [1, 5, 10], "exponent": 1.0, "ratio_band": (0.5, 2.0), **changes}
    with pytest.raises(ValueError, match=message):
        scaling_law(**arguments)


# frequencies


def test_interval_is_the_exact_one_of_scipy():
    table = frequency(17, 40, 0.5, relation="==").table
    reference = stats.binomtest(17, 40).proportion_ci(0.95, method="exact")
    np.testing.assert_allclose(table.loc[0, ["low", "high"]].tolist(), [reference.low, reference.high], rtol=1e-12)


@pytest.mark.parametrize(
    ("successes", "predicted", "relation", "holds"),
    [
        (95, 0.97, ">=", True),
        (80, 0.97, ">=", False),
        (100, 0.97, ">=", True),
        (5, 0.01, "<=", False),
        (2, 0.01, "<=", True),
        (0, 0.01, "<=", True),
        (50, 0.55, "==", True),
        (50, 0.7, "==", False),
        (50, 0.3, "==", False),
    ],
)
def test_frequency_fails_only_when_its_interval_excludes_the_prediction(successes, predicted, relation, holds):
    assert frequency(successes, 100, predicted, relation=relation).holds == holds


def test_true_probability_is_rarely_rejected_and_a_wrong_one_mostly():
    rng = np.random.default_rng(0)
    counts = rng.binomial(200, 0.9, 1000)
    kept = np.mean([frequency(k, 200, 0.9, relation="==").holds for k in counts])
    wrong = np.mean([frequency(k, 200, 0.98, relation=">=").holds for k in counts])
    assert kept >= 0.95 - 4 * np.sqrt(0.05 * 0.95 / 1000)
    assert wrong < 0.05


def test_many_rows_share_the_error_and_one_bad_row_decides():
    successes, predicted = np.array([90, 93, 60, 91]), 0.9
    verdict = frequency(successes, 100, predicted)
    assert not verdict
    assert (verdict.measured, verdict.table["successes"].tolist()) == (0.6, successes.tolist())
    one, many = frequency(83, 100, 0.9), frequency([83] * 5, 100, 0.9)
    assert not one
    assert many
    assert many.table["high"][0] > one.table["high"][0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 2, 0.5), r"with trials=\[2\] no outcome could contradict a probability >= \[0.5\]"),
        ((5, 4, 0.9), "0 <= successes <= trials"),
        ((1.5, 4, 0.9), "expected whole numbers"),
        ((3, 40, 1.2), r"predicted=\[1.2\]; expected probabilities"),
    ],
)
def test_frequencies_that_cannot_be_checked_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        frequency(*arguments)


# chains


def test_total_loss_of_a_chain_is_the_product_of_its_links():
    rng = np.random.default_rng(0)
    values = 100 * np.cumprod(rng.uniform(0.1, 1, 8))
    table = slack_chain([(f"link {i}", v) for i, v in enumerate(values)])
    np.testing.assert_allclose(table["slack"].cumprod(), table["total"], rtol=1e-13)
    np.testing.assert_allclose(table["total"].iloc[-1], values[0] / values[-1], rtol=1e-14)


def test_chain_that_rises_or_holds_nan_is_refused_and_rounding_is_not():
    with pytest.raises(ValueError, match="link 'b' has value 2 after 'a' with 1; expected a decreasing chain"):
        slack_chain([("a", 1.0), ("b", 2.0)])
    with pytest.raises(ValueError, match="link 'b' has value nan"):
        slack_chain([("a", 1.0), ("b", np.nan)])
    with pytest.raises(ValueError, match="received 1 links"):
        slack_chain([("a", 1.0)])
    slack_chain([("a", 1.0), ("b", 1.0 + 1e-12)])


# the book's own claims


def test_every_claim_of_the_book_says_what_it_needs():
    assert len(registry) > 0
    for id, found in registry.items():
        assert isinstance(found, Claim)
        assert found.id == id
        assert found.refutation is not found.check


def test_processes_with_a_common_folder_compute_a_verdict_once_and_others_each_time(empty, tmp_path, monkeypatch):
    runs = []

    @claim(**FIELDS)
    def means(*, a=1.0, b=4.0, factor=1.0):
        runs.append(factor)
        yield (a + b) / 2, factor * (a * b) ** 0.5, {"a": a, "b": b}

    means.refuted_by("twice the geometric mean", factor=2.0)
    monkeypatch.delenv("BOOK_VERDICTS", raising=False)
    alone = [ledger().drop(columns="seconds") for _ in range(2)]
    assert runs == [1.0, 2.0] * 2
    monkeypatch.setenv("BOOK_VERDICTS", str(tmp_path))
    shared = [ledger().drop(columns="seconds") for _ in range(2)]
    assert check(FIELDS["id"]).measured == alone[0]["measured"][0]
    assert runs == [1.0, 2.0] * 3
    check(FIELDS["id"], factor=1.5)
    assert runs.pop() == 1.5
    pd.testing.assert_frame_equal(alone[0], shared[1])
    with jax.enable_x64(not jax.config.jax_enable_x64):
        ledger()
    assert runs == [1.0, 2.0] * 4
    assert [file.suffix for file in tmp_path.iterdir()] == [".pickle"] * 4


@pytest.mark.parametrize(("relation", "grade"), [("==", "loose"), ("<=", "loose"), (">=", "sharp")])
def test_a_band_that_is_open_above_leaves_the_constant_open_below(relation, grade):
    x = np.array([10.0, 20.0, 100.0])
    law = scaling_law(x, 2 * x, 1.0, (0.9, np.inf), predicted=2 * x, relation=relation)
    assert law.grade == grade
    assert str(law.resolution).endswith("constant × [0, 1.1]")
