//! What the settings of analyses must be, and what analyses need of the rest of the study.

use super::analysis_spec::{
    AgreementSpec, AnalysisSpec, CertificateSpec, GibbsSpec, LojasiewiczSpec, MixingSpec, UntilSpec,
};
use super::rules::Rules;
use super::spec::{DynamicsSpec, ProblemSpec, StartSpec, Study};
use crate::error::Result;
use crate::problem::Precision;
use std::fmt::Display;

/// The most particles of a run beside the study.
const MOST_PARTICLES: usize = 1_000_000_000;
/// The most noise scales, and the most excesses, that a certificate may ask for: each is a run, or a line of a table.
const MOST_LISTED: usize = 32;

/// The most searches of balls in all: at a millisecond each they take some hours on one thread.
const MOST_SEARCHES: u64 = 10_000_000;

impl Rules<'_> {
    /// `[analysis]`.
    pub(super) fn analysis(&self, study: &Study) -> Result<()> {
        let AnalysisSpec { gibbs, mixing, certificate, agreement, lojasiewicz, ntk } = &study.analysis;
        let discrete = certificate.as_ref().is_some_and(|c| !c.noise_scales.is_empty());
        for (asked, name) in [
            (gibbs.is_some(), "gibbs"),
            (mixing.is_some(), "mixing"),
            (discrete, "certificate with noise_scales"),
        ] {
            let rule = format!(
                "\"f64\" where [analysis] {name} is asked for: tests of acceptance and rates need gradients to full precision"
            );
            let single = study.precision == Precision::F32;
            let remedy = "leave precision out, or the analysis";
            self.require(!(asked && single), "precision", "\"f32\"", rule, remedy)?;
        }
        if gibbs.is_some() || mixing.is_some() {
            self.noisy(study)?;
        }
        gibbs.as_ref().map_or(Ok(()), |gibbs| self.gibbs(gibbs))?;
        mixing.as_ref().map_or(Ok(()), |mixing| self.mixing(mixing))?;
        certificate.as_ref().map_or(Ok(()), |certificate| self.certificate(certificate, study))?;
        agreement.as_ref().map_or(Ok(()), |agreement| self.agreement(agreement, study))?;
        lojasiewicz.as_ref().map_or(Ok(()), |lojasiewicz| self.lojasiewicz(lojasiewicz, study))?;
        ntk.as_ref().map_or(Ok(()), |ntk| self.ntk(ntk, study))
    }

    /// That `lojasiewicz` is asked of a deep net.
    pub fn lojasiewicz_has_layers(&self, deep: bool) -> Result<()> {
        let rule =
            "left out for this problem: it asks for a risk that is 0 at its minima, and for a net of layers";
        let remedy = "leave it out, or choose problem.kind = \"deep-net\"";
        self.require(deep, "analysis.lojasiewicz", "asked for", rule, remedy)
    }

    fn lojasiewicz(&self, lojasiewicz: &LojasiewiczSpec, study: &Study) -> Result<()> {
        let LojasiewiczSpec { radius, radii, searches, starts } = lojasiewicz;
        let at = "analysis.lojasiewicz";
        self.lojasiewicz_has_layers(matches!(study.problem, ProblemSpec::DeepNet(_)))?;
        self.positive(*radius, &format!("{at}.radius"), "radius = 0.5")?;
        for (i, r) in radii.iter().enumerate() {
            self.positive(*r, &format!("{at}.radii.{i}"), "radii = [0.25, 0.5, 1.0]")?;
        }
        let (path, rule) = (format!("{at}.radii"), format!("at most {MOST_LISTED} radii"));
        self.require(radii.len() <= MOST_LISTED, &path, radii.len(), rule, "list fewer")?;
        self.whole(*searches as usize, 1, 100_000, &format!("{at}.searches"), "32 is the default")?;
        self.whole(*starts as usize, 1, 100_000, &format!("{at}.starts"), "100 is the default")?;
        // A law of one point has one start, whatever `starts` says.
        let one = matches!(study.start, StartSpec::Point(_) | StartSpec::Chatterjee(_));
        let starts = if one { 1 } else { *starts };
        let balls = (lojasiewicz.all_radii().len() as u64) * starts;
        let rule =
            format!("at most {}: {MOST_SEARCHES} searches in all of {balls} balls", MOST_SEARCHES / balls);
        let fits = *searches <= MOST_SEARCHES / balls;
        self.require(
            fits,
            &format!("{at}.searches"),
            searches,
            rule,
            "take fewer searches, starts or radii",
        )?;
        for (i, process) in study.process.iter().enumerate() {
            let same = process.stop_radius.is_none_or(|stop| stop == *radius);
            let path = format!("process.{i}.stop_radius");
            let rule = format!("the radius of [analysis] lojasiewicz, {radius}, or left out");
            let stop = process.stop_radius.unwrap_or(f64::NAN);
            self.require(same, &path, stop, rule, "write the same number in both places")?;
        }
        Ok(())
    }

    /// A Gibbs measure needs noise.
    fn noisy(&self, study: &Study) -> Result<()> {
        for (i, process) in study.process.iter().enumerate() {
            let (key, value, rule, remedy) = match process.dynamics.noise_scale() {
                None => (
                    "kind",
                    format!("{:?}", process.dynamics.kind()),
                    "a process with noise where [analysis] gibbs or mixing is asked for: without it there is no Gibbs measure",
                    "leave the process out, or the analysis",
                ),
                Some(0.0) => (
                    "s",
                    "0".to_owned(),
                    "above 0 where [analysis] gibbs or mixing is asked for: without noise there is no Gibbs measure",
                    "write s = 0.01, or leave the analysis out",
                ),
                Some(_) => continue,
            };
            return Err(self.invalid(&format!("process.{i}.{key}"), value, rule, remedy));
        }
        Ok(())
    }

    fn gibbs(&self, gibbs: &GibbsSpec) -> Result<()> {
        let GibbsSpec { draws, times, replicates, .. } = *gibbs;
        self.whole(draws, 64, 65_536, "analysis.gibbs.draws", "4096 is the default")?;
        self.whole(times, 1, 64, "analysis.gibbs.times", "6 is the default")?;
        let remedy = "499 is the default; 19 are the fewest for a level of 5 %";
        self.whole(replicates, 19, 9999, "analysis.gibbs.replicates", remedy)
    }

    fn mixing(&self, mixing: &MixingSpec) -> Result<()> {
        self.excesses(&mixing.epsilons, "analysis.mixing.epsilons")?;
        self.whole(mixing.particles, 64, 1_000_000, "analysis.mixing.particles", "4096 is the default")
    }

    fn certificate(&self, certificate: &CertificateSpec, study: &Study) -> Result<()> {
        let CertificateSpec { epsilons, rays, noise_scales, particles } = certificate;
        let at = "analysis.certificate";
        self.excesses(epsilons, &format!("{at}.epsilons"))?;
        self.whole(*rays, 2, 4096, &format!("{at}.rays"), "64 is the default")?;
        self.whole(*particles as usize, 2, 1_000_000, &format!("{at}.particles"), "1024 is the default")?;
        self.scales(noise_scales, 2, at)?;
        let (count, path, listed) =
            (noise_scales.len(), format!("{at}.noise_scales"), format!("{noise_scales:?}"));
        let sgd = study.process.iter().any(|process| matches!(process.dynamics, DynamicsSpec::Sgd(_)));
        let rule =
            "left out where the study has no process of kind \"sgd\", whose batch and sampling are used";
        self.require(count == 0 || sgd, &path, listed, rule, "add a process of kind \"sgd\"")
    }

    fn agreement(&self, agreement: &AgreementSpec, study: &Study) -> Result<()> {
        let AgreementSpec { with, margin, noise_scales, batches, at: times, particles, until, .. } =
            agreement;
        let at = "analysis.agreement";
        if let Some(name) = with {
            let names: Vec<&str> = study.process.iter().map(|process| process.name.as_str()).collect();
            let rule = format!("the name of a process: {}", names.join(", "));
            let known = names.contains(&name.as_str());
            let path = format!("{at}.with");
            self.require(
                known,
                &path,
                format!("\"{name}\""),
                rule,
                "leave it out for the first of kind \"sgd\"",
            )?;
        }
        let several = study.process.len() > 1;
        let remedy = "add the process to compare with, or leave the analysis out";
        self.require(several, at, "asked for", "left out where the study has one process alone", remedy)?;
        if let Some(margin) = margin {
            let good = *margin > 0.0 && margin.is_finite();
            self.require(
                good,
                &format!("{at}.margin"),
                margin,
                "a finite number > 0",
                "write for example margin = 0.001",
            )?;
        }
        self.scales(noise_scales, 3, at)?;
        self.batches(batches, at)?;
        self.ladders(agreement, study, at)?;
        for (i, time) in times.iter().enumerate() {
            // The horizon of so many epochs is known with the number of rows.
            let horizon = study.time.epochs.map_or(study.time.horizon, |_| f64::INFINITY);
            let path = format!("{at}.at.{i}");
            let rule = format!("a time above 0 and at most the horizon {horizon}");
            self.require(*time > 0.0 && *time <= horizon, &path, time, rule, "leave it out for the horizon")?;
        }
        self.whole(
            *particles as usize,
            2,
            MOST_PARTICLES,
            &format!("{at}.particles"),
            "1024 is the default",
        )?;
        let Some(UntilSpec { half_width, particles: most }) = *until else {
            return Ok(());
        };
        self.positive(half_width, &format!("{at}.until.half_width"), "half_width = 0.001")?;
        let remedy = "write for example until = { half_width = 0.001, particles = 1000000 }";
        self.whole(
            most as usize,
            *particles as usize,
            MOST_PARTICLES,
            &format!("{at}.until.particles"),
            remedy,
        )
    }

    /// What the processes must be to be run again at other s or batches.
    fn ladders(&self, agreement: &AgreementSpec, study: &Study, at: &str) -> Result<()> {
        let AgreementSpec { noise_scales, batches, particles, until, .. } = agreement;
        let key = match (noise_scales.is_empty(), batches.is_empty()) {
            (true, true) => return Ok(()),
            (false, _) => "noise_scales",
            (true, false) => "batches",
        };
        let path = format!("{at}.{key}");
        for process in &study.process {
            let rule = format!(
                "left out where a process stops at a stop_radius, as {:?} does: its copies would not",
                process.name
            );
            let free = process.stop_radius.is_none();
            self.require(free, &path, "asked for", rule, "leave stop_radius out, or this key")?;
            let steps =
                matches!(process.dynamics, DynamicsSpec::ScaledNoiseGd(_) | DynamicsSpec::BoundedNoiseGd(_));
            let rule = format!("left out with {:?}, whose step has no proportion to s", process.name);
            self.require(
                !steps || noise_scales.is_empty(),
                &path,
                "asked for",
                rule,
                "leave the process out, or this key",
            )?;
        }
        let reference = &study.process[agreement.reference(&study.process)];
        let rule = format!(
            "left out where the process compared with, {:?}, has no minibatches of data rows",
            reference.name
        );
        let good = batches.is_empty() || reference.dynamics.batch().is_some();
        self.require(
            good,
            &format!("{at}.batches"),
            format!("{batches:?}"),
            rule,
            "compare with a process of kind \"sgd\"",
        )?;
        let rule = "at least 128 where until is given: fewer are read without controls";
        let enough = until.is_none() || *particles >= 128;
        self.require(enough, &format!("{at}.particles"), particles, rule, "1024 is the default")
    }

    /// Batches at which something is run again: none, or at least three.
    fn batches(&self, batches: &[usize], at: &str) -> Result<()> {
        let path = format!("{at}.batches");
        for (i, batch) in batches.iter().enumerate() {
            let remedy = "list batches such as [1, 2, 4]";
            self.require(*batch > 0, &format!("{path}.{i}"), batch, "at least 1", remedy)?;
        }
        let rule = format!(
            "none, or from 3 to {MOST_LISTED} batches: fewer say nothing of how things change with them"
        );
        let good = batches.is_empty() || (3..=MOST_LISTED).contains(&batches.len());
        self.require(good, &path, format!("{batches:?}"), rule, "list for example [1, 2, 4]")
    }

    /// Noise scales at which something is run again: none, or at least `least`.
    fn scales(&self, noise_scales: &[f64], least: usize, at: &str) -> Result<()> {
        let path = format!("{at}.noise_scales");
        for (i, s) in noise_scales.iter().enumerate() {
            let remedy = "list noise scales such as [0.004, 0.002, 0.001]";
            let good = *s > 0.0 && s.is_finite();
            self.require(good, &format!("{path}.{i}"), s, "a finite number > 0", remedy)?;
        }
        let count = noise_scales.len();
        let rule = format!(
            "none, or from {least} to {MOST_LISTED} noise scales: fewer say nothing of how things change with s"
        );
        let good = count == 0 || (least..=MOST_LISTED).contains(&count);
        self.require(good, &path, format!("{noise_scales:?}"), rule, "list for example [0.004, 0.002, 0.001]")
    }

    fn excesses(&self, epsilons: &[f64], path: &str) -> Result<()> {
        for (i, epsilon) in epsilons.iter().enumerate() {
            let good = *epsilon > 0.0 && epsilon.is_finite();
            let remedy = "list excess risks such as [0.1, 0.01]";
            self.require(good, &format!("{path}.{i}"), epsilon, "a finite number > 0", remedy)?;
        }
        let rule = format!("at most {MOST_LISTED} excess risks");
        self.require(epsilons.len() <= MOST_LISTED, path, epsilons.len(), rule, "list fewer")
    }

    fn whole(&self, value: usize, least: usize, most: usize, path: &str, remedy: impl Display) -> Result<()> {
        let rule = format!("a whole number from {least} to {most}");
        self.require((least..=most).contains(&value), path, value, rule, remedy)
    }
}
