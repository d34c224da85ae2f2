//! `sf-jwt`: see the library's documentation.

use sf_jwt::{cli, host::Host};
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(Host::system(), std::env::args_os().collect(), false)
}
