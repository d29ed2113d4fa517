"""Every claim of the book: it holds, its refutation does not, and neither hangs on one seed."""

import pytest

from ntklib import claims

OTHER_SEED = {"seed": 50, "first_seed": 100}  # the names under which a check takes its one seed


@pytest.fixture(autouse=True)
def double_precision():
    jax = pytest.importorskip("jax")
    if not jax.config.jax_enable_x64:
        pytest.skip("claims are stated for float64")


@pytest.mark.parametrize("id", list(claims.registry))
def test_a_claim_holds_and_its_refutation_does_not(id):
    assert claims.check(id), id
    assert not claims.registry[id].refutation(), id


SEEDED = [(id, name) for id, claim in claims.registry.items() for name in OTHER_SEED if name in claim.parameters]


@pytest.mark.parametrize(("id", "name"), SEEDED)
def test_a_claim_holds_for_another_seed(id, name):
    assert claims.check(id, **{name: OTHER_SEED[name]}), id
