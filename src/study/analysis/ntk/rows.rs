//! The scalars of the analysis: what is left out, K_∞ two ways, exponents, the width that suffices.

use super::Asked;
use crate::analysis::ntk::{NetBesideLimit, PowerLaw, monte_carlo_kernel, power_law};
use crate::estimates::{Estimate, significant};
use crate::problem::ntk::LimitKernel;
use crate::study::{EstimateRow, Results};

/// Units of the Monte-Carlo check of K_∞.
const UNITS: u64 = 1_000_000;
/// A net suffices where its mean risk is above that of the limit by no more than this part, with its interval.
const SUFFICES: f64 = 0.1;

impl Asked<'_> {
    /// What the kept frequencies leave out.
    pub fn truncation(&self) -> [EstimateRow; 2] {
        let kept = format!("{} frequencies kept", self.task.spectrum().eigenvalues().len());
        [
            EstimateRow {
                value: Some(self.task.spectrum().missing_trace()),
                method: "1 - sum of the kept eigenvalues by K(x, x)".into(),
                note: kept.clone(),
                ..self.estimate("ntk_truncation", "trace of the kernel")
            },
            EstimateRow {
                value: Some(self.task.missing_target()),
                method:
                    "bound of the squared norm that the target's law would give to the frequencies left out"
                        .into(),
                note: kept,
                ..self.estimate("ntk_truncation", "target")
            },
        ]
    }

    /// K_∞ at a few angles, by its formula or quadrature and by Monte Carlo.
    pub fn kernel_check(&self) -> Vec<EstimateRow> {
        let activation = self.task.settings().activation;
        let kernel = LimitKernel::new(activation);
        let mut rows = Vec::new();
        for (tag, degrees) in (0..).zip([0.0_f64, 60.0, 120.0]) {
            let cosine = degrees.to_radians().cos();
            let quantity = format!("angle {degrees} degrees");
            let error = kernel.quadrature_error(cosine);
            let method =
                if kernel.is_closed() { "closed form" } else { "trapezoidal rule in two dimensions" };
            let note = if kernel.is_closed() {
                String::new()
            } else {
                format!("error of the quadrature {error:.0e}")
            };
            let value = Some(kernel.at(cosine));
            rows.push(EstimateRow {
                value,
                method: method.into(),
                note,
                ..self.estimate("ntk_kernel", &quantity)
            });
            let drawn = monte_carlo_kernel(activation, self.outer, cosine, (UNITS, self.key(16 + tag)));
            let (method, note) = (format!("Monte Carlo, {UNITS} units"), String::new());
            rows.push(self.estimate("ntk_kernel", &quantity).with(drawn, method, note));
        }
        rows
    }

    /// The rate in T of the widest net.
    pub fn net_rate(&self, results: &Results) -> Option<EstimateRow> {
        let widest = *self.spec.widths.iter().max()?;
        let rows = results.ntk.iter().filter(|row| row.name == "net_risk" && row.width == Some(widest));
        let points: Vec<(f64, Estimate)> = rows
            .filter_map(|row| {
                let estimate = Estimate { value: row.value, std_err: row.std_err, n: row.n };
                row.steps.map(|steps| (steps as f64, estimate))
            })
            .collect();
        let row = self.estimate("ntk_exponent", &format!("net_risk against the steps, m = {widest}"));
        let claimed = format!("the claim is O(T^-{})", significant(self.rate()));
        (!points.is_empty()).then(|| exponent_row(row, power_law(&points), &claimed))
    }

    /// Exponent of the distance, over all widths and over the wider half, and the width that suffices, at one horizon.
    pub fn net_rows(&self, steps: u64, limit: f64, found: &[(usize, NetBesideLimit)]) -> [EstimateRow; 3] {
        let mut points: Vec<(f64, Estimate)> =
            found.iter().map(|(m, net)| (*m as f64, net.distance)).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let claimed = format!("the claim is O(m^-{})", significant(self.rate() / 2.0));
        let quantity = format!("net_distance against the width, T = {steps}");
        let lost: usize = found.iter().map(|(_, net)| net.lost).sum();
        let note =
            if lost == 0 { claimed } else { format!("{claimed}; {lost} runs left the finite numbers") };
        let exponent = exponent_row(self.estimate("ntk_exponent", &quantity), power_law(&points), &note);
        let wider = &points[points.len() / 2..];
        let from = wider.first().map_or(0.0, |point| point.0);
        let row = self.estimate("ntk_exponent", &format!("{quantity}, m >= {from}"));
        [exponent, exponent_row(row, power_law(wider), &note), self.sufficient_width(steps, limit, found)]
    }

    /// The smallest width from which on the risk is above that of the limit by no more than a tenth.
    fn sufficient_width(&self, steps: u64, limit: f64, found: &[(usize, NetBesideLimit)]) -> EstimateRow {
        let suffices = |net: &NetBesideLimit| {
            net.difference.interval().is_some_and(|(_, high)| high <= SUFFICES * limit) && net.lost == 0
        };
        let mut rising: Vec<&(usize, NetBesideLimit)> = found.iter().collect();
        rising.sort_by_key(|(width, _)| *width);
        let wide = rising.iter().rev().take_while(|(_, net)| suffices(net)).count();
        let first = rising.len() - wide;
        let row = self.estimate("ntk_width_sufficient", &format!("T = {steps}"));
        let method = format!(
            "smallest listed width from which on the upper end of the mean excess over the limit is below {SUFFICES} of the limit's risk {}",
            significant(limit)
        );
        let r = self.task.settings().regularity;
        let bound = (steps as f64).powf(1.0 + 5.0 / (2.0 * r + 1.0));
        let claimed =
            format!("the sufficient width of the theorem, T^(1 + 5/(2r+1)) = {bound:.1e}, was not run");
        match rising.get(first) {
            Some((width, _)) => EstimateRow {
                value: Some(*width as f64),
                ci_low: first.checked_sub(1).map(|before| rising[before].0 as f64),
                ci_high: Some(*width as f64),
                method,
                note: format!("between the width before, which does not, and this one; {claimed}"),
                ..row
            },
            None => EstimateRow { method, note: format!("no listed width suffices; {claimed}"), ..row },
        }
    }
}

/// The row of a fitted exponent, beside what is claimed.
pub fn exponent_row(row: EstimateRow, law: Option<PowerLaw>, claimed: &str) -> EstimateRow {
    let method = "weighted least squares of logarithms".to_owned();
    let Some(law) = law else {
        let note = format!("not resolved: fewer than three positive means with errors; {claimed}");
        return EstimateRow { method, note, ..row };
    };
    let curved = if law.p_value < 1e-3 {
        ", so the exponent is that of this window and its error is widened"
    } else {
        ""
    };
    EstimateRow {
        value: Some(law.exponent),
        std_err: Some(law.std_err),
        ci_low: Some(law.low),
        ci_high: Some(law.high),
        method,
        note: format!(
            "{} points, a power law leaves as much with p = {:.1e}{curved}; {claimed}",
            law.points, law.p_value
        ),
        ..row
    }
}
