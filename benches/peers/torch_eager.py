"""PyTorch, eager, on all particles at once, with every array made once and written in place: fresh arrays of this size
cost page faults. `--variant compile` lets torch.compile fuse the elementwise parts instead."""

import common

options = common.prepare()

import numpy as np
import torch

torch.set_num_threads(options.threads)
torch.set_grad_enabled(False)


class Peer:
    def __init__(self, w, data, weights, dtype, options):
        self.w, self.dtype = w, torch.float64 if dtype == "f64" else torch.float32
        as_tensor = lambda x: torch.tensor(np.asarray(x), dtype=self.dtype)
        self.x, self.y, self.a = as_tensor(data.inputs), as_tensor(data.labels), as_tensor(data.outer)
        self.eigenvalues = as_tensor(common.EIGENVALUES)
        self.generator = torch.Generator().manual_seed(1)
        self.shared = w.is_net and w.kind != "sgd"  # all particles see the same rows: layout (d, particles, p)
        self.state = as_tensor(weights.transpose(1, 0, 2).copy() if self.shared else weights)
        self.change, self.noise = torch.empty_like(self.state), torch.empty_like(self.state)
        self.risk = None
        if w.is_net:
            rows = (w.n, w.particles) if self.shared else (w.particles, w.b)
            make = lambda *shape: torch.empty(shape, dtype=self.dtype)
            self.z, self.slope = make(*rows, w.p), make(*rows, w.p)
            self.output, self.loss = make(*rows), make(*rows)
            self.inputs = make(*rows, w.d) if w.kind == "sgd" else None
            self.labels = make(*rows) if w.kind == "sgd" else self.y[:, None]
        self.fused = torch.compile(fused_gates) if options.variant == "compile" else None

    def gates(self, count, observed=False):
        """From z: slope becomes the derivative of the mean loss in z."""
        z, slope, output, w = self.z, self.slope, self.output, self.w
        if self.fused is not None:
            slope.copy_(self.fused(z, self.a, self.labels, count, w.activation == "tanh"))
            if not observed:
                return
        if w.activation == "tanh":
            z.tanh_()
            torch.mul(z, z, out=slope)
            slope.neg_().add_(1)
        else:
            z.sigmoid_()
            torch.mul(z, z, out=slope)
            torch.sub(z, slope, out=slope)
        torch.matmul(z.view(-1, w.p), self.a, out=output.view(-1))
        output.mul_(self.labels).neg_()
        if observed:
            torch.logaddexp(output, torch.zeros((), dtype=self.dtype), out=self.loss)
            penalty = 0.5 * common.LAMBDA * self.state.square().sum()
            self.risk = (self.loss.sum() / w.n + penalty) / w.particles
        output.sigmoid_().mul_(self.labels).mul_(-1 / count)
        slope.mul_(self.a).mul_(output.unsqueeze(-1))

    def full_gradient(self, observed=False):
        """Into `change`."""
        w = self.w
        if w.kind == "well":
            torch.mul(self.state, self.state, out=self.change)
            self.change.sub_(1).mul_(self.state)
        elif w.kind == "quadratic":
            torch.mul(self.state, self.eigenvalues, out=self.change)
        else:
            torch.mm(self.x, self.state.view(w.d, -1), out=self.z.view(w.n, -1))
            self.gates(w.n, observed)
            torch.mm(self.x.T, self.slope.view(w.n, -1), out=self.change.view(w.d, -1))
            self.change.add_(self.state, alpha=common.LAMBDA)

    def batch_gradient(self, rows):
        w = self.w
        torch.index_select(self.x, 0, rows.view(-1), out=self.inputs.view(-1, w.d))
        torch.index_select(self.y, 0, rows.view(-1), out=self.labels.view(-1))
        torch.bmm(self.inputs, self.state, out=self.z)
        self.gates(w.b)
        torch.bmm(self.inputs.transpose(1, 2), self.slope, out=self.change)
        self.change.add_(self.state, alpha=common.LAMBDA)

    def gradient(self):
        w = self.w
        if w.kind == "sgd":
            self.batch_gradient(torch.arange(w.b).repeat(w.particles, 1))
        else:
            self.full_gradient()
        return self.particles(self.change)

    def particles(self, state):
        return (state.transpose(0, 1) if self.shared else state).numpy()

    def weights(self):
        return self.particles(self.state)

    def advance(self):
        w = self.w
        every = w.observe_every
        for k in range(w.chunk):
            if w.kind == "sgd":
                rows = torch.randint(w.n, (w.particles, w.b), generator=self.generator)
                self.batch_gradient(rows)
                self.state.sub_(self.change, alpha=w.dt)
            else:
                self.full_gradient(every > 0 and k % every == 0)
                self.noise.normal_(generator=self.generator)
                self.state.sub_(self.change, alpha=w.dt).add_(self.noise, alpha=(common.S * w.dt) ** 0.5)


def fused_gates(z, a, labels, count: int, tanh: bool):
    value = torch.tanh(z) if tanh else torch.sigmoid(z)
    slope = 1 - value * value if tanh else value * (1 - value)
    g = -labels * torch.sigmoid(-labels * (value * a).sum(-1)) / count
    return slope * a * g.unsqueeze(-1)


if __name__ == "__main__":
    name = "torch-compile" if options.variant == "compile" else "torch"
    common.main(Peer, options, name)
