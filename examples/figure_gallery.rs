//! Draws one figure of each kind from made-up numbers: `cargo run --example figure_gallery -- FOLDER`.

use std::path::PathBuf;

use sgd_sde::report::figure::{
    Axis, Categories, Cell, ColourBar, Figure, FigureError, HeatMap, Layer, Scale, Span, Style, Width,
    number, write, write_heat_map,
};

fn main() -> Result<(), FigureError> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "figures".into()));
    for figure in [decay(), processes(), orders()] {
        for path in write(&figure, &folder)? {
            println!("{}", path.display());
        }
    }
    for map in [rates(false), rates(true)] {
        for path in write_heat_map(&map, &folder)? {
            println!("{}", path.display());
        }
    }
    Ok(())
}

fn grid(low: f64, high: f64, count: usize) -> Vec<f64> {
    (0..count).map(|i| low + (high - low) * i as f64 / (count - 1) as f64).collect()
}

/// A ripple that stands in for noise.
fn ripple(i: usize, phase: f64) -> f64 {
    (1.7 * i as f64 + phase).sin() * (0.61 * i as f64 + 2.0 * phase).cos()
}

/// Two decaying curves with bands over three decades; the faster one is lost in its noise at the end.
fn decay() -> Figure {
    let x = Axis::linear("time $t = ks$");
    let y = Axis::log(r"excess risk $\mathrm{E}\,\tilde{L}(W_t) - \min\tilde{L}$");
    let mut figure = Figure::new("decay", x, y);
    let t = grid(0.0, 20.0, 81);
    for (index, (name, rate, floor)) in
        [("SGD, $s = 0.05$", 0.35, 4e-3), ("covariance SDE, $dt = s/8$", 0.45, 0.0)].into_iter().enumerate()
    {
        let mean: Vec<f64> = t
            .iter()
            .enumerate()
            .map(|(i, t)| 1.5 * (-rate * t).exp() + floor + 1.2e-3 * ripple(i, rate) * (t / 20.0))
            .collect();
        let half: Vec<f64> = mean.iter().map(|m| 0.05 * m + 1.1e-3).collect();
        let label = format!("{name}: mean ± 95 % interval of the mean");
        let style = Style::Series(index);
        let low = mean.iter().zip(&half).map(|(m, h)| m - h).collect();
        let high = mean.iter().zip(&half).map(|(m, h)| m + h).collect();
        figure.layers.push(Layer::Band { label: label.clone(), style, x: t.clone(), low, high });
        figure.layers.push(Layer::Line { label, style, x: t.clone(), y: mean });
    }
    figure.layers.push(Layer::Guide {
        label: r"certified rate $\exp(-2\lambda_s t)$".into(),
        style: Style::Reference(0),
        x: [0.0, 20.0],
        y: [2.5, 2.5 * (-0.25f64 * 20.0).exp()],
    });
    figure
        .notes
        .push("3 of $4096$ particles left the finite numbers ($t = 7.2$ to $9.1$) and are excluded.".into());
    figure
}

/// Three processes and a level on linear axes.
fn processes() -> Figure {
    let x = Axis::linear("time $t$");
    let y = Axis::linear(r"$\mathrm{E}\,‖W_t‖_F^2 / D$");
    let mut figure = Figure::new("processes", x, y);
    figure.title = Some(r"Two-layer net, $\lambda_{\mathrm{reg}} = 10^{-3}$".into());
    figure.width = Width::Page;
    let t = grid(0.0, 50.0, 126);
    for (index, name) in ["sgd", "isotropic SDE", "second-order SDE"].into_iter().enumerate() {
        let y: Vec<f64> = t
            .iter()
            .enumerate()
            .map(|(i, t)| {
                1.0 + 0.3 * index as f64 - (0.9 + 0.2 * index as f64) * (-t / 9.0).exp()
                    + 0.006 * ripple(i, index as f64)
            })
            .collect();
        let style = Style::Series(index);
        let (low, high) = (y.iter().map(|v| v - 0.03).collect(), y.iter().map(|v| v + 0.03).collect());
        let label = format!("{name}, mean ± 95 % interval");
        figure.layers.push(Layer::Band { label: label.clone(), style, x: t.clone(), low, high });
        figure.layers.push(Layer::Line { label, style, x: t.clone(), y });
    }
    let style = Style::Reference(0);
    figure.layers.push(Layer::Level {
        label: r"Gibbs value $\int ‖w‖_F^2 \, \mu_s(dw)/D$".into(),
        style,
        y: 1.3,
    });
    let (label, style) = ("burn-in".to_string(), Style::Reference(1));
    figure.layers.push(Layer::Shade { label, style, span: Span::X { low: 0.0, high: 12.0 } });
    figure
}

