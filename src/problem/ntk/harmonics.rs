//! Trigonometric functions on the circle, orthonormal under the uniform law.

/// Functions on the circle at some frequencies: 1 for k = 0, else √2 cos kθ and √2 sin kθ, in this order and k rising.
#[derive(Debug, Clone, PartialEq)]
pub struct Harmonics {
    frequencies: Vec<u32>,
}

impl Harmonics {
    /// Those of the given frequencies, each once, rising.
    ///
    /// # Panics
    /// When there are none or they do not rise.
    pub fn new(frequencies: Vec<u32>) -> Self {
        let rising = frequencies.windows(2).all(|pair| pair[0] < pair[1]);
        assert!(!frequencies.is_empty() && rising, "rising frequencies");
        Self { frequencies }
    }

    /// The frequencies.
    pub fn frequencies(&self) -> &[u32] {
        &self.frequencies
    }

    /// How many functions there are at frequency k.
    pub fn multiplicity(frequency: u32) -> usize {
        if frequency == 0 { 1 } else { 2 }
    }

    /// How many functions there are in all.
    pub fn len(&self) -> usize {
        self.frequencies.iter().map(|k| Self::multiplicity(*k)).sum()
    }

    /// Never: there is a frequency.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The number among `frequencies` of each function's frequency.
    pub fn places(&self) -> Vec<usize> {
        let each = self.frequencies.iter().enumerate();
        each.flat_map(|(j, k)| std::iter::repeat_n(j, Self::multiplicity(*k))).collect()
    }

    /// Σ_j c_j e_j at the point (cos θ, sin θ).
    pub fn sum(&self, coefficients: &[f64], point: [f64; 2]) -> f64 {
        let mut total = 0.0;
        self.visit(point, |at, [cosine, sine]| match at {
            Place::Constant(i) => total += coefficients[i],
            Place::Pair(i) => total += cosine * coefficients[i] + sine * coefficients[i + 1],
        });
        total
    }

    /// e_j at the point (cos θ, sin θ) for all j into `out`.
    pub fn fill(&self, point: [f64; 2], out: &mut [f64]) {
        self.visit(point, |at, [cosine, sine]| match at {
            Place::Constant(i) => out[i] = 1.0,
            Place::Pair(i) => (out[i], out[i + 1]) = (cosine, sine),
        });
    }

    /// Calls `act` with √2 (cos kθ, sin kθ) for each frequency, by rotation from one to the next: the error grows by a unit in
    /// the last place a frequency at most.
    #[inline]
    fn visit(&self, point: [f64; 2], mut act: impl FnMut(Place, [f64; 2])) {
        let double = turned(point, point);
        let (mut at, mut index, mut before) = ([std::f64::consts::SQRT_2, 0.0], 0, 0);
        for &frequency in &self.frequencies {
            match frequency - before {
                0 => {}
                1 => at = turned(at, point),
                2 => at = turned(at, double),
                gap => (0..gap).for_each(|_| at = turned(at, point)),
            }
            before = frequency;
            let place = if frequency == 0 { Place::Constant(index) } else { Place::Pair(index) };
            act(place, at);
            index += Self::multiplicity(frequency);
        }
    }
}

/// Where the functions of a frequency stand.
enum Place {
    Constant(usize),
    Pair(usize),
}

/// The product of two complex numbers.
#[inline]
fn turned(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotations_are_cosines_and_sines() {
        let harmonics = Harmonics::new(vec![0, 1, 2, 4, 9, 300]);
        let mut out = vec![0.0; harmonics.len()];
        let (theta, root) = (0.7_f64, std::f64::consts::SQRT_2);
        let point = [theta.cos(), theta.sin()];
        harmonics.fill(point, &mut out);
        let mut want = vec![1.0];
        for k in [1.0, 2.0, 4.0, 9.0, 300.0] {
            want.extend([root * (k * theta).cos(), root * (k * theta).sin()]);
        }
        assert!(out.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-12), "{out:?}\n{want:?}");
        let coefficients: Vec<f64> = (0..out.len()).map(|i| 0.3 + i as f64).collect();
        let sum: f64 = coefficients.iter().zip(&want).map(|(c, e)| c * e).sum();
        assert!((harmonics.sum(&coefficients, point) - sum).abs() < 1e-10);
        assert_eq!(harmonics.places(), [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    }
}
