//! The cells of a repeated study and the numbers that stand in them.

use crate::study::findings::ReadingRow;
use crate::study::results::{CurveRow, EstimateRow, PointRow, Results};
use std::collections::HashMap;

/// The points of a sweep that differ in repeated keys alone.
#[derive(Debug, Clone)]
pub struct Cell<'a> {
    /// Its points; the last repeated key varies fastest.
    pub points: Vec<&'a PointRow>,
}

/// The cells of a repeated study, in the order of the sweep; none where nothing is repeated.
pub fn cells(results: &Results) -> Vec<Cell<'_>> {
    let repeated = results.points.iter().filter(|point| !point.replicate.is_empty()).collect::<Vec<_>>();
    repeated
        .chunk_by(|a, b| a.settings == b.settings)
        .map(|points| Cell { points: points.to_vec() })
        .collect()
}

/// A quantity of a process, by name; the process is empty where the quantity belongs to the problem.
pub type Asked = (String, String);

impl Cell<'_> {
    /// The number by which tables name the cell: that of its first point.
    pub fn number(&self) -> usize {
        self.points[0].point
    }

    /// Its swept keys and values as text.
    pub fn name(&self) -> String {
        let settings = self.points[0].settings.iter();
        settings.map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
    }

    /// The repeated keys.
    pub fn keys(&self) -> Vec<&str> {
        self.points[0].replicate.iter().map(|(key, _)| key.as_str()).collect()
    }

    /// For each value of repeated key number `key`, in order, the mean of `values` (one a point) over the points that have it;
    /// points without a value are left out, and NaN stands for a draw all of whose points are.
    pub fn marginal(&self, key: usize, values: &[Option<f64>]) -> Vec<f64> {
        let mut levels: Vec<(&str, f64, f64)> = Vec::new();
        for (point, value) in self.points.iter().zip(values) {
            let level = point.replicate[key].1.as_str();
            let place = levels.iter().position(|l| l.0 == level).unwrap_or_else(|| {
                levels.push((level, 0.0, 0.0));
                levels.len() - 1
            });
            if let Some(value) = value {
                levels[place].1 += value;
                levels[place].2 += 1.0;
            }
        }
        levels.into_iter().map(|(_, sum, n)| sum / n).collect()
    }

    /// |Σ_j a_j| of each point, where the problem has an outer layer.
    pub fn outer_sums(&self) -> Vec<Option<f64>> {
        self.points.iter().map(|point| point.data["outer_sum"].as_f64().map(f64::abs)).collect()
    }
}

/// The numbers of a repeated study by where they stand, so that a cell finds its own without reading them all.
pub struct Numbers<'a> {
    curves: HashMap<(usize, &'a str, &'a str), Vec<&'a CurveRow>>,
    estimates: HashMap<(usize, &'a str), Option<f64>>,
    readings: HashMap<(usize, &'a str, &'a str), Vec<&'a ReadingRow>>,
    /// What is asked of every cell, in the order of the tables.
    pub asked: Vec<Asked>,
}

impl<'a> Numbers<'a> {
    /// The numbers of `results`.
    pub fn new(results: &'a Results) -> Self {
        let (mut curves, mut readings) = (HashMap::new(), HashMap::new());
        let mut asked: Vec<Asked> = Vec::new();
        let mut ask = |process: &str, quantity: &str| {
            if !asked.iter().any(|(p, q)| p == process && q == quantity) {
                asked.push((process.to_owned(), quantity.to_owned()));
            }
        };
        // Differences of processes are told by the processes themselves.
        for row in results.curves.iter().filter(|row| !row.process.contains('|')) {
            let place = (row.point, row.process.as_str(), row.quantity.as_str());
            curves.entry(place).or_insert_with(Vec::new).push(row);
            if row.point == 0 {
                ask(&row.process, &row.quantity);
            }
        }
        for row in &results.readings {
            let place = (row.point, row.process.as_str(), row.quantity.as_str());
            readings.entry(place).or_insert_with(Vec::new).push(row);
        }
        let of_minimum = |row: &&EstimateRow| row.name.starts_with("minimum_") || row.name == "risk_minimum";
        let mut estimates = HashMap::new();
        for row in results.estimates.iter().filter(of_minimum) {
            estimates.insert((row.point, row.name.as_str()), row.value);
            if row.point == 0 {
                ask("", &row.name);
            }
        }
        Self { curves, estimates, readings, asked }
    }

    /// The observation times of a cell for what is asked; a single one, the last of any, for what belongs to the problem.
    pub(super) fn times(&self, cell: &Cell<'_>, (process, quantity): &Asked) -> Vec<f64> {
        let place = (cell.number(), process.as_str(), quantity.as_str());
        match self.curves.get(&place) {
            Some(rows) => rows.iter().map(|row| row.time).collect(),
            None => {
                let ends = self.curves.iter().filter(|(place, _)| place.0 == cell.number());
                vec![ends.filter_map(|(_, rows)| rows.last()).map(|row| row.time).fold(0.0, f64::max)]
            }
        }
    }

    /// What is asked of each point of a cell, at observation number `at` (for processes: the mean over particles).
    pub fn of_points(&self, cell: &Cell<'_>, (process, quantity): &Asked, at: usize) -> Vec<Option<f64>> {
        let value =
            |point: &&PointRow| match self.curves.get(&(point.point, process.as_str(), quantity.as_str())) {
                Some(rows) => rows.get(at)?.mean,
                None => *self.estimates.get(&(point.point, quantity.as_str()))?,
            };
        cell.points.iter().map(value).collect()
    }

    /// The same at the last observation time.
    pub fn at_the_end(&self, cell: &Cell<'_>, asked: &Asked) -> Vec<Option<f64>> {
        self.of_points(cell, asked, self.times(cell, asked).len() - 1)
    }

    /// The mean of each particle over the points of a cell at the end; empty where there is one particle, or none.
    pub fn of_particles(&self, cell: &Cell<'_>, asked: &Asked) -> Vec<f64> {
        let runs = self.of_runs(cell, asked);
        let particles = runs.len() / cell.points.len();
        let mean = |particle: usize| {
            let finite: Vec<f64> = runs.iter().skip(particle).step_by(particles).filter_map(|x| *x).collect();
            finite.iter().sum::<f64>() / finite.len() as f64
        };
        if particles > 1 { (0..particles).map(mean).collect() } else { Vec::new() }
    }

    /// Every single run of a cell at the end: points by particles, the latter varying faster; empty for what belongs to the
    /// problem.
    pub fn of_runs(&self, cell: &Cell<'_>, (process, quantity): &Asked) -> Vec<Option<f64>> {
        let of = |point: &&PointRow| self.readings.get(&(point.point, process.as_str(), quantity.as_str()));
        cell.points.iter().filter_map(of).flatten().map(|row| row.value).collect()
    }
}
