//! What every figure says of particles that diverged.

use super::*;
use crate::numerics::Backend;
use crate::report::draws_maps;
use crate::study::{Plan, Silent, Source, run};

/// Some particles of a double well start so far out that their step throws them away: every figure says how many, of how many,
/// and when the first one went.
#[test]
fn every_figure_says_which_particles_it_is_without() {
    let text = "seed = 6\n[problem]\nkind = 'double-well'\n[start]\nstd = 2.0\n\
         [[process]]\nname = 'coarse'\nkind = 'sgd-sde'\ns = 0.5\ndt = 0.3\nparticles = 300\n\
         [[process]]\nname = 'fine'\nkind = 'sgd-sde'\ns = 0.5\ndt = 0.01\nparticles = 300\n\
         [time]\nhorizon = 6.0\npoints = 11\n[observe]\nquantities = ['risk', 'squared_norm']\n\
         [analysis]\nagreement = { laws = false }\n";
    let plan = Plan::new(&Source::parse(Path::new("s.toml"), text).unwrap(), Backend::detect()).unwrap();
    let threads = Threads::new(2).unwrap();
    let results = run(&plan, 0, Vec::new(), &threads, &mut Silent).results;
    let row = &results.processes[0];
    assert!(row.divergences > 10 && row.divergences < 290, "{}", row.divergences);
    let first = figure::number(row.first_divergences[0].time);
    let want = format!(
        "coarse: {} of 300 particles diverged, first at $t$ = {first}. Each is left out from there on.",
        row.divergences
    );
    let all = noted(&results);
    let names: Vec<&str> = all.iter().map(|figure| figure.name.as_str()).collect();
    for name in ["risk", "squared_norm", "risk-difference", "agreement-risk"] {
        assert!(names.contains(&name), "no {name} in {names:?}");
    }
    assert!(all.iter().all(|figure| figure.notes.iter().filter(|note| **note == want).count() == 1));
    assert!(maps::heat_maps(&results).is_empty() && draws_maps::maps(&results).is_empty());
}
