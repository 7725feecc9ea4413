"""NumPy: blocks of particles that stay in cache, arrays made once, one Python thread for each core (NumPy lets go of the
interpreter's lock inside its functions), products by one-threaded BLAS."""

import os

import common

os.environ["OPENBLAS_NUM_THREADS"] = "1"
options = common.prepare()

from concurrent.futures import ThreadPoolExecutor

import numpy as np

# Particles of a block.
BLOCK = {"A": 8, "B": 2, "C": 8, "D": 64, "E1": 8192, "E2": 4096, "F": 8}


class Block:
    """Some particles with the arrays of their steps. Layout of nets: (d, block, p)."""

    def __init__(self, peer, weights, seed):
        w, dtype = peer.w, peer.dtype
        self.peer, self.w = peer, w
        self.random = np.random.Generator(np.random.SFC64(seed))
        count = len(weights)
        self.count, self.risk = count, 0.0
        if w.kind == "sgd":
            self.weights = weights.astype(dtype)
            rows = (count, w.b)
            self.z = np.empty((*rows, w.p), dtype)
            self.inputs = np.empty((*rows, w.d), dtype)
        elif w.is_net:
            self.weights = np.ascontiguousarray(weights.transpose(1, 0, 2), dtype)
            self.z = np.empty((w.n, count, w.p), dtype)
        else:
            self.weights = weights.astype(dtype)
        if w.is_net:
            self.slope = np.empty_like(self.z)
        self.change = np.empty_like(self.weights)
        self.noise = np.empty_like(self.weights)

    def particles(self):
        return self.weights.transpose(1, 0, 2) if self.w.is_net and self.w.kind != "sgd" else self.weights

    def gates(self):
        """z becomes the value of the gates, slope their derivative."""
        z, slope = self.z, self.slope
        if self.w.activation == "tanh":
            np.tanh(z, out=z)
            np.multiply(z, z, out=slope)
            np.subtract(1, slope, out=slope)
        else:
            np.negative(z, out=z)
            np.exp(z, out=z)
            z += 1
            np.reciprocal(z, out=z)
            np.subtract(1, z, out=slope)
            slope *= z

    def gradient(self, observed=False):
        """Into `change`."""
        w, peer, change = self.w, self.peer, self.change
        if w.kind == "well":
            np.multiply(self.weights, self.weights, out=change)
            change -= 1
            change *= self.weights
        elif w.kind == "quadratic":
            np.multiply(self.weights, peer.eigenvalues, out=change)
        else:
            flat = self.weights.reshape(w.d, -1)
            np.matmul(peer.x, flat, out=self.z.reshape(w.n, -1))
            self.gates()
            margin = (self.z @ peer.a) * peer.y[:, None]
            if observed:
                loss = np.logaddexp(0, -margin).sum() / w.n
                self.risk = loss + 0.5 * common.LAMBDA * (flat * flat).sum()
            g = -peer.y[:, None] / (1 + np.exp(margin)) / w.n
            self.slope *= peer.a
            self.slope *= g[:, :, None]
            np.matmul(peer.x.T, self.slope.reshape(w.n, -1), out=change.reshape(w.d, -1))
            np.multiply(self.weights, peer.penalty, out=self.noise)
            change += self.noise
        return change

    def batch_gradient(self, rows):
        w, peer = self.w, self.peer
        np.take(peer.x, rows, axis=0, out=self.inputs)
        y = peer.y[rows]
        np.matmul(self.inputs, self.weights, out=self.z)
        self.gates()
        g = -y / (1 + np.exp(y * (self.z @ peer.a))) / w.b
        self.slope *= peer.a
        self.slope *= g[:, :, None]
        np.matmul(self.inputs.transpose(0, 2, 1), self.slope, out=self.change)
        np.multiply(self.weights, peer.penalty, out=self.noise)
        self.change += self.noise
        return self.change

    def step(self, observed):
        w, peer = self.w, self.peer
        if w.kind == "sgd":
            rows = self.random.integers(0, w.n, (self.count, w.b), dtype=np.int32)
            change = self.batch_gradient(rows)
        else:
            change = self.gradient(observed)
        change *= peer.dt
        self.weights -= change
        if w.kind != "sgd":
            self.random.standard_normal(dtype=peer.dtype, out=self.noise)
            self.noise *= peer.scale
            self.weights += self.noise

    def advance(self):
        every = self.w.observe_every
        risks = []
        for k in range(self.w.chunk):
            observed = every > 0 and k % every == 0
            self.step(observed)
            if observed:
                risks.append(self.risk)
        return risks


class Peer:
    def __init__(self, w, data, weights, dtype, options):
        self.w, self.dtype = w, np.float64 if dtype == "f64" else np.float32
        self.x, self.y = data.inputs.astype(self.dtype), data.labels.astype(self.dtype)
        self.a = data.outer.astype(self.dtype)
        self.eigenvalues = np.array(common.EIGENVALUES, self.dtype)
        self.dt, self.penalty = self.dtype(w.dt), self.dtype(common.LAMBDA)
        self.scale = self.dtype((common.S * w.dt) ** 0.5)
        length = int(options.variant or BLOCK[w.name])
        self.blocks = [Block(self, weights[i : i + length], i) for i in range(0, w.particles, length)]
        self.pool = ThreadPoolExecutor(options.threads)
        self.risk = None

    def gradient(self):
        rows = np.arange(self.w.b)
        for block in self.blocks:
            if self.w.kind == "sgd":
                block.batch_gradient(np.tile(rows, (block.count, 1)))
            else:
                block.gradient()
            block.weights, block.change = block.change, block.weights
        result = self.weights()
        for block in self.blocks:
            block.weights, block.change = block.change, block.weights
        return result

    def weights(self):
        return np.concatenate([block.particles() for block in self.blocks])

    def advance(self):
        risks = list(self.pool.map(Block.advance, self.blocks))
        self.risk = np.sum(risks, axis=0) / self.w.particles


if __name__ == "__main__":
    common.main(Peer, options, "numpy")
