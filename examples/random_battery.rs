//! Raw 64-bit words of the random streams, for test batteries that read standard input:
//!
//! ```sh
//! cargo run --release --example random_battery -- short | dieharder -a -g 200
//! ```
//!
//! A generator may pass as one long sequence and fail as it is used: here a stream gives a few words and the next one, of
//! a neighbouring particle, follows. Hence three orders:
//!
//! - `first`: one word of each stream: lanes, particles and steps are told apart by the cipher alone;
//! - `short`: four words of each of the eight lanes of a particle (16 normals and more), then the next particle, then the
//!   next step;
//! - `shared`: streams as groups of 128 particles of one weight share them, all groups side by side, step by step.

use sgd_sde::random::{Key, Purpose, from_state};
use std::io::{BufWriter, ErrorKind, Write};
use std::process::ExitCode;

use rand::Rng;

const LANES: u64 = 8;
/// Particles (for `shared`: groups of them) whose words stand side by side.
const PARTICLES: u64 = 256;

/// `words` words of each lane of (particle, step), in the order in which normals use them: word by word, all lanes.
fn streams(key: Key, particle: u64, step: u64, words: usize, out: &mut impl Write) -> std::io::Result<()> {
    let mut lanes: [_; LANES as usize] =
        std::array::from_fn(|lane| from_state(key.state(particle, step, lane as u64)));
    for _ in 0..words {
        for lane in &mut lanes {
            out.write_all(&lane.next_u64().to_le_bytes())?;
        }
    }
    Ok(())
}

/// Words of 16 steps of all groups; a step takes 16 words of a lane.
fn shared(key: Key, sixteen: u64, out: &mut impl Write) -> std::io::Result<()> {
    let mut groups: Vec<_> =
        (0..PARTICLES * LANES).map(|i| from_state(key.state(i / LANES, sixteen, i % LANES))).collect();
    for _ in 0..16 {
        for group in groups.chunks_mut(LANES as usize) {
            for _ in 0..16 {
                for lane in &mut *group {
                    out.write_all(&lane.next_u64().to_le_bytes())?;
                }
            }
        }
    }
    Ok(())
}

fn write(order: &str, out: &mut impl Write) -> std::io::Result<()> {
    let key = Key::new(1, Purpose::Brownian);
    for step in 0.. {
        match order {
            "shared" => shared(key, step, out)?,
            _ => {
                let words = if order == "first" { 1 } else { 4 };
                for particle in 0..PARTICLES {
                    streams(key, particle, step, words, out)?;
                }
            }
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let order = std::env::args().nth(1).unwrap_or_default();
    if !["first", "short", "shared"].contains(&order.as_str()) {
        eprintln!("usage: random_battery first|short|shared, words go to standard output");
        return ExitCode::FAILURE;
    }
    match write(&order, &mut BufWriter::with_capacity(1 << 16, std::io::stdout().lock())) {
        // The battery has read enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("cannot write: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
