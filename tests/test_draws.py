"""Normal draws rounded up to a common length are those of JAX, bit for bit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ntklib import MLP, datasets
from ntklib._draws import LARGEST, normal

pytestmark = pytest.mark.both_precisions
SHAPES = [(7, 3), (64,), (3, 86), (5, 7, 31)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [None, "float32"])
def test_a_draw_is_the_beginning_of_a_longer_one_bit_for_bit(shape, dtype):
    key = jax.random.key(3)
    expected = jax.random.normal(key, shape, dtype or jnp.result_type(float))
    drawn = normal(key, shape, dtype)
    assert drawn.dtype == expected.dtype
    assert np.array_equal(drawn, expected)


def test_networks_drawn_one_by_one_equal_those_drawn_together():
    net, keys = MLP((5, 33, 9, 1), "tanh", "chen"), jax.random.split(jax.random.key(1), 3)
    together = jax.vmap(net.init)(keys)
    for i, key in enumerate(keys):
        for alone, batch, traced in zip(net.init(key), together, jax.jit(net.init)(key)):
            assert isinstance(alone, jax.Array)
            assert np.array_equal(alone, batch[i])
            eps = np.finfo(alone.dtype).eps
            assert np.allclose(
                alone, traced, rtol=4 * eps, atol=0
            )  # one program: the scale may be multiplied in earlier


def test_keys_of_other_generators_and_of_the_old_kind_keep_their_numbers():
    for key in (jax.random.key(0, impl="rbg"), jax.random.PRNGKey(0)):
        assert np.array_equal(normal(key, (9, 4)), jax.random.normal(key, (9, 4)))


def test_an_empty_draw_is_empty_and_a_huge_one_is_not_rounded_up():
    key = jax.random.key(0)
    assert normal(key, (0, 3)).shape == (0, 3)
    assert isinstance(normal(key, (LARGEST + 1,), "float32"), jax.Array)


def test_a_second_shape_of_the_same_rounded_length_compiles_nothing():
    key, compiled = jax.random.key(0), []
    datasets.gaussian(key, 9, 7)
    normal(key, (63,))

    def listen(event, seconds, **details):
        compiled.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        normal(key, (4, 16))
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
    assert not [event for event in compiled if event.endswith("backend_compile_duration")]
