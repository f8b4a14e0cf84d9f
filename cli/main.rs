//! The `perfgate` binary.

fn main() -> std::process::ExitCode {
    perfgate::commands::main()
}