/// Points with error bars and guide slopes on log–log axes.
fn orders() -> Figure {
    let x = Axis::log("step size $s$");
    let y = Axis::log(
        r"$\sup_{t \le T} |\mathrm{E}\,\tilde{L}(W_t^{\mathrm{SGD}}) - \mathrm{E}\,\tilde{L}(W_t)|$",
    );
    let mut figure = Figure::new("orders", x, y);
    let s: Vec<f64> = (0..7).map(|i| 0.2 * 0.5f64.powi(i)).collect();
    for (index, (name, order)) in [("isotropic SDE", 1.0), ("second-order SDE", 2.0)].into_iter().enumerate()
    {
        let y: Vec<f64> =
            s.iter().enumerate().map(|(i, s)| 0.4 * s.powf(order) * (1.0 + 0.1 * ripple(i, order))).collect();
        let low = y.iter().map(|y| y - 0.1 * y - 2e-4).collect();
        let high = y.iter().map(|y| y + 0.1 * y + 2e-4).collect();
        let label = format!("{name} (95 % interval)");
        figure.layers.push(Layer::Points { label, style: Style::Series(index), x: s.clone(), y, low, high });
        let label = format!("slope {}", number(order));
        let y = [0.4 * 0.004f64.powf(order), 0.4 * 0.2f64.powf(order)];
        figure.layers.push(Layer::Guide { label, style: Style::Reference(index), x: [0.004, 0.2], y });
    }
    figure.x.scale = Scale::Log;
    figure
}

/// Mixing rates over step size and width; as ratios to a bound, on a diverging scale, if `ratios`.
fn rates(ratios: bool) -> HeatMap {
    let steps = [0.0125, 0.025, 0.05, 0.1, 0.2];
    let widths = [4.0, 8.0, 16.0, 32.0, 64.0, 128.0];
    let cell = |row: usize, column: usize| {
        let value = 0.9
            * (-0.25 * row as f64 - 0.2 * column as f64).exp()
            * (1.0 + 0.1 * ripple(row + 7 * column, 0.3));
        let value = if ratios { value / 0.4 } else { value };
        (row + 2 * column < 12).then_some(Cell { value, std_err: Some(0.034 * value) })
    };
    HeatMap {
        name: if ratios { "ratios".into() } else { "rates".into() },
        title: ratios.then(|| "Measured rate over certified rate".into()),
        x: Categories { label: "step size $s$".into(), values: steps.map(number).to_vec() },
        y: Categories { label: "width $m$".into(), values: widths.map(number).to_vec() },
        cells: (0..6).map(|row| (0..5).map(|column| cell(row, column)).collect()).collect(),
        colour: ColourBar {
            label: if ratios {
                r"$\lambda / \lambda_{\mathrm{cert}}$".into()
            } else {
                r"mixing rate $\lambda$".into()
            },
            scale: if ratios { Scale::Log } else { Scale::Linear },
            centre: ratios.then_some(1.0),
        },
        missing: "decay not resolved".into(),
        notes: vec!["In brackets: standard error in units of the last digits.".into()],
        width: Width::Column,
    }
}
