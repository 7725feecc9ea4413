//! The study file: its types, its rules, and the wiring from a study to results.

#![forbid(unsafe_code)]

mod analysis;
mod analysis_rules;
mod analysis_spec;
mod brief;
mod build_ntk;
mod build_problem;
mod build_process;
mod build_start;
mod certify;
mod check;
mod clock;
mod draws;
mod dynamics_rules;
mod dynamics_settings;
mod dynamics_spec;
mod findings;
mod keeper;
mod left_out;
mod memory;
mod memory_of_analyses;
mod memory_of_data;
mod npy;
mod ntk_rules;
mod ntk_spec;
mod parse;
mod parse_problem;
mod parse_process;
mod places;
mod plan;
mod recorder;
mod results;
mod rules;
mod run;
mod scalars;
mod share;
mod simulation;
mod size_rules;
mod source;
mod spec;
mod stable_step;
mod state;
mod steps;
mod sweep;
mod template;
mod theory;
mod whole_file;

pub use analysis_spec::{
    AgreementSpec, AnalysisSpec, CertificateSpec, GibbsSpec, LojasiewiczSpec, MixingSpec, NtkSpec, NtkSteps,
};
pub use build_problem::DataSummary;
pub use certify::{
    Certificate, GapLower, GuaranteeReport, GuaranteedTime, Measured, PlaceCurvature, StartReport,
};
pub use check::{Outlook, ProcessOutlook, check};
pub use clock::{Clock, ClockError, Observation, Spacing};
pub use draws::{Asked, Cell, Numbers, PARTICLES, RUNS, against_outer_sum, cells, draws};
pub use findings::{
    BandRow, BoundRow, CheckRow, DensityRow, DistanceRow, DrawRow, FitRow, LagRow, NtkRow, OrderRow, RayRow,
    ReadingRow, StepsRow,
};
pub use keeper::{Keeper, Slot, Unkept};
pub use memory::{Memory, MemoryPart, size};
pub use plan::Plan;
pub use results::{CurveRow, EstimateRow, PointRow, ProcessRow, Results};
pub use run::{Outcome, Progress, Silent, conclude, run};
pub use share::Share;
pub use simulation::Simulation;
pub(crate) use size_rules::is_plain_name;
pub use source::Source;
pub use spec::*;
pub use state::{Identity, State, change};
pub use sweep::{Points, SweepPoint};
pub use template::TEMPLATE;
pub(crate) use whole_file::{regular_file, whole_file};
