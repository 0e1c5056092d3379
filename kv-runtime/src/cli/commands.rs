//! The commands: each runs the engine and shows the result.

use std::cell::OnceCell;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use serde::Serialize;

use super::args::{Args, Command, Format, PlanArgs, StateCommand};
use super::error::CliError;
use super::options::{self, Runs, root};
use super::output::{print, print_json};
use super::progress::Progress;
use super::screen::{Screen, printable};
use super::status::status;
use super::whoami::whoami;
use super::{CHANGES, DONE, Package, markdown, render, types, wrangler};
use crate::base::RunContext;
use crate::engine::{Consent, DataPlan, DeployError, Deployed, Event, Host, Moved, Plan, Run};
use crate::state::Holder;
use crate::typed::Declaration;

/// Runs the command that was given; the result is the exit code.
pub(super) async fn run(
    args: &Args,
    package: &Package,
    declarations: &[&'static Declaration],
    screen: &Screen,
    context: &RunContext,
) -> Result<u8, CliError> {
    if let Some(flag) = args.misplaced() {
        return Err(CliError::Misplaced(flag));
    }
    let saved = options::saved(args)?;
    let stage = saved.as_ref().map_or(args.stage(), |saved| &saved.stage).to_owned();
    let login = OnceCell::new();
    let runs = Runs { args, package, declarations, saved, screen, context, login };
    match &args.command {
        Some(Command::Status { refresh, .. }) => {
            status(&runs, *refresh).await?;
            return Ok(DONE);
        }
        Some(Command::Whoami) => {
            whoami(&runs).await?;
            return Ok(DONE);
        }
        Some(Command::Types { typescript, json_schema, check }) => {
            let paths = types::Paths { typescript, json_schema };
            paths.write(declarations, *check, screen, &context.redactor)?;
            return Ok(DONE);
        }
        Some(Command::Completions { shell }) => {
            super::output::completions(*shell, package.binary.unwrap_or(package.name))?;
            return Ok(DONE);
        }
        _ => {}
    }
    let run = runs.on(&stage)?;
    let mut command = Running { args, package, declarations, run, screen, context };
    match &args.command {
        None | Some(Command::Deploy(_)) => command.deploy().await?,
        Some(Command::Plan(plan)) => return command.plan(plan).await,
        Some(Command::Destroy(destroy)) => command.destroy(destroy.if_exists).await?,
        Some(Command::Import { imports, .. }) => command.import(imports).await?,
        Some(Command::Unlock) => command.unlock().await?,
        Some(Command::Export(export)) => command.export(export).await?,
        Some(Command::Restore { id, file, .. }) => command.restore(id, file).await?,
        Some(Command::Copy(copy)) => {
            let from = runs.on(&copy.from)?;
            command.run = runs.on(&copy.to)?;
            command.copy(copy, from).await?;
        }
        Some(Command::Audit { id, sample, .. }) => {
            let sample = sample.and_then(|sample| usize::try_from(sample).ok());
            return command.audit(id.as_deref(), sample).await;
        }
        Some(Command::Migrate { id, .. }) => command.migrate(id.as_deref()).await?,
        Some(Command::Undo { .. }) => {
            let plans = command.run.undo(&Asking::new(&command)).await?;
            command.report_data(&plans)?;
        }
        Some(Command::State { command: state }) => command.state(state).await?,
        Some(Command::Init(init)) => command.init(init).await?,
        Some(_) => {}
    }
    Ok(DONE)
}

/// A running command.
pub(super) struct Running<'a> {
    pub(super) args: &'a Args,
    pub(super) package: &'a Package,
    pub(super) declarations: &'a [&'static Declaration],
    pub(super) run: Run,
    pub(super) screen: &'a Screen,
    pub(super) context: &'a RunContext,
}

/// What a deploy prints as JSON.
#[derive(Serialize)]
struct Report<'a> {
    plan: &'a Plan,
    namespaces: &'a [Deployed],
}

/// An imported namespace, as JSON.
#[derive(Serialize)]
struct Imported<'a> {
    id: &'a str,
    namespace_id: &'a str,
    title: String,
}

/// Whose lock was broken, as JSON.
#[derive(Serialize)]
struct Unlocked {
    holder: Option<Holder>,
}

