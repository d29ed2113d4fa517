"""Row-wise work over several devices."""

import jax
import jax.numpy as jnp
import numpy as np


def sharded_rows(function, X, mesh):
    """Apply a row-wise function to ``X`` sharded by rows over a one-dimensional device mesh.

    Rows are padded with copies of the first one to a multiple of the number of devices and cut again
    afterwards; the results are gathered on the default device.
    """
    (axis,), N = mesh.axis_names, X.shape[0]
    padding = -N % mesh.size
    padded = jnp.concatenate([X, jnp.broadcast_to(X[:1], (padding, X.shape[1]))])
    spec = jax.sharding.PartitionSpec(axis)
    padded = jax.device_put(padded, jax.sharding.NamedSharding(mesh, spec))
    run = jax.jit(jax.shard_map(function, mesh=mesh, in_specs=spec, out_specs=spec, check_vma=False))
    return tuple(jnp.asarray(np.asarray(out)[:N]) for out in run(padded))
