"""JAX written by hand for speed: the gradient as one product over a block of particles whose state stays in cache, all
steps of a block inside one scan, blocks spread over one host device a thread, noise from a generator that fuses."""

import os

import common

options = common.prepare()
os.environ["XLA_FLAGS"] = (
    f"--xla_force_host_platform_device_count={options.threads} --xla_cpu_multi_thread_eigen=false"
)
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import NamedSharding, PartitionSpec

jax.config.update("jax_enable_x64", True)  # 64-bit words; the arithmetic below is in the precision asked for

# Particles of a block, so that the arrays of a step stay in cache.
BLOCK = {"A": 16, "B": 4, "C": 8, "D": 64, "E1": 10_000, "E2": 5000, "F": 16}


def rotate(x, k):
    return (x << np.uint64(k)) | (x >> np.uint64(64 - k))


def next_words(state):
    """Xoshiro256+, a generator for every element: adds, shifts and exclusive ors that fuse with what uses the words."""
    s0, s1, s2, s3 = state
    words, shifted = s0 + s3, s1 << np.uint64(17)
    s2, s3 = s2 ^ s0, s3 ^ s1
    s1, s0 = s1 ^ s2, s0 ^ s3
    return (s0, s1, s2 ^ shifted, rotate(s3, 45)), words


def halves(words):
    """Two 32-bit numbers of every word, along the last axis."""
    parts = [words >> np.uint64(32), words & np.uint64(0xFFFFFFFF)]
    return jnp.concatenate(parts, axis=-1).astype(jnp.uint32)