impl Running<'_> {
    /// The folder of the package.
    fn root(&self) -> Result<PathBuf, CliError> {
        root(self.args, self.package)
    }

    async fn plan(&mut self, args: &PlanArgs) -> Result<u8, CliError> {
        let config = wrangler::config_of(self.declarations, self.args, &self.root()?)?;
        self.screen.spin("Planning");
        let planned = self.run.plan().await;
        self.screen.set_bar(None);
        let (plan, saved) = planned?;
        match self.args.output.format {
            Format::Text => self.screen.line(&render::text(&plan)),
            Format::Json => print_json(&plan, &self.context.redactor)?,
            Format::Markdown => print(&markdown::plan(&plan), &self.context.redactor)?,
        }
        if let Some(config) = config {
            wrangler::check(&config, &plan, self.args, self.declarations, self.screen)?;
        }
        if let Some(path) = &args.out {
            if path == Path::new("-") {
                return Err(CliError::NoStream("a saved plan is applied from its file"));
            }
            saved.write(path)?;
            let path = printable(&path.display().to_string());
            self.screen
                .say("Saved", &format!("the plan to {path}; `deploy --plan {path}` applies it"));
        }
        if let Some(allowed) =
            self.args.consent().max_writes.filter(|allowed| plan.writes() > *allowed)
        {
            let writes = plan.writes();
            self.screen
                .warn("Too many", &DeployError::TooManyWrites { writes, allowed }.to_string());
            return Ok(CHANGES);
        }
        let changes = !plan.is_empty() || plan.drifted_keys() > 0;
        Ok(if changes && args.detailed_exitcode { CHANGES } else { DONE })
    }

    async fn deploy(&mut self) -> Result<(), CliError> {
        let config = wrangler::config_of(self.declarations, self.args, &self.root()?)?;
        self.screen.spin("Planning");
        let (plan, deployed) = self.run.deploy(&Asking::new(self)).await?;
        if self.args.output.format == Format::Text {
            self.show_deployed(&deployed);
        }
        if let Some(config) = config {
            wrangler::remove(&config, &plan, self.screen)?;
            wrangler::update(&config, &deployed, self.run.local_folder(), self.screen)?;
        }
        // Last, because writing fails if the reader is gone; by then everything is done.
        self.report(&plan, &deployed)
    }

    async fn destroy(&mut self, if_exists: bool) -> Result<(), CliError> {
        let config = wrangler::config(self.args, &self.root()?)?;
        self.screen.spin("Planning");
        let plan = match self.run.destroy(&Asking::new(self)).await {
            Err(DeployError::NoState { stage, .. }) if if_exists => {
                self.screen.line(&format!("Nothing to do: the stage {stage:?} has no state."));
                return Ok(());
            }
            Err(error @ DeployError::NoState { .. }) => {
                return Err(CliError::NothingToDestroy(error));
            }
            destroyed => destroyed?,
        };
        if let Some(config) = config {
            wrangler::remove(&config, &plan, self.screen)?;
        }
        self.report(&plan, &[])
    }

    /// Prints what was done, for other programs and for comments on pull requests.
    fn report(&self, plan: &Plan, namespaces: &[Deployed]) -> Result<(), CliError> {
        let redactor = &self.context.redactor;
        match self.args.output.format {
            Format::Text => Ok(()),
            Format::Json => print_json(&Report { plan, namespaces }, redactor),
            Format::Markdown => print(&markdown::plan(plan), redactor),
        }
    }

    fn show_deployed(&self, deployed: &[Deployed]) {
        let width = deployed.iter().map(|d| d.id.len()).max().unwrap_or(0);
        self.screen.line("");
        for Deployed { id, namespace_id, title, .. } in deployed {
            self.screen.line(&format!("  {id:width$}  {namespace_id}  {title:?}"));
        }
        if let Some(folder) = self.run.local_folder() {
            self.screen.line("");
            self.screen.say("Stored", &format!("in {}", printable(&folder.display().to_string())));
            if let Some(deployed) = deployed.iter().max_by_key(|deployed| deployed.keys) {
                self.screen.line(&how_to_look(folder, &deployed.namespace_id));
            }
        }
    }

    async fn import(&mut self, imports: &[(String, String)]) -> Result<(), CliError> {
        let titles = self.run.import(imports, &Asking::new(self)).await?;
        let imported = imports.iter().zip(titles).map(|((id, namespace_id), title)| Imported {
            id,
            namespace_id,
            title,
        });
        let imported: Vec<_> = imported.collect();
        if self.args.output.format == Format::Json {
            return print_json(&imported, &self.context.redactor);
        }
        for Imported { id, namespace_id, title } in imported {
            self.screen.say("Imported", &format!("{id}: {namespace_id} {title:?}"));
        }
        Ok(())
    }

    async fn state(&mut self, command: &StateCommand) -> Result<(), CliError> {
        let is_json = self.args.output.format == Format::Json;
        match command {
            StateCommand::List => {
                let namespaces = self.run.list_state().await?;
                if is_json {
                    return print_json(&namespaces, &self.context.redactor);
                }
                if namespaces.is_empty() {
                    self.screen.line("Nothing is deployed.");
                } else {
                    self.screen.line(&super::status::list(&namespaces));
                }
            }
            StateCommand::Mv { from, to } => {
                let moved = self.run.move_state(from, to, &Asking::new(self)).await?;
                if is_json {
                    return print_json(&moved, &self.context.redactor);
                }
                for Moved { from, to, rewrites } in moved {
                    self.screen.say("Moved", &format!("{from} to {to}"));
                    if rewrites {
                        let what = "its values again: the other state already had namespaces";
                        self.screen.warn("Will write", what);
                    }
                }
            }
            StateCommand::Rm { ids } => {
                self.run.forget(ids, &Asking::new(self)).await?;
                for id in ids {
                    self.screen.say("Forgot", &format!("{id}; the namespace stays where it is"));
                }
            }
        }
        Ok(())
    }

    async fn unlock(&mut self) -> Result<(), CliError> {
        let holder = self.run.unlock().await.map_err(DeployError::from)?;
        if self.args.output.format == Format::Json {
            return print_json(&Unlocked { holder }, &self.context.redactor);
        }
        match holder {
            Some(holder) => self.screen.say("Unlocked", &format!("the lock of {holder}")),
            None => self.screen.line("No process holds the lock."),
        }
        Ok(())
    }
}

