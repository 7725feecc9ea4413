//! What the grid must say no to.

use super::*;
use crate::analysis::spectrum::GridError;
use crate::problem::{DoubleWell, Potential, Quadratic, Scratch};

/// tanh-like: bounded, so that exp(−2L̃/s) has no integral.
struct Bounded(usize);

impl Potential for Bounded {
    fn dim(&self) -> usize {
        self.0
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _scratch: &mut Scratch) -> f64 {
        let square: f64 = w.iter().map(|x| x * x).sum();
        gradient.iter_mut().zip(w).for_each(|(g, x)| *g = 2.0 * x / (1.0 + square).powi(2));
        -1.0 / (1.0 + square)
    }
}

/// x² has a normaliser, and y has none: the risk does not see it.
struct Flat;

impl Potential for Flat {
    fn dim(&self) -> usize {
        2
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _scratch: &mut Scratch) -> f64 {
        (gradient[0], gradient[1]) = (w[0], 0.0);
        0.5 * w[0] * w[0]
    }
}

#[test]
fn refusals_name_their_reason() {
    let refused = |potential: &dyn Potential, s: f64| Grid::new(potential, s, None).err().unwrap();
    assert_eq!(refused(&Quadratic::new(vec![1.0; 3]), 0.1), GridError::Dimension { dim: 3 });
    for potential in [&Bounded(1) as &dyn Potential, &Bounded(2), &Flat] {
        assert!(matches!(refused(potential, 0.1), GridError::NotNormalisable { .. }));
    }
    struct Nowhere;
    impl Potential for Nowhere {
        fn dim(&self) -> usize {
            1
        }
        fn value_gradient(&self, _w: &[f64], _gradient: &mut [f64], _scratch: &mut Scratch) -> f64 {
            f64::NAN
        }
    }
    assert_eq!(refused(&Nowhere, 0.1), GridError::NotFinite);
}

#[test]
fn a_wide_cover_for_a_narrow_law_needs_too_many_cells() {
    let potential = Quadratic::new(vec![1e4, 1e4]);
    let refused = Grid::new(&potential, 0.1, Some(&[(-9.0, 9.0), (-9.0, 9.0)])).err().unwrap();
    assert!(matches!(refused, GridError::TooManyCells { .. }), "{refused:?}");
}

#[test]
fn starts_outside_the_box_are_refused() {
    let grid = Grid::new(&DoubleWell, 0.1, None).unwrap();
    assert!(matches!(grid.gaussian_start(&[0.0], &[25.0]), Err(GridError::StartOutside { .. })));
    assert!(matches!(grid.gaussian_start(&[0.0], &[1e-9]), Err(GridError::StartOutside { .. })));
    assert_eq!(grid.point_start(&[0.0, 50.0]).err(), Some(GridError::PointOutside { index: 1 }));
}
