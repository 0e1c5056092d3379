//! The deploy command line, for binaries made with [`deploy_main!`](crate::deploy_main).

mod args;
mod canvas;
mod commands;
mod data;
mod dotenv;
mod error;
mod help;
mod init;
mod log;
mod markdown;
mod options;
mod output;
mod progress;
mod render;
mod screen;
mod signals;
mod status;
mod types;
mod whoami;
mod wrangler;
mod wrangler_login;

use std::process::ExitCode;

use clap::Parser;

use crate::api::RetryPolicy;
use crate::base::RunContext;
use crate::base::env::optional;
use crate::engine::DeployError;
use crate::typed::Declaration;
use args::Args;
use error::CliError;
use screen::Screen;
use signals::Signals;

/// Defines the `main` function of a deploy binary for namespaces declared in any crate.
///
/// The app is the name of the package that contains the macro call, unless you name one with
/// `app: "shop"`. List all namespaces that the binary deploys: a namespace that it deployed before and
/// no longer lists counts as removed from the code, and is destroyed or retained by its own rules. What
/// another binary of the package deploys is left alone.
///
/// ```no_run
/// kv_runtime::kv_namespace! { pub struct Users; title: "user-data" }
///
/// kv_runtime::deploy_main!(Users);
/// ```
///
/// Without namespaces, `deploy_main!();`, the binary can still run `deploy init`, which writes a first
/// declaration of existing namespaces. With an app of its own:
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Users; title: "user-data" }
/// kv_runtime::deploy_main! { app: "shop", namespaces: [Users] }
/// ```
#[macro_export]
macro_rules! deploy_main {
    (app: $app:expr, namespaces: [$($namespace:ty),+ $(,)?] $(,)?) => {
        $crate::__deploy_main!(::core::option::Option::Some($app), $($namespace),+);
    };
    ($($namespace:ty),+ $(,)?) => {
        $crate::__deploy_main!(::core::option::Option::None, $($namespace),+);
    };
    () => {
        $crate::__deploy_main!(::core::option::Option::None,);
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "list the namespaces: `deploy_main!(Users, Sessions);`, or with an explicit app \
             `deploy_main! { app: \"shop\", namespaces: [Users, Sessions] }`"
        );
        fn main() {}
    };
}

/// Expands to the `main` of [`deploy_main!`](crate::deploy_main), with what only the calling package knows.
#[doc(hidden)]
#[macro_export]
macro_rules! __deploy_main {
    ($app:expr, $($namespace:ty),*) => {
        fn main() -> ::std::process::ExitCode {
            const PACKAGE: $crate::__private::Package = $crate::__private::Package {
                name: ::core::env!("CARGO_PKG_NAME"),
                root: ::core::env!("CARGO_MANIFEST_DIR"),
                binary: ::core::option_env!("CARGO_BIN_NAME"),
                repository: ::core::env!("CARGO_PKG_REPOSITORY"),
                app: $app,
                retry: ::core::option::Option::None,
            };
            $crate::__private::deploy_main(
                &PACKAGE,
                &[$(<$namespace as $crate::Namespace>::DECLARATION),*],
            )
        }
    };
}

/// The package that calls `deploy_main!`.
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// Its name.
    pub name: &'static str,
    /// The folder in which it was compiled.
    pub root: &'static str,
    /// The name of the binary.
    pub binary: Option<&'static str>,
    /// Its `repository`, or empty if it has none.
    pub repository: &'static str,
    /// The app that `deploy_main!` names.
    pub app: Option<&'static str>,
    /// How long requests are retried; `None` for the default.
    pub retry: Option<RetryPolicy>,
}

/// Variables that hold secrets, whether or not a run uses them.
const SECRETS: [&str; 4] =
    ["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

const DONE: u8 = 0;
const FAILED: u8 = 1;
const CHANGES: u8 = 2;

/// Runs the command line for `declarations`.
#[must_use]
pub fn deploy_main(package: &Package, declarations: &[&'static Declaration]) -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(usage) => {
            // Not 2, clap's default, which says that a plan has changes.
            let code = if usage.use_stderr() { FAILED } else { DONE };
            // If the terminal is gone, there is nowhere left to report it.
            let _ = usage.print();
            return code.into();
        }
    };
    let of_files = dotenv::read(&args, package);
    let args = args.or_environment();
    let context = RunContext::default();
    for name in SECRETS {
        if let Some(secret) = optional(name) {
            context.redactor.add(&secret, &format!("env {name}"));
        }
    }
    let screen = Screen::new(args.output.color, args.output.quiet, context.redactor.clone());
    log::show(&screen, args.output.verbose);
    let signals = Signals::new(context.interrupt.clone(), screen.clone());
    let done =
        of_files.and_then(|()| run(&args, package, declarations, &screen, &context, &signals));
    let code = match done {
        Ok(code) => code,
        Err(error) => {
            screen.set_bar(None);
            screen.error(&error);
            match error {
                CliError::Deploy(DeployError::Interrupted) => signals.exit_code(),
                _ => FAILED,
            }
        }
    };
    screen.finish();
    code.into()
}

fn run(
    args: &Args,
    package: &Package,
    declarations: &[&'static Declaration],
    screen: &Screen,
    context: &RunContext,
    signals: &Signals,
) -> Result<u8, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(CliError::Runtime)?;
    let result = runtime.block_on(async {
        signals.listen();
        commands::run(args, package, declarations, screen, context).await
    });
    // An unanswered question still blocks a thread on stdin, so do not wait for that thread.
    runtime.shutdown_background();
    result
}
