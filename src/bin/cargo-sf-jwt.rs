//! `cargo sf-jwt`: the same program, where cargo looks for its subcommands.

use sf_jwt::{cli, host::Host};
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(Host::system(), std::env::args_os().collect(), true)
}
