//! What a step is made of, each piece alone on arrays that stay in the first-level cache.

use crate::fma;
use crate::measure::rate;
use sgd_sde::numerics::{Activation, Backend, NormalSource, Real, limits};
use sgd_sde::random::{Key, Purpose};
use std::hint::black_box;
use std::time::Duration;

/// One measured quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// Multiply-adds in registers, two flops each.
    Fma,
    /// Values of an activation, by the functions of the kernels.
    Sigmoid,
    Tanh,
    SoftPlus,
    /// Standard normals, 2048 from one stream: the rate behind the floors.
    Normals,
    /// Standard normals of 16 particles with 160 weights each, as workload A draws them.
    Normals160,
    /// Standard normals of 512 particles with one weight each, step after step.
    Normals1,
    /// 64-bit words of Xoshiro256++, eight streams side by side.
    Words,
}

impl Component {
    pub const ALL: [Self; 8] = [
        Self::Fma,
        Self::Sigmoid,
        Self::Tanh,
        Self::SoftPlus,
        Self::Normals,
        Self::Normals160,
        Self::Normals1,
        Self::Words,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Fma => "fma",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::SoftPlus => "softplus",
            Self::Normals => "normals",
            Self::Normals160 => "normals-160",
            Self::Normals1 => "normals-1",
            Self::Words => "words",
        }
    }

    pub fn unit(self) -> &'static str {
        match self {
            Self::Fma => "Gflop/s",
            Self::Sigmoid | Self::Tanh | Self::SoftPlus => "G values/s",
            Self::Normals | Self::Normals160 | Self::Normals1 => "G normals/s",
            Self::Words => "G words/s",
        }
    }

    /// Units a second on `threads` threads.
    pub fn rate<T: Real>(self, backend: Backend, threads: usize, span: Duration) -> f64 {
        let activate = |activation| rate(threads, span, || activation_work::<T>(backend, activation));
        let normals = |count, dim| rate(threads, span, move || normal_work::<T>(backend, count, dim));
        match self {
            Self::Fma => rate(threads, span, || move || fma::chains(backend, T::NAME == f32::NAME)),
            Self::Sigmoid => activate(Activation::Sigmoid),
            Self::Tanh => activate(Activation::Tanh),
            Self::SoftPlus => activate(Activation::SoftPlus),
            Self::Normals => normals(1, 2048),
            Self::Normals160 => normals(16, 160),
            Self::Normals1 => normals(512, 1),
            Self::Words => rate(threads, span, || word_work(backend)),
        }
    }
}

/// Bytes of an array: two of them fit into any first-level cache.
const BYTES: usize = 8192;

fn activation_work<T: Real>(backend: Backend, activation: Activation) -> impl FnMut() -> f64 {
    let len = BYTES / size_of::<T>();
    let argument = |i| T::from_f64(16.0 * (i as f64 + 0.5) / len as f64 - 8.0);
    let x: Vec<T> = (0..len).map(argument).collect();
    let mut out = vec![T::default(); len];
    move || {
        limits::activate(backend, activation, black_box(&x), black_box(&mut out));
        len as f64
    }
}

fn normal_work<T: Real>(backend: Backend, count: usize, dim: usize) -> impl FnMut() -> f64 {
    let (mut source, key) = (NormalSource::new(backend), Key::new(1, Purpose::Brownian));
    let mut out = vec![T::default(); count * dim];
    let mut step = 0;
    move || {
        source.fill(key, 0, count, step, dim, black_box(&mut out));
        step += 1;
        (count * dim) as f64
    }
}

fn word_work(backend: Backend) -> impl FnMut() -> f64 {
    let mut out = vec![[0; 8]; BYTES / 64];
    let key = Key::new(1, Purpose::Brownian);
    move || {
        limits::words(backend, key, black_box(&mut out));
        (8 * out.len()) as f64
    }
}
