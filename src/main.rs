//! The program `sgd-sde`; everything it does is in the library.

fn main() -> std::process::ExitCode {
    sgd_sde::cli::main().into()
}
