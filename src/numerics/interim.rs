//! Interim generators.
use super::Backend;
use crate::random::Key;
use rand::RngExt;
use rand_distr::StandardNormal;

#[derive(Default)]
pub struct NormalSource;

impl NormalSource {
    pub fn new(_backend: Option<Backend>) -> Self {
        Self
    }
    pub fn fill(&mut self, key: Key, first: u64, count: usize, step: u64, dim: usize, out: &mut [f64]) {
        for (i, row) in out.chunks_exact_mut(dim).take(count).enumerate() {
            let mut stream = key.stream(first + i as u64, step);
            row.fill_with(|| stream.sample::<f64, _>(StandardNormal));
        }
    }
}

pub fn fill_indices(key: Key, particle: u64, step: u64, samples: u32, out: &mut [u32]) {
    let mut stream = key.stream(particle, step);
    out.fill_with(|| stream.random_range(0..samples));
}

pub fn fill_without_replacement(key: Key, particle: u64, step: u64, identity: &mut [u32], out: &mut [u32]) {
    let mut stream = key.stream(particle, step);
    let n = identity.len();
    for i in 0..out.len() {
        identity.swap(i, stream.random_range(i..n));
    }
    out.copy_from_slice(&identity[..out.len()]);
    for (i, x) in identity.iter_mut().enumerate() {
        *x = i as u32;
    }
}

pub fn fill_permutation(key: Key, particle: u64, epoch: u64, out: &mut [u32]) {
    let mut stream = key.stream(particle, epoch);
    for (i, x) in out.iter_mut().enumerate() {
        *x = i as u32;
    }
    for i in 0..out.len() {
        let j = stream.random_range(i..out.len());
        out.swap(i, j);
    }
}

pub fn euler_maruyama_update(w: &mut [f64], g: &[f64], n: &[f64], h: f64, c: f64) {
    for ((w, g), n) in w.iter_mut().zip(g).zip(n) {
        *w = (*w - h * g) + c * n;
    }
}