class Peer:
    def __init__(self, w, data, weights, dtype, options):
        self.w, self.dtype = w, jnp.float64 if dtype == "f64" else jnp.float32
        self.devices = options.threads
        length = int(options.variant or BLOCK[w.name])
        self.block = min(length, max(1, w.particles // self.devices))
        as_array = lambda x: jnp.asarray(x, self.dtype)
        self.x, self.y, self.a = as_array(data.inputs), as_array(data.labels), as_array(data.outer)
        blocks = -(-w.particles // self.block)
        blocks = -(-blocks // self.devices) * self.devices  # padded up to whole blocks on every device
        mesh = jax.make_mesh((self.devices,), ("device",))
        by_device = PartitionSpec("device")
        sharding = NamedSharding(mesh, by_device)
        packed = self.pack(np.resize(weights, (blocks * self.block, *weights.shape[1:])))
        self.packed = jax.device_put(jnp.asarray(packed, self.dtype), sharding)
        key = jax.random.key(1)
        state = jax.random.bits(key, (blocks, 4, *self.word_shape()), jnp.uint64)
        self.state = jax.device_put(state, sharding)
        spread = lambda f, outputs: jax.jit(
            jax.shard_map(f, mesh=mesh, in_specs=(by_device, by_device), out_specs=(by_device,) * outputs)
        )
        self.run = spread(lambda weights, state: lax.map(self.steps, (weights, state)), 3)
        self.risk = None

    # Layout: (blocks, d, block*p) for nets, (blocks, d, block) for potentials.
    def pack(self, weights):
        w = self.w
        parts = weights.reshape(-1, self.block, w.d, w.p)
        return parts.transpose(0, 2, 1, 3).reshape(-1, w.d, self.block * w.p)

    def unpack(self, packed):
        w = self.w
        parts = np.asarray(packed).reshape(-1, w.d, self.block, w.p).transpose(0, 2, 1, 3)
        kept = parts.reshape(-1, w.d, w.p)[: w.particles]
        return kept if w.is_net else kept[:, :, 0]

    def weights(self):
        return self.unpack(self.packed)

    def word_shape(self):
        if self.w.kind == "sgd":
            return (self.block, -(-self.w.b // 2))
        columns = self.block * self.w.p
        return (self.w.d, columns if self.dtype == jnp.float64 else -(-columns // 2))

    def noise(self, words):
        columns = self.block * self.w.p
        if self.dtype == jnp.float64:
            u = (words >> np.uint64(11)).astype(jnp.int64).astype(jnp.float64) * 2.0**-52 + (2.0**-53 - 1.0)
        else:
            bits = halves(words)[..., :columns] >> np.uint32(9)
            u = bits.astype(jnp.int32).astype(jnp.float32) * np.float32(2.0**-22) + np.float32(2.0**-23 - 1.0)
        return lax.erf_inv(u) * np.asarray(2.0**0.5, self.dtype)

    def rows(self, words):
        bits = halves(words)[:, : self.w.b].astype(jnp.uint64)
        return ((bits * np.uint64(self.w.n)) >> np.uint64(32)).astype(jnp.int32)

    def slopes(self, z):
        if self.w.activation == "tanh":
            value = jnp.tanh(z)
            return value, 1 - value * value
        value = 1 / (1 + jnp.exp(-z))
        return value, value * (1 - value)

    def full_gradient(self, weights):
        """(gradient, sum of the risk over the block)."""
        w = self.w
        z = (self.x @ weights).reshape(w.n, self.block, w.p)
        value, slope = self.slopes(z)
        margin = self.y[:, None] * (value @ self.a)
        g = -self.y[:, None] / (1 + jnp.exp(margin)) / w.n
        dz = (g[:, :, None] * (slope * self.a)).reshape(w.n, self.block * w.p)
        loss = jnp.logaddexp(0, -margin).sum() / w.n + 0.5 * common.LAMBDA * (weights * weights).sum()
        return self.x.T @ dz + common.LAMBDA * weights, loss

    def batch_gradient(self, weights, rows):
        """rows: (block, b)."""
        w = self.w
        x, y = self.x[rows], self.y[rows]
        parts = weights.reshape(w.d, self.block, w.p)
        z = sum(x[:, :, k, None] * parts[k][:, None, :] for k in range(w.d))
        value, slope = self.slopes(z)
        g = -y / (1 + jnp.exp(y * (value @ self.a))) / w.b
        dz = g[:, :, None] * (slope * self.a)
        gradient = jnp.einsum("qbk,qbj->kqj", x, dz)
        return gradient.reshape(w.d, -1) + common.LAMBDA * weights

    def any_gradient(self, weights):
        if self.w.kind == "well":
            return weights * (weights * weights - 1)
        if self.w.kind == "quadratic":
            return jnp.asarray(common.EIGENVALUES, self.dtype)[:, None] * weights
        return self.full_gradient(weights)[0]

    def step(self, carry, observed):
        weights, state = carry
        w, risk = self.w, jnp.zeros((), self.dtype)
        dt, scale = np.asarray(w.dt, self.dtype), np.asarray((common.S * w.dt) ** 0.5, self.dtype)
        state, words = next_words(state)
        if w.kind == "sgd":
            return (weights - dt * self.batch_gradient(weights, self.rows(words)), state), risk
        if observed:
            gradient, risk = self.full_gradient(weights)
        else:
            gradient = self.any_gradient(weights)
        return (weights - dt * gradient + scale * self.noise(words), state), risk

    def steps(self, block):
        """All steps of a chunk of one block; the risk is read every few steps together with a gradient."""
        weights, state = block
        carry = (weights, tuple(state))
        plain = lambda carry, length: lax.scan(lambda c, _: self.step(c, False), carry, None, length=length)[0]
        every, chunk = self.w.observe_every, self.w.chunk
        if every:

            def group(carry, _):
                carry, risk = self.step(carry, True)
                return plain(carry, every - 1), risk

            carry, risks = lax.scan(group, carry, None, length=chunk // every)
        else:
            carry, risks = plain(carry, chunk), jnp.zeros((1,), self.dtype)
        return carry[0], jnp.stack(carry[1]), risks

    def gradient(self):
        packed = jnp.asarray(np.asarray(self.packed))
        if self.w.kind == "sgd":
            rows = jnp.tile(jnp.arange(self.w.b), (self.block, 1))
            return self.unpack(lax.map(lambda block: self.batch_gradient(block, rows), packed))
        return self.unpack(lax.map(self.any_gradient, packed))

    def advance(self):
        self.packed, self.state, risks = self.run(self.packed, self.state)
        self.risk = jnp.sum(risks, axis=0) / self.w.particles
        jax.block_until_ready((self.packed, self.risk))


if __name__ == "__main__":
    common.main(Peer, options, "jax-blocked")
