//! The shares of a study: what `run --part` leaves, and `merge` joins.

use super::begun::Begun;
use super::container;
use super::folder::Folder;
use super::whole::make_in;
use crate::dynamics::Process;
use crate::error::{Error, Result};
use crate::study::{Plan, Simulation, State};
use std::path::{Path, PathBuf};

impl Folder {
    fn share(&self) -> PathBuf {
        self.path().join("share")
    }

    /// Writes the share of one point, and with the first what it is a share of.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write_share(&self, begun: &Begun, state: &State<'_>) -> Result<()> {
        make_in(self.path(), "share")?;
        if state.point == 0 {
            container::write(&self.share().join("begun.state"), begun)?;
        }
        container::write(&share_of(&self.share(), state.point), state)
    }

    /// How many points have their share here, whole.
    pub(super) fn whole_shares(&self) -> usize {
        let whole = |point: &usize| container::check(&share_of(&self.share(), *point)).is_ok();
        (0..).take_while(whole).count()
    }
}

fn share_of(folder: &Path, point: usize) -> PathBuf {
    folder.join(format!("point-{point}.state"))
}

/// All shares of a study, in order.
pub struct Shares {
    /// What they are shares of; the share it names is the first.
    pub begun: Begun,
    folders: Vec<PathBuf>,
}

impl Shares {
    /// The shares in `folders`, in any order.
    ///
    /// # Errors
    /// [`Error::Unfit`] when a folder holds no share, when two are of different studies, files, programs or vector instructions, and
    /// when a share is missing or there twice.
    pub fn open(folders: &[PathBuf]) -> Result<Self> {
        let unfit = |path: &Path, reason: String, remedy: &str| Error::Unfit {
            path: path.into(),
            verb: "merged",
            reason,
            remedy: remedy.into(),
        };
        let mut all: Vec<(Begun, &PathBuf)> = Vec::new();
        for folder in folders {
            let begun = Self::begun_in(folder).map_err(|reason| {
                unfit(folder, reason, "name folders that `sgd-sde run --part` has written")
            })?;
            if let Some((first, _)) = all.first() {
                let as_first = Begun { share: first.share, ..begun.clone() };
                if let Some((reason, _)) = first.change(&as_first) {
                    let reason = format!("it does not belong to {}: {reason}", folders[0].display());
                    return Err(unfit(folder, reason, "run this share again as the others were"));
                }
            }
            let twice = all.iter().find(|(other, _)| other.share == begun.share);
            if let Some((_, other)) = twice {
                let reason = format!("{} holds share {} too", other.display(), begun.share);
                return Err(unfit(folder, reason, "name each share once"));
            }
            all.push((begun, folder));
        }
        all.sort_by_key(|(begun, _)| (begun.share.of(), begun.share.number()));
        let Some((begun, _)) = all.first().cloned() else {
            return Err(unfit(
                Path::new("merge"),
                "there is nothing to merge".into(),
                "name the folders of all shares",
            ));
        };
        let wrong = all
            .iter()
            .enumerate()
            .find(|(i, (other, _))| (other.share.number(), other.share.of()) != (i + 1, begun.share.of()));
        let last = (all.len() != begun.share.of()).then(|| all.len() + 1);
        if let Some((i, (other, folder))) = wrong {
            let reason =
                format!("it is share {}, and share {}/{} is missing", other.share, i + 1, begun.share.of());
            return Err(unfit(folder, reason, "name the folders of all shares of one run"));
        }
        if let Some(number) = last {
            let reason = format!("share {number}/{} is missing", begun.share.of());
            return Err(unfit(all[0].1, reason, "name the folders of all shares"));
        }
        let folders = all.into_iter().map(|(_, folder)| folder.clone()).collect();
        Ok(Self { begun, folders })
    }

    /// What the share in `folder` is a share of; the reason where there is none.
    pub(super) fn begun_in(folder: &Path) -> std::result::Result<Begun, String> {
        container::read(&folder.join("share").join("begun.state"))
            .map_err(|r| format!("share/begun.state: {r}"))
    }

    /// The shares of one point.
    ///
    /// # Errors
    /// [`Error::Unfit`] when one is missing, torn or changed.
    pub fn read(&self, point: usize) -> Result<Vec<State<'static>>> {
        let read = |folder: &PathBuf| {
            let path = share_of(&folder.join("share"), point);
            container::read(&path).map_err(|reason| Error::Unfit {
                path,
                verb: "merged",
                reason,
                remedy: "run this share again, with --resume if it was interrupted".into(),
            })
        };
        self.folders.iter().map(read).collect()
    }

    /// Point number `point` at the horizon, all particles.
    ///
    /// # Errors
    /// As [`read`](Self::read), and when the shares do not fit together.
    pub fn joined<'p>(
        &self,
        plan: &'p Plan,
        processes: &'p [Box<dyn Process + 'p>],
        point: usize,
    ) -> Result<Simulation<'p>> {
        Simulation::joined(plan, processes, point, self.read(point)?).map_err(|reason| Error::Unfit {
            path: self.folders[0].clone(),
            verb: "merged",
            reason,
            remedy: "run the share again as the others were".into(),
        })
    }
}
