//! The program `sgd-sde`; everything it does is in the library.

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    sgd_sde::cli::main().into()
}