/// Shows the plan on the screen, asks there, and shows progress.
pub(super) struct Asking<'a> {
    screen: &'a Screen,
    yes: bool,
    context: &'a RunContext,
    progress: Progress<'a>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(command: &Running<'a>) -> Self {
        Self {
            screen: command.screen,
            yes: command.args.yes,
            context: command.context,
            progress: Progress::new(command.screen),
        }
    }
}

#[async_trait]
impl Host for Asking<'_> {
    fn show(&self, plan: &Plan) {
        self.screen.set_bar(None);
        self.screen.line(&render::text(plan));
    }

    async fn consent(&self, plan: &Plan) -> Result<Consent, DeployError> {
        self.ask(&format!("Apply this plan? {}", render::place(plan)), || render::text(plan)).await
    }

    fn show_data(&self, plans: &[DataPlan]) {
        self.screen.line(&super::data::text(plans));
    }

    async fn consent_to_data(&self, plans: &[DataPlan]) -> Result<Consent, DeployError> {
        self.ask("Write these pairs?", || super::data::text(plans)).await
    }

    fn event(&self, event: Event<'_>) {
        self.progress.event(event);
    }
}

impl Asking<'_> {
    /// Asks whether to continue, unless `--yes` was given. Shows `what` first on a quiet screen, which has
    /// not shown it.
    async fn ask(&self, question: &str, what: impl Fn() -> String) -> Result<Consent, DeployError> {
        if self.yes {
            return Ok(Consent::Given);
        }
        if !self.screen.can_ask() {
            return Err(DeployError::Declined { asked: false });
        }
        self.screen.line_to_answer(&what());
        let question = question.to_owned();
        let screen = self.screen.clone();
        let answer = tokio::task::spawn_blocking(move || screen.confirm(&question));
        tokio::select! {
            answer = answer => match answer {
                Ok(Ok(true)) => Ok(Consent::Asked),
                Ok(Err(error)) if error.kind() == ErrorKind::Interrupted => {
                    Err(DeployError::Interrupted)
                }
                _ => Err(DeployError::Declined { asked: true }),
            },
            () = self.context.interrupt.wait() => Err(DeployError::Interrupted),
        }
    }
}

/// How to look at what a local deploy stored.
fn how_to_look(folder: &Path, namespace_id: &str) -> String {
    let folder = folder.display();
    format!(
        "\nLook at it with wrangler, or start `wrangler dev` there:\n  \
         npx wrangler kv key list --local --persist-to {folder} --namespace-id {namespace_id}"
    )
}
