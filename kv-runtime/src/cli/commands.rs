//! The commands: each composes the engine's steps and shows what comes of them.

use std::io::ErrorKind;
use std::path::Path;

use serde::Serialize;

use super::args::{Args, Command, Format};
use super::error::CliError;
use super::options::options;
use super::output::{print, print_json};
use super::progress::Progress;
use super::screen::Screen;
use super::status::status;
use super::{CHANGES, DONE, render, wrangler};
use crate::declaration::Declaration;
use crate::engine::{DeployError, Deployed, Interrupt, Plan, Resolved, Run};
use crate::state::Session;

/// Runs the command that was given; the result is the exit code.
pub(super) async fn run(
    args: &Args,
    declarations: &[&'static Declaration],
    screen: &Screen,
    interrupt: &Interrupt,
) -> Result<u8, CliError> {
    let options = |stage: &str| options(args, declarations, stage);
    if let Some(Command::Status { refresh }) = args.command {
        status(args, declarations, options, refresh, screen).await?;
        return Ok(DONE);
    }
    let run = Run::new(declarations, options(args.stage())?).await?;
    let mut command = Running { args, declarations, run, screen, interrupt };
    match &args.command {
        None | Some(Command::Deploy) => command.deploy().await?,
        Some(Command::Plan { detailed_exitcode, .. }) => {
            let changes = command.plan().await?;
            return Ok(if changes && *detailed_exitcode { CHANGES } else { DONE });
        }
        Some(Command::Destroy) => command.destroy().await?,
        Some(Command::Import { imports }) => command.import(imports).await?,
        Some(Command::Unlock) => command.unlock().await?,
        Some(Command::Status { .. }) => {}
    }
    Ok(DONE)
}

/// A command at work.
struct Running<'a> {
    args: &'a Args,
    declarations: &'a [&'static Declaration],
    run: Run,
    screen: &'a Screen,
    interrupt: &'a Interrupt,
}

/// What a deploy prints as JSON.
#[derive(Serialize)]
struct Report<'a> {
    plan: &'a Plan,
    namespaces: &'a [Deployed],
}

impl Running<'_> {
    async fn plan(&mut self) -> Result<bool, CliError> {
        let config = wrangler::config(self.args, self.declarations)?;
        let mut resolved = self.run.resolve()?;
        let state = self.run.read().await?;
        let plan = self.run.plan_deploy(&mut resolved, &state).await?;
        match self.args.format {
            Format::Text => self.screen.line(&render::text(&plan)),
            Format::Json => print_json(&plan)?,
            Format::Markdown => print(&render::markdown(&plan))?,
        }
        if let Some(config) = config {
            wrangler::check(&config, &plan, self.args, self.declarations, self.screen)?;
        }
        Ok(!plan.is_empty())
    }

    async fn deploy(&mut self) -> Result<(), CliError> {
        let config = wrangler::config(self.args, self.declarations)?;
        let mut resolved = self.run.resolve()?;
        let mut session = self.run.open().await?;
        let result = match self.run.plan_deploy(&mut resolved, session.state()).await {
            Ok(plan) => self.apply(&plan, &resolved, &mut session).await.map(|()| plan),
            Err(error) => Err(error.into()),
        };
        let deployed = self.run.deployed(session.state());
        session.close().await?;
        let (plan, deployed) = (result?, deployed?);
        match self.args.format {
            Format::Text => self.show_deployed(&deployed),
            Format::Json => print_json(&Report { plan: &plan, namespaces: &deployed })?,
            Format::Markdown => print(&render::markdown(&plan))?,
        }
        if let Some(config) = config {
            wrangler::update(&config, &deployed, self.run.local_folder(), self.screen)?;
        }
        Ok(())
    }

    async fn destroy(&mut self) -> Result<(), CliError> {
        let mut session = self.run.open().await?;
        let result = match self.run.plan_destroy(session.state()).await {
            Ok(plan) => self.apply(&plan, &[], &mut session).await.map(|()| plan),
            Err(error) => Err(error.into()),
        };
        session.close().await?;
        let plan = result?;
        match self.args.format {
            Format::Text => {}
            Format::Json => print_json(&Report { plan: &plan, namespaces: &[] })?,
            Format::Markdown => print(&render::markdown(&plan))?,
        }
        Ok(())
    }

    /// Shows the plan, asks, and does it.
    async fn apply(
        &mut self,
        plan: &Plan,
        resolved: &[Resolved],
        session: &mut Session,
    ) -> Result<(), CliError> {
        self.screen.line(&render::text(plan));
        self.run.allow(plan)?;
        if !plan.is_empty() && !self.args.yes {
            if self.screen.is_attended() {
                self.ask().await?;
            } else if plan.deletes() {
                return Err(CliError::NobodyToAsk);
            }
        }
        let progress = Progress::new(self.screen);
        self.run.apply(plan, resolved, session, &progress, self.interrupt).await?;
        Ok(())
    }

    /// Asks whether to go on. Ctrl-C is an answer too.
    async fn ask(&self) -> Result<(), CliError> {
        let screen = self.screen.clone();
        let answer = tokio::task::spawn_blocking(move || screen.confirm("Apply this plan?"));
        tokio::select! {
            answer = answer => match answer {
                Ok(Ok(true)) => Ok(()),
                Ok(Err(error)) if error.kind() == ErrorKind::Interrupted => {
                    Err(DeployError::Interrupted.into())
                }
                _ => Err(CliError::Declined),
            },
            () = self.interrupt.wait() => Err(DeployError::Interrupted.into()),
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
            self.screen.say("Stored", &format!("in {}", folder.display()));
            if let Some(deployed) = deployed.iter().max_by_key(|deployed| deployed.keys) {
                self.screen.line(&look(folder, &deployed.namespace_id));
            }
        }
    }

    async fn import(&mut self, imports: &[(String, String)]) -> Result<(), CliError> {
        let mut session = self.run.open().await?;
        let result = self.import_all(imports, &mut session).await;
        session.close().await?;
        result
    }

    async fn import_all(
        &mut self,
        imports: &[(String, String)],
        session: &mut Session,
    ) -> Result<(), CliError> {
        for (id, namespace_id) in imports {
            if session.state().namespaces.contains_key(id) {
                return Err(CliError::Imported(id.clone()));
            }
            let Some(title) = self.run.import(id, namespace_id, session).await? else {
                return Err(CliError::NoSuchNamespace(namespace_id.clone()));
            };
            self.screen.say("Imported", &format!("{id}: {namespace_id} {title:?}"));
        }
        Ok(())
    }

    async fn unlock(&mut self) -> Result<(), CliError> {
        match self.run.unlock().await? {
            Some(holder) => self.screen.say("Unlocked", &format!("what {holder} held")),
            None => self.screen.line("Nobody holds the lock."),
        }
        Ok(())
    }
}

/// How to look at what a local deploy stored.
fn look(folder: &Path, namespace_id: &str) -> String {
    let folder = folder.display();
    format!(
        "\nLook at it with wrangler, or start `wrangler dev` there:\n  \
         npx wrangler kv key list --local --persist-to {folder} --namespace-id {namespace_id}"
    )
}
