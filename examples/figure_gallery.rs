//! Draws one figure of each kind from made-up numbers: `cargo run --example figure_gallery -- FOLDER`.

use std::path::PathBuf;

use sgd_sde::report::figure::{Axis, Figure, FigureError, Layer, Scale, Span, Style, Width, number, write};

fn main() -> Result<(), FigureError> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "figures".into()));
    for figure in [decay(), processes(), orders()] {
        for path in write(&figure, &folder)? {
            println!("{}", path.display());
        }
    }
    Ok(())
}

fn grid(low: f64, high: f64, count: usize) -> Vec<f64> {
    (0..count)
        .map(|i| low + (high - low) * i as f64 / (count - 1) as f64)
        .collect()
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
    for (index, (name, rate, floor)) in [
        ("SGD, $s = 0.05$", 0.35, 4e-3),
        ("covariance SDE, $dt = s/8$", 0.45, 0.0),
    ]
    .into_iter()
    .enumerate()
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
        figure.layers.push(Layer::Band {
            label: label.clone(),
            style,
            x: t.clone(),
            low,
            high,
        });
        figure.layers.push(Layer::Line {
            label,
            style,
            x: t.clone(),
            y: mean,
        });
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
    for (index, name) in ["sgd", "isotropic SDE", "second-order SDE"]
        .into_iter()
        .enumerate()
    {
        let y: Vec<f64> = t
            .iter()
            .enumerate()
            .map(|(i, t)| {
                1.0 + 0.3 * index as f64 - (0.9 + 0.2 * index as f64) * (-t / 9.0).exp()
                    + 0.006 * ripple(i, index as f64)
            })
            .collect();
        let style = Style::Series(index);
        let (low, high) = (
            y.iter().map(|v| v - 0.03).collect(),
            y.iter().map(|v| v + 0.03).collect(),
        );
        let label = format!("{name}, mean ± 95 % interval");
        figure.layers.push(Layer::Band {
            label: label.clone(),
            style,
            x: t.clone(),
            low,
            high,
        });
        figure.layers.push(Layer::Line {
            label,
            style,
            x: t.clone(),
            y,
        });
    }
    let style = Style::Reference(0);
    figure.layers.push(Layer::Level {
        label: r"Gibbs value $\int ‖w‖_F^2 \, \mu_s(dw)/D$".into(),
        style,
        y: 1.3,
    });
    let (label, style) = ("burn-in".to_string(), Style::Reference(1));
    figure.layers.push(Layer::Shade {
        label,
        style,
        span: Span::X { low: 0.0, high: 12.0 },
    });
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
    for (index, (name, order)) in [("isotropic SDE", 1.0), ("second-order SDE", 2.0)]
        .into_iter()
        .enumerate()
    {
        let y: Vec<f64> = s
            .iter()
            .enumerate()
            .map(|(i, s)| 0.4 * s.powf(order) * (1.0 + 0.1 * ripple(i, order)))
            .collect();
        let low = y.iter().map(|y| y - 0.1 * y - 2e-4).collect();
        let high = y.iter().map(|y| y + 0.1 * y + 2e-4).collect();
        let label = format!("{name} (95 % interval)");
        figure.layers.push(Layer::Points {
            label,
            style: Style::Series(index),
            x: s.clone(),
            y,
            low,
            high,
        });
        let label = format!("slope {}", number(order));
        let y = [0.4 * 0.004f64.powf(order), 0.4 * 0.2f64.powf(order)];
        figure.layers.push(Layer::Guide {
            label,
            style: Style::Reference(index),
            x: [0.004, 0.2],
            y,
        });
    }
    figure.x.scale = Scale::Log;
    figure
}
