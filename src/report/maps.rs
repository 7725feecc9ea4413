//! Heat maps of sweeps over two keys.

use super::contents::{axis_label, key_label, names, notes, plain, quantities, rows, swept_values};
use super::figure::{Categories, Cell, ColourBar, HeatMap, Scale, Width};
use crate::problem::Quantity;
use crate::study::{PointRow, Results};

/// One map for each process and quantity of a two-key sweep: the value at the last observation time; the first key runs
/// upwards, the second to the right.
pub fn heat_maps(results: &Results) -> Vec<HeatMap> {
    let cell_a_point = |point: &&PointRow| point.settings.len() == 2 && point.replicate.is_empty();
    let Some(first) = results.points.first().filter(cell_a_point) else {
        return Vec::new();
    };
    let (up, right) = (swept_values(results, 0), swept_values(results, 1));
    let mut maps = Vec::new();
    for quantity in quantities(results) {
        for name in names(results) {
            maps.push(HeatMap {
                name: format!("map-{}-{name}", quantity.name()),
                title: None,
                x: Categories { label: key_label(&first.settings[1].0), values: texts(&right) },
                y: Categories { label: key_label(&first.settings[0].0), values: texts(&up) },
                cells: cells(results, &name, quantity, &up, &right),
                colour: ColourBar {
                    label: format!("{}: {}", plain(&name), axis_label(quantity)),
                    scale: Scale::Linear,
                    centre: None,
                },
                notes: notes(results),
                missing: "no finite value".into(),
                width: if right.len() > 4 { Width::Page } else { Width::Column },
            });
        }
    }
    maps
}

fn texts(values: &[String]) -> Vec<String> {
    values.iter().map(|value| plain(value)).collect()
}

fn cells(
    results: &Results,
    name: &str,
    quantity: Quantity,
    up: &[String],
    right: &[String],
) -> Vec<Vec<Option<Cell>>> {
    let mut cells = vec![vec![None; right.len()]; up.len()];
    for point in &results.points {
        let place = |key: usize, values: &[String]| values.iter().position(|v| *v == point.settings[key].1);
        let (Some(row), Some(column)) = (place(0, up), place(1, right)) else {
            continue;
        };
        let last = rows(results, point.point, name, quantity).last();
        cells[row][column] = last.and_then(|r| Some(Cell { value: r.mean?, std_err: r.std_err }));
    }
    cells
}
