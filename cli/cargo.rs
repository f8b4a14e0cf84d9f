//! The `cargo-perfgate` binary, which cargo starts for `cargo perfgate`. It is the same program.

fn main() -> std::process::ExitCode {
    perfgate::commands::main()
}
