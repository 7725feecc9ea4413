//! Figures of repeated studies: medians and quantiles over draws, against swept keys, time and |Σ a_j|.

use super::contents::{axis_label, is_observed, key_label, notes, plain, swept_values};
use super::figure::{Axis, Figure, Layer, Style};
use super::figures::time_axis;
use crate::problem::Quantity;
use crate::study::{Asked, Cell, DrawRow, Numbers, RUNS, Results, against_outer_sum, cells};

/// The most series that one figure shows.
const SERIES: usize = 7;

/// The plots of a repeated study.
pub fn figures(results: &Results) -> Vec<Figure> {
    if results.draws.is_empty() {
        return Vec::new();
    }
    let (cells, numbers) = (cells(results), Numbers::new(results));
    let mut all = Vec::new();
    let processes = |asked: &&Asked| !asked.0.is_empty() && is_observed(results, &asked.1);
    for asked in numbers.asked.iter().filter(processes) {
        all.extend(sum_figures(results, &cells, &numbers, asked));
    }
    for quantity in shown(results, &numbers) {
        let of = asked_of(&numbers, &quantity);
        match cells[0].points[0].settings.len() {
            0 => {
                all.extend(time_figure(results, &of, &quantity));
                all.extend(distribution_figure(&cells[0], &numbers, &of, &quantity, results));
            }
            1 => all.extend(sweep_figure(results, &cells, &of, &quantity)),
            _ => {}
        }
    }
    all
}

/// The quantities of processes that are shown: those the study observes.
fn shown(results: &Results, numbers: &Numbers<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (process, quantity) in &numbers.asked {
        if !process.is_empty() && is_observed(results, quantity) && !names.contains(quantity) {
            names.push(quantity.clone());
        }
    }
    names
}

/// Everything asked about one quantity: each process, then the minimiser.
fn asked_of<'n>(numbers: &'n Numbers<'_>, quantity: &str) -> Vec<&'n Asked> {
    let minimum = [format!("minimum_{quantity}"), format!("{quantity}_minimum")];
    numbers.asked.iter().filter(|(_, q)| q == quantity || minimum.contains(q)).collect()
}

/// What a series of `asked` is called: the process, or the minimiser.
pub fn who((process, _): &Asked) -> String {
    if process.is_empty() { "minimiser".into() } else { plain(process) }
}

/// The label of a quantity by its name in tables; that of a process without its mean where there is one particle.
pub fn label(quantity: &str) -> String {
    let bare = quantity.strip_prefix("minimum_").or(quantity.strip_suffix("_minimum")).unwrap_or(quantity);
    let known = Quantity::ALL.into_iter().find(|q| q.name() == bare);
    known.map_or_else(|| plain(bare), |q| axis_label(q).trim_start_matches("mean ").to_owned())
}

/// What is drawn, in words.
pub fn drawn(over: &str) -> String {
    match over {
        "problem.outer.draw" => "draws of $a$".into(),
        "problem.data.split_draw" => "draws of the split".into(),
        "particles" => "draws of $W_0$ and minibatches".into(),
        RUNS => "single runs".into(),
        "seed" => "seeds".into(),
        key => format!("draws of {}", plain(key)),
    }
}

/// The rows of one series in the order of the tables.
pub fn rows<'r>(results: &'r Results, asked: &'r Asked, over: &'r str) -> impl Iterator<Item = &'r DrawRow> {
    let (process, quantity) = asked;
    results.draws.iter().filter(move |r| r.process == *process && r.quantity == *quantity && r.over == over)
}

