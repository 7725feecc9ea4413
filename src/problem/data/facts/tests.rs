use super::*;
use crate::problem::data::margin::Margin;

/// n × dim normal numbers, column j scaled by `scales(j)`.
fn normal(n: usize, dim: usize, scales: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut stream = Key::new(21, Purpose::Data).stream(n as u64, dim as u64);
    (0..n * dim)
        .map(|i| {
            let z: f64 = StandardNormal.sample(&mut stream);
            scales(i % dim) * z
        })
        .collect()
}

fn close(got: f64, want: f64, relative: f64) {
    assert!((got - want).abs() <= relative * want, "{got}, expected {want}");
}

#[test]
fn inputs_with_known_spectra_give_it() {
    // Rows 3e₁, 4e₂ and −e₁: Σ x xᵀ/3 = diag(10, 16)/3.
    let facts = DataFacts::of(&[3.0, 0.0, 0.0, 4.0, -1.0, 0.0], 2);
    assert_eq!((facts.n, facts.dim, facts.max_norm), (3, 2, 4.0));
    close(facts.mean_square_top_eigenvalue, 16.0 / 3.0, 1e-15);
    // One row: μ_x = ‖x‖².
    let facts = DataFacts::of(&[1.0, 2.0, 2.0], 3);
    assert_eq!((facts.max_norm, facts.mean_square_top_eigenvalue), (3.0, 9.0));
    // Rows (1, 1) and (1, −1)/2: Σ x xᵀ/2 = [[5, 3], [3, 5]]/8.
    let facts = DataFacts::of(&[1.0, 1.0, 0.5, -0.5], 2);
    close(facts.mean_square_top_eigenvalue, 1.0, 1e-15);
    // Signs times one vector: rank one.
    let facts = DataFacts::of(&[3.0, 4.0, -3.0, -4.0, 3.0, 4.0], 2);
    close(facts.mean_square_top_eigenvalue, 25.0, 1e-15);
}

#[test]
fn no_rows_and_zero_rows_have_no_size() {
    for inputs in [vec![], vec![0.0; 6]] {
        let facts = DataFacts::of(&inputs, 3);
        assert_eq!((facts.max_norm, facts.mean_square_top_eigenvalue), (0.0, 0.0));
        assert_eq!((facts.n, facts.dim), (inputs.len() / 3, 3));
    }
}

/// Xᵀ X and X Xᵀ share their eigenvalues but for zeros: a tall matrix and its transpose, by either way.
#[test]
fn wide_and_tall_inputs_agree() {
    let (n, dim) = (150, 40);
    let tall = normal(n, dim, |j| 1.0 + j as f64 / 40.0);
    let wide: Vec<f64> = (0..dim).flat_map(|j| tall.iter().skip(j).step_by(dim).copied()).collect();
    let a = DataFacts::of(&tall, dim).mean_square_top_eigenvalue * n as f64;
    let b = DataFacts::of(&wide, n).mean_square_top_eigenvalue * dim as f64;
    close(a, b, 1e-13);
}

#[test]
fn sizes_at_the_ends_of_the_numbers_scale_along() {
    let inputs = normal(30, 7, |_| 1.0);
    let plain = DataFacts::of(&inputs, 7);
    for scale in [1e-160, 1e-60, 1e60, 1e100, 1e150] {
        let scaled: Vec<f64> = inputs.iter().map(|x| x * scale).collect();
        let facts = DataFacts::of(&scaled, 7);
        close(facts.max_norm, plain.max_norm * scale, 1e-14);
        // Below 1e-308 a float64 has fewer digits.
        let accuracy = if scale < 1e-150 { 1e-3 } else { 1e-13 };
        close(facts.mean_square_top_eigenvalue, plain.mean_square_top_eigenvalue * scale * scale, accuracy);
    }
}

