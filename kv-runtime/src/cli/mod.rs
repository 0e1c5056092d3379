//! The deploy command line that [`deploy_main!`](crate::deploy_main) makes a binary of.

mod args;
mod commands;
mod error;
mod options;
mod output;
mod progress;
mod render;
mod screen;
mod status;
mod wrangler;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::declaration::Declaration;
use crate::engine::{DeployError, Interrupt};
use args::Args;
use error::CliError;
use screen::Screen;

/// Makes `main` of a deploy binary for the namespaces that are declared in a package.
///
/// Name all of them: one that the state has and the list does not is taken for one that left the
/// code, and is destroyed or retained by its own rules.
///
/// ```no_run
/// kv_runtime::kv_namespace! { pub struct Users; title: "user-data" }
///
/// kv_runtime::deploy_main!(Users);
/// ```
#[macro_export]
macro_rules! deploy_main {
    ($($namespace:ty),+ $(,)?) => {
        fn main() -> ::std::process::ExitCode {
            $crate::__private::deploy_main(&[
                $(<$namespace as $crate::Namespace>::DECLARATION),+
            ])
        }
    };
}

const DONE: u8 = 0;
const FAILED: u8 = 1;
const CHANGES: u8 = 2;
const INTERRUPTED: u8 = 130;

/// Runs the command line over `declarations`.
#[must_use]
pub fn deploy_main(declarations: &[&'static Declaration]) -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(usage) => {
            // 2 is taken: it says that a plan has changes.
            let code = if usage.use_stderr() { FAILED } else { DONE };
            // Where the terminal is gone, nobody is left to tell.
            let _ = usage.print();
            return code.into();
        }
    };
    let screen = Screen::new(args.color, args.quiet);
    log(args.verbose);
    match run(&args, declarations, &screen) {
        Ok(code) => code.into(),
        Err(error) => {
            screen.error(&error);
            match error {
                CliError::Deploy(DeployError::Interrupted) => INTERRUPTED,
                _ => FAILED,
            }
            .into()
        }
    }
}

fn run(
    args: &Args,
    declarations: &[&'static Declaration],
    screen: &Screen,
) -> Result<u8, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(CliError::Runtime)?;
    let result = runtime.block_on(async {
        let interrupt = Interrupt::default();
        tokio::spawn(listen(interrupt.clone(), screen.clone()));
        commands::run(args, declarations, screen, &interrupt).await
    });
    // A question that nobody answered still waits for a line, and must not be waited for.
    runtime.shutdown_background();
    result
}

/// Turns the first Ctrl-C into a clean stop, and the second into an end.
async fn listen(interrupt: Interrupt, screen: Screen) {
    while tokio::signal::ctrl_c().await.is_ok() {
        if interrupt.is_set() {
            std::process::exit(INTERRUPTED.into());
        }
        interrupt.set();
        screen.say("Stopping", "after the requests in flight; press Ctrl-C again to stop at once");
    }
}

fn log(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "kv_runtime=debug",
        _ => "kv_runtime=trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(console::colors_enabled_stderr())
        .without_time()
        .init();
}
