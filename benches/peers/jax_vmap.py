"""JAX as it is usually written: the risk of one particle, `grad`, `vmap`, and a scan over the steps under `jit`."""

import os

import common

options = common.prepare()
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
from jax import lax

if options.dtype == "f64":
    jax.config.update("jax_enable_x64", True)


def particle_risk(w, x, y, a):
    """The risk of one particle as a function of its weights and rows."""
    if w.kind == "well":
        return lambda weights: jnp.sum((weights**2 - 1) ** 2) / 4
    if w.kind == "quadratic":
        return lambda weights: 0.5 * jnp.sum(jnp.asarray(common.EIGENVALUES) * weights**2)
    gate = jnp.tanh if w.activation == "tanh" else jax.nn.sigmoid

    def risk(weights, rows=None):
        inputs, labels = (x, y) if rows is None else (x[rows], y[rows])
        margin = labels * (gate(inputs @ weights) @ a)
        return jnp.mean(jax.nn.softplus(-margin)) + 0.5 * common.LAMBDA * jnp.sum(weights**2)

    return risk


class Peer:
    def __init__(self, w, data, weights, dtype, options):
        self.w, self.dtype = w, jnp.float64 if dtype == "f64" else jnp.float32
        as_array = lambda x: jnp.asarray(x, self.dtype)
        self.risk = particle_risk(w, as_array(data.inputs), as_array(data.labels), as_array(data.outer))
        self.state = (as_array(weights), jax.random.split(jax.random.key(1), w.particles))
        self.run = jax.jit(self.chunk)

    def step(self, weights, key):
        w = self.w
        key, part = jax.random.split(key)
        if w.kind == "sgd":
            rows = jax.random.randint(part, (w.b,), 0, w.n)
            return weights - w.dt * jax.grad(self.risk)(weights, rows), key
        noise = jax.random.normal(part, weights.shape, self.dtype)
        return weights - w.dt * jax.grad(self.risk)(weights) + (common.S * w.dt) ** 0.5 * noise, key

    def chunk(self, state):
        steps = lambda state, length: lax.scan(
            lambda s, _: (jax.vmap(self.step)(*s), None), state, None, length=length
        )[0]
        every = self.w.observe_every
        if not every:
            return steps(state, self.w.chunk), jnp.zeros(())

        def group(state, _):
            state = steps(state, every)
            return state, jnp.mean(jax.vmap(self.risk)(state[0]))

        return lax.scan(group, state, None, length=self.w.chunk // every)

    def gradient(self):
        if self.w.kind == "sgd":
            rows = jnp.arange(self.w.b)
            return jax.vmap(lambda weights: jax.grad(self.risk)(weights, rows))(self.state[0])
        return jax.vmap(jax.grad(self.risk))(self.state[0])

    def weights(self):
        return self.state[0]

    def advance(self):
        self.state, risks = self.run(self.state)
        jax.block_until_ready((self.state, risks))


if __name__ == "__main__":
    common.main(Peer, options, "jax-vmap")