/// No vector may beat the bound: power iteration from below.
#[test]
fn the_eigenvalue_is_not_below_any_rayleigh_quotient() {
    let data = Margin { samples: 500, dim: 12, gap: 0.2 }.load(2).unwrap();
    let facts = DataFacts::of(&data.inputs, 12);
    close(facts.max_norm, 1.0, 1e-14);
    let mut v = [1.0; 12];
    let mut quotient = 0.0;
    for _ in 0..2000 {
        let mut next = [0.0; 12];
        for x in data.inputs.chunks_exact(12) {
            let along: f64 = x.iter().zip(&v).map(|(x, v)| x * v).sum();
            next.iter_mut().zip(x).for_each(|(next, x)| *next += along * x / 500.0);
        }
        quotient =
            next.iter().zip(&v).map(|(a, b)| a * b).sum::<f64>() / v.iter().map(|v| v * v).sum::<f64>();
        let norm = next.iter().map(|x| x * x).sum::<f64>().sqrt();
        v = next.map(|x| x / norm);
    }
    close(facts.mean_square_top_eigenvalue, quotient, 1e-12);
    assert!(facts.mean_square_top_eigenvalue >= quotient * (1.0 - 1e-13));
}

/// Against the whole spectrum, on spectra that are hard for Lanczos' method in different ways.
#[test]
fn lanczos_gives_an_upper_bound_that_is_tight() {
    type Scale = fn(usize) -> f64;
    let hard: [(&str, Scale); 4] = [
        ("no gap", |_| 1.0),
        ("slow decay", |j| 1.0 / (1.0 + j as f64).sqrt()),
        ("one large", |j| if j == 0 { 1e3 } else { 1.0 }),
        ("rank three", |j| if j < 3 { 1.0 } else { 0.0 }),
    ];
    for (name, scales) in hard {
        let inputs = normal(500, 400, scales);
        let x = MatRef::from_row_major_slice(&inputs, 500, 400);
        let exact = dense_top(x);
        for (steps, widest) in [(200, 1.012), (100, 1.05)] {
            let bound = lanczos_top(x, steps, LANCZOS_RISK);
            assert!(exact <= bound && bound <= widest * exact, "{name}: {exact} and {bound}");
        }
    }
}

/// All directions are equal: the first step already finds an invariant subspace.
#[test]
fn lanczos_stops_where_nothing_is_left() {
    let m = 250;
    let identity: Vec<f64> = (0..m * m).map(|i| if i % (m + 1) == 0 { 2.0 } else { 0.0 }).collect();
    let bound = lanczos_top(MatRef::from_row_major_slice(&identity, m, m), 200, LANCZOS_RISK);
    assert!((4.0..4.05).contains(&bound), "{bound}");
}

/// The margin that makes Lanczos' value a bound is what the theorem asks for: without it, few steps stay below the truth.
#[test]
fn the_ritz_value_alone_is_no_upper_bound() {
    let inputs = normal(500, 400, |_| 1.0);
    let x = MatRef::from_row_major_slice(&inputs, 500, 400);
    let (steps, exact) = (10, dense_top(x));
    let bound = lanczos_top(x, steps, 1e-2);
    let root = (1.648 * 20.0 / 1e-2f64).ln() / 19.0;
    assert!(bound * (1.0 - root * root) < 0.999 * exact && exact <= bound);
}

/// 4100 rows and columns: beyond the dense limit, through the public door.
#[test]
fn large_inputs_take_the_other_way() {
    let m = DENSE_LIMIT + 4;
    let signs = normal(m, 1, |_| 1.0);
    let inputs: Vec<f64> =
        (0..m * m).map(|i| if signs[i / m] * signs[i % m] > 0.0 { 1.0 } else { -1.0 }).collect();
    let facts = DataFacts::of(&inputs, m);
    // Every row is ± one vector of m signs: μ_x = B_x² = m, and the bound is cut there.
    assert_eq!(
        (facts.max_norm, facts.mean_square_top_eigenvalue),
        ((m as f64).sqrt(), facts.max_norm.powi(2))
    );
}
