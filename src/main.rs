//! Arguments to exit code.

fn main() -> std::process::ExitCode {
    markwright::cli::main()
}