/// The first thing drawn: what maps and sweeps are over.
pub fn first_key(cells: &[Cell<'_>]) -> String {
    cells[0].keys()[0].to_owned()
}

/// The line of medians with their intervals, and the band of quantiles.
fn median_layers(rows: &[&DrawRow], x: &[f64], (who, over): (&str, &str), style: Style) -> [Layer; 3] {
    let column = |pick: fn(&DrawRow) -> f64| rows.iter().map(|row| pick(row)).collect::<Vec<f64>>();
    let n = rows.iter().map(|row| row.n).max().unwrap_or(0);
    let label =
        format!("{who}: median of {n} {}; bars: its 95 % interval; band: 0.1 to 0.9 quantile", drawn(over));
    let (x, y) = (x.to_vec(), column(|r| r.median));
    [
        Layer::Band {
            label: label.clone(),
            style,
            x: x.clone(),
            low: column(|r| r.q10),
            high: column(|r| r.q90),
        },
        Layer::Line { label: label.clone(), style, x: x.clone(), y: y.clone() },
        Layer::Points {
            label,
            style,
            x,
            y,
            low: column(|r| r.ci_low.unwrap_or(f64::NAN)),
            high: column(|r| r.ci_high.unwrap_or(f64::NAN)),
        },
    ]
}

/// The quantity at the end against the one swept key.
fn sweep_figure(results: &Results, cells: &[Cell<'_>], of: &[&Asked], quantity: &str) -> Option<Figure> {
    let key = cells[0].points[0].settings[0].0.as_str();
    let at = |number: usize| {
        let cell = cells.iter().find(|cell| cell.number() == number)?;
        cell.points[0].settings[0].1.parse::<f64>().ok()
    };
    let over = first_key(cells);
    let series: Vec<(String, Vec<(f64, &DrawRow)>)> = of
        .iter()
        .map(|asked| {
            let all = rows(results, asked, &over);
            // The last row of a cell is that of the last time.
            let mut last: Vec<(f64, &DrawRow)> = Vec::new();
            for row in all {
                match (last.last_mut(), at(row.point)) {
                    (Some(before), Some(_)) if before.1.point == row.point => before.1 = row,
                    (_, Some(x)) => last.push((x, row)),
                    (_, None) => {}
                }
            }
            (who(asked), last)
        })
        .collect();
    let numbers: Vec<f64> = series.iter().flat_map(|s| &s.1).map(|(x, _)| *x).collect();
    let least = numbers.iter().copied().filter(|x| *x > 0.0).fold(f64::INFINITY, f64::min);
    let most = numbers.iter().copied().fold(0.0, f64::max);
    let logarithmic = most / least >= 30.0;
    let axis = if logarithmic { Axis::log(key_label(key)) } else { Axis::linear(key_label(key)) };
    let mut drawing = Figure::new(format!("draws-{quantity}"), axis, Axis::linear(label(quantity)));
    for (i, (who, points)) in series.iter().enumerate() {
        let x: Vec<f64> = points.iter().map(|p| p.0).collect();
        let rows: Vec<&DrawRow> = points.iter().map(|p| p.1).collect();
        drawing.layers.extend(median_layers(&rows, &x, (who, &over), Style::Series(i)));
    }
    drawing.notes = notes(results);
    if logarithmic && numbers.contains(&0.0) {
        drawing
            .notes
            .push("The value 0 of the swept key has no place on this axis; it is in draws.csv.".into());
    }
    (!numbers.is_empty()).then_some(drawing)
}

/// The median over each thing drawn against time, with the band of quantiles.
fn time_figure(results: &Results, of: &[&Asked], quantity: &str) -> Option<Figure> {
    let mut drawing =
        Figure::new(format!("draws-time-{quantity}"), time_axis(results), Axis::linear(label(quantity)));
    let mut series = 0;
    for asked in of {
        let mut overs: Vec<&str> = rows_of(results, asked).map(|row| row.over.as_str()).collect();
        overs.sort_unstable();
        overs.dedup();
        for over in overs {
            let rows: Vec<&DrawRow> = rows(results, asked, over).collect();
            if rows.len() < 2 || series == SERIES {
                continue;
            }
            let x: Vec<f64> = rows.iter().map(|row| row.time).collect();
            let [band, line, _] = median_layers(&rows, &x, (&who(asked), over), Style::Series(series));
            drawing.layers.extend([band, line].map(without_bars));
            series += 1;
        }
    }
    drawing.notes = notes(results);
    (series > 0).then_some(drawing)
}

/// The same layer with a label that speaks of no bars.
fn without_bars(mut layer: Layer) -> Layer {
    if let Layer::Band { label, .. } | Layer::Line { label, .. } = &mut layer {
        *label = label.replace("; bars: its 95 % interval", "");
    }
    layer
}

fn rows_of<'r>(results: &'r Results, (process, quantity): &'r Asked) -> impl Iterator<Item = &'r DrawRow> {
    results.draws.iter().filter(move |r| r.process == *process && r.quantity == *quantity)
}

/// The share of draws at or below each value, at the end: one step curve for each thing drawn, the minimiser over its first.
fn distribution_figure(
    cell: &Cell<'_>,
    numbers: &Numbers<'_>,
    of: &[&Asked],
    quantity: &str,
    results: &Results,
) -> Option<Figure> {
    let axis = Axis { low: Some(0.0), high: Some(1.0), ..Axis::linear("share of draws at or below") };
    let mut drawing =
        Figure::new(format!("draws-distribution-{quantity}"), Axis::linear(label(quantity)), axis);
    let mut add = |name: String, draws: Vec<f64>| {
        let mut sorted: Vec<f64> = draws.into_iter().filter(|x| x.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len() as f64;
        let series = drawing.layers.len();
        if sorted.len() < 2 || series == SERIES {
            return;
        }
        let corners =
            sorted.iter().enumerate().flat_map(|(i, &x)| [(x, i as f64 / n), (x, (i + 1) as f64 / n)]);
        let (x, y): (Vec<f64>, Vec<f64>) = corners.unzip();
        let label = format!("{name} ({n})");
        drawing.layers.push(Layer::Line { label, style: Style::Series(series), x, y });
    };
    for asked in of {
        let (who, at_the_end) = (who(asked), numbers.at_the_end(cell, asked));
        for (key, over) in cell.keys().into_iter().enumerate() {
            add(format!("{who}: {}", drawn(over)), cell.marginal(key, &at_the_end));
        }
        let particles = numbers.of_particles(cell, asked);
        add(format!("{who}: {}", drawn("particles")), particles);
    }
    drawing.notes = notes(results);
    drawing.notes.push("The value of a draw is the mean over everything else that is drawn.".into());
    (!drawing.layers.is_empty()).then_some(drawing)
}

/// The value at the end against |Σ a_j|, a point a draw; one figure, or one for each value of the second of two swept keys.
fn sum_figures(results: &Results, cells: &[Cell<'_>], numbers: &Numbers<'_>, asked: &Asked) -> Vec<Figure> {
    let set = |cell: &Cell<'_>| -> Vec<(String, String)> { cell.points[0].settings.clone() };
    let groups: Vec<Vec<&Cell<'_>>> = match set(&cells[0]).len() {
        2 => swept_values(results, 1)
            .iter()
            .map(|value| cells.iter().filter(|cell| set(cell)[1].1 == *value).collect())
            .collect(),
        _ => vec![cells.iter().collect()],
    };
    let several = groups.len() > 1;
    let figure = |(number, group): (usize, Vec<&Cell<'_>>)| {
        let (process, quantity) = asked;
        let mut name = format!("draws-sum-{quantity}");
        if !process.is_empty() {
            name.push_str(&format!("-{process}"));
        }
        if several {
            name.push_str(&format!("-{number}"));
        }
        let y = format!("{}: {}", who(asked), label(quantity));
        let mut drawing =
            Figure::new(name, Axis::linear(r"sum of the outer layer $|\sum_j a_j|$"), Axis::linear(y));
        for (i, cell) in group.iter().take(SERIES).enumerate() {
            let (x, y): (Vec<f64>, Vec<f64>) = against_outer_sum(numbers, cell, asked).into_iter().unzip();
            let first = set(cell);
            let of = first.first().map_or_else(
                || "a point a draw".into(),
                |(key, value)| format!("{} = {}", key_label(key), plain(value)),
            );
            let (low, high) = (Vec::new(), Vec::new());
            drawing.layers.push(Layer::Points { label: of, style: Style::Series(i), x, y, low, high });
        }
        if let Some((key, value)) =
            group.first().map(|cell| set(cell)).filter(|s| s.len() > 1).map(|s| s[1].clone())
        {
            drawing.notes.push(format!("{}: {}. A point a draw.", key_label(&key), plain(&value)));
        }
        if group.len() > SERIES {
            drawing.notes.push(format!("The first {SERIES} of {} cells.", group.len()));
        }
        let drawable = |layer: &Layer| matches!(layer, Layer::Points { x, .. } if !x.is_empty());
        drawing.layers.iter().any(drawable).then_some(drawing)
    };
    groups.into_iter().enumerate().filter_map(figure).collect()
}
