"""diffrax: its Euler solver on an unsafe Brownian path, which draws every increment once. The drift is the gradient by one
product over blocks of particles. No form of SGD."""

import os

import common

options = common.prepare()
os.environ["JAX_PLATFORMS"] = "cpu"

import diffrax
import jax
import jax.numpy as jnp
import lineax
from jax import lax

if options.dtype == "f64":
    jax.config.update("jax_enable_x64", True)

# Particles of a block of the drift.
BLOCK = {"A": 16, "B": 4, "C": 16, "F": 16}


class Peer:
    def __init__(self, w, data, weights, dtype, options):
        if w.kind == "sgd":
            raise SystemExit("no form of SGD")
        self.w, self.dtype = w, jnp.float64 if dtype == "f64" else jnp.float32
        as_array = lambda x: jnp.asarray(x, self.dtype)
        self.x, self.y, self.a = as_array(data.inputs), as_array(data.labels), as_array(data.outer)
        self.block = min(BLOCK.get(w.name, 1), w.particles)
        self.state = as_array(self.pack(weights))
        self.key = jax.random.key(1)
        self.run = jax.jit(self.chunk)

    # Layout: (blocks, d, block*p) for nets.
    def pack(self, weights):
        w = self.w
        if not w.is_net:
            return weights
        parts = weights.reshape(-1, self.block, w.d, w.p)
        return parts.transpose(0, 2, 1, 3).reshape(-1, w.d, self.block * w.p)

    def unpack(self, packed):
        w = self.w
        if not w.is_net:
            return packed
        return packed.reshape(-1, w.d, self.block, w.p).transpose(0, 2, 1, 3).reshape(-1, w.d, w.p)

    def forward(self, weights):
        """Values and slopes of the gates, margins."""
        w = self.w
        z = (self.x @ weights).reshape(w.n, self.block, w.p)
        value = jnp.tanh(z) if w.activation == "tanh" else jax.nn.sigmoid(z)
        slope = 1 - value * value if w.activation == "tanh" else value * (1 - value)
        return slope, self.y[:, None] * (value @ self.a)

    def block_gradient(self, weights):
        w = self.w
        slope, margin = self.forward(weights)
        g = -self.y[:, None] * jax.nn.sigmoid(-margin) / w.n
        dz = (g[:, :, None] * (slope * self.a)).reshape(w.n, self.block * w.p)
        return self.x.T @ dz + common.LAMBDA * weights

    def any_gradient(self, state):
        if self.w.kind == "well":
            return state * (state * state - 1)
        if self.w.kind == "quadratic":
            return jnp.asarray(common.EIGENVALUES, self.dtype) * state
        return lax.map(self.block_gradient, state)

    def block_risk(self, weights):
        margin = self.forward(weights)[1]
        return jax.nn.softplus(-margin).sum() / self.w.n + 0.5 * common.LAMBDA * jnp.sum(weights**2)

    def solve(self, state, key, steps):
        w = self.w
        path = diffrax.UnsafeBrownianPath(jax.ShapeDtypeStruct(state.shape, self.dtype), key)
        scale = jnp.full(state.shape, common.S**0.5, self.dtype)
        terms = diffrax.MultiTerm(
            diffrax.ODETerm(lambda t, y, args: -self.any_gradient(y)),
            diffrax.ControlTerm(lambda t, y, args: lineax.DiagonalLinearOperator(scale), path),
        )
        solution = diffrax.diffeqsolve(
            terms,
            diffrax.Euler(),
            t0=0.0,
            t1=steps * w.dt,
            dt0=w.dt,
            y0=state,
            saveat=diffrax.SaveAt(t1=True),
            adjoint=diffrax.DirectAdjoint(),
            max_steps=None,
        )
        return solution.ys[0]

    def chunk(self, state, key):
        every = self.w.observe_every
        if not every:
            return self.solve(state, key, self.w.chunk), jnp.zeros(())

        def group(state, key):
            state = self.solve(state, key, every)
            return state, jnp.sum(lax.map(self.block_risk, state)) / self.w.particles

        return lax.scan(group, state, jax.random.split(key, self.w.chunk // every))

    def gradient(self):
        return self.unpack(self.any_gradient(self.state))

    def weights(self):
        return self.unpack(self.state)

    def advance(self):
        self.key, part = jax.random.split(self.key)
        self.state, risks = self.run(self.state, part)
        jax.block_until_ready((self.state, risks))


if __name__ == "__main__":
    common.main(Peer, options, "diffrax")
