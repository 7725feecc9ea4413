//! What `check` prints.

use super::lines::{push, wrap};
use super::summary::{COLUMNS, duration};
use crate::estimates::{rounded, significant};
use crate::machine::memory_left;
use crate::study::{Outlook, Plan, size};

/// What `check` prints: sizes, cost, whether it fits into memory here, and the verdict of each process.
pub fn outlook_text(plan: &Plan, outlook: &Outlook) -> String {
    let mut text = String::new();
    for line in wrap(&plan.study.title, COLUMNS) {
        push(&mut text, &line);
    }
    let row = |text: &mut String, name: &str, value: String| push(text, &format!("{name:<40}{value}"));
    row(&mut text, "weights of a particle, D", outlook.dim.to_string());
    if let Some(data) = &plan.data {
        row(&mut text, "rows for training, for testing", format!("{}, {}", data.train, data.test));
        let critical =
            data.critical_lambda.map(|critical| format!(" = {:.4} lambda_c", data.lambda / critical));
        row(&mut text, "lambda", format!("{}{}", significant(data.lambda), critical.unwrap_or_default()));
        if let Some((sum, norm)) = data.outer_sum.zip(data.outer_norm) {
            row(&mut text, "sum of a, norm of a", format!("{sum:.4}, {norm:.4}"));
        }
    }
    if let Some(lipschitz) = outlook.gradient_lipschitz {
        row(&mut text, "Lipschitz constant of the gradient, <=", significant(lipschitz));
    }
    let start = outlook.initial_risk.map_or("–".into(), |e| rounded(Some(e.value), e.std_err));
    row(&mut text, "E L(W_0)", start);
    row(&mut text, "smallest risk found", outlook.risk_minimum.map_or("–".into(), significant));
    let times = plan.clock.observations.len();
    let clock = format!("{times} from 0 to {}", significant(plan.clock.end()));
    row(&mut text, "observation times", clock);
    row(&mut text, "memory, about", size(outlook.memory.total()));
    if let Some(left) = memory_left().filter(|left| (left.bytes as f64) < outlook.memory.total()) {
        row(&mut text, "  more than fits here", format!("{} are", size(left.bytes as f64)));
        push(&mut text, &format!("  {}; the largest parts:", left.limit));
        for part in outlook.memory.parts.iter().take(3) {
            for line in wrap(&format!("{} = {}", part.what, size(part.bytes)), COLUMNS - 4) {
                push(&mut text, &format!("    {line}"));
            }
        }
    }
    row(&mut text, "run time here, about", duration(outlook.seconds));
    for process in &outlook.processes {
        push(&mut text, "");
        push(&mut text, &format!("process '{}'", process.name));
        row(&mut text, "  steps", process.steps.to_string());
        if let Some(product) = process.step_times_lipschitz {
            row(&mut text, "  step times Lipschitz constant", significant(product));
        }
        row(&mut text, "  noise level D s/4 of isotropic noise", significant(process.noise_level));
        row(
            &mut text,
            "  expected drop of E L to that level",
            process.expected_drop.map_or("–".into(), significant),
        );
        row(&mut text, "  expected standard error at the end", significant(process.expected_std_err));
        let verdict = match process.resolves {
            Some(true) => "this study can resolve the decay of E L",
            Some(false) => {
                "this study cannot resolve the decay of E L: the drop does not stand far enough above \
                the noise level and the error; a smaller s, a start farther out or more particles would help"
            }
            None if process.expected_drop.is_some() => {
                "whether this study can resolve the decay of E L is not known: it could not with isotropic noise of this s, \
                but the noise of this process is its own, and usually smaller"
            }
            None => "not resolved: the minimum of the risk is not known",
        };
        for line in wrap(verdict, COLUMNS) {
            push(&mut text, &format!("  {line}"));
        }
    }
    text
}
