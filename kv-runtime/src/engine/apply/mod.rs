//! Applies plans. The state records each step before it happens, and its outcome afterwards, so that the
//! next run can continue wherever this one is interrupted.

mod change;
mod checkpoint;
mod keys;
mod namespace;
mod requests;

use kv_rules::Time;

use super::account::RemoteAccount;
use super::error::DeployError;
use super::host::{Event, Host};
use super::options::Deployer;
use super::plan::{Action, Declared, NamespacePlan};
use super::remote::Remote;
use crate::base::Interrupt;
use crate::state::{Deployment, Record, Session};

/// Applies plans to one state.
pub(super) struct Apply<'a> {
    pub(super) session: &'a mut Session,
    pub(super) host: &'a dyn Host,
    pub(super) interrupt: &'a Interrupt,
    pub(super) deployer: &'a Deployer,
    pub(super) take_over: bool,
    pub(super) jobs: usize,
}

/// The namespace that is being changed.
#[derive(Clone, Copy)]
struct Worked<'a> {
    id: &'a str,
    account: &'a RemoteAccount,
}

impl<'a> Worked<'a> {
    fn remote(self) -> &'a dyn Remote {
        self.account.remote()
    }
}

impl Apply<'_> {
    /// Applies the plan of a declared namespace.
    pub(super) async fn declared(
        &mut self,
        plan: &NamespacePlan,
        declared: &Declared<'_>,
        account: &RemoteAccount,
    ) -> Result<(), DeployError> {
        self.interrupt.check()?;
        let Declared { resolved, updates_state, .. } = declared;
        let target = Worked { id: &plan.id, account };
        self.begin(plan);
        self.restore(target);
        self.reach_namespace(target, plan, &resolved.title).await?;
        let result = self.write_keys(target, plan, declared).await;
        if let Some(deployment) = self.deployment(&plan.id).filter(|_| result.is_ok()) {
            deployment.set_sources(resolved.sources);
        }
        if result.is_err() || !plan.is_empty() || *updates_state {
            let (deployer, take_over) = (self.deployer, self.take_over);
            let delete = resolved.declaration.delete_in(self.session.state().stage());
            if let Some(deployment) = self.deployment(&plan.id) {
                deployment.delete = delete;
                if let Some(claimed) = deployer.claim(&deployment.deployers, take_over) {
                    deployment.deployers = claimed;
                }
                if result.is_err() || !plan.is_empty() {
                    deployment.modified_at = Time::now();
                }
            }
            self.note_repository();
            self.session.save().await?;
        }
        result?;
        self.host.event(Event::Done { id: &plan.id });
        Ok(())
    }

    /// Deletes or retains a namespace, and removes it from the state.
    pub(super) async fn removed(
        &mut self,
        plan: &NamespacePlan,
        account: &RemoteAccount,
    ) -> Result<(), DeployError> {
        self.interrupt.check()?;
        self.begin(plan);
        let target = Worked { id: &plan.id, account };
        if let Action::Destroy { namespace_id, .. } = &plan.action {
            self.destroy(target, namespace_id).await?;
        }
        self.session.state_mut().namespaces.remove(&plan.id);
        self.session.save().await?;
        self.host.event(Event::Done { id: &plan.id });
        Ok(())
    }

    /// Records that this program no longer lists a namespace that other programs list.
    pub(super) async fn left(&mut self, plan: &NamespacePlan) -> Result<(), DeployError> {
        let program = self.deployer.program.as_str();
        let record = self.session.state_mut().namespaces.get_mut(&plan.id);
        if record.is_some_and(|record| record.deployers_mut().remove(program)) {
            self.session.save().await?;
        }
        Ok(())
    }

    fn begin(&self, plan: &NamespacePlan) {
        self.host.event(Event::Begin {
            id: &plan.id,
            action: &plan.action,
            puts: plan.put.len(),
            bytes: plan.bytes(),
            deletes: plan.delete.len(),
        });
    }

    fn deployment(&mut self, id: &str) -> Option<&mut Deployment> {
        match self.session.state_mut().namespaces.get_mut(id) {
            Some(Record::Deployed(deployment)) => Some(deployment),
            _ => None,
        }
    }

    /// Records the package's repository, to distinguish it from another package with the same name.
    fn note_repository(&mut self) {
        if let Some(repository) = &self.deployer.repository {
            self.session.state_mut().repository = Some(repository.clone());
        }
    }
}
