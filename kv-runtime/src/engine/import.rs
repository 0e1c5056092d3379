//! Imports existing namespaces into the state.

use super::error::DeployError;
use super::host::Host;
use super::run::{Run, close};
use crate::state::{Deployment, Origin, Record, Session, State};

impl Run {
    /// Imports existing namespaces into the state and returns their titles.
    pub(crate) async fn import(
        &mut self,
        imports: &[(String, String)],
        host: &dyn Host,
    ) -> Result<Vec<String>, DeployError> {
        self.check_beginning(self.find_state().await?.as_ref()).await?;
        let mut session = self.open(host).await?;
        let result = self.import_in(&mut session, imports).await;
        close(session, result).await
    }

    async fn import_in(
        &mut self,
        session: &mut Session,
        imports: &[(String, String)],
    ) -> Result<Vec<String>, DeployError> {
        self.check_repository(session.state())?;
        let mut titles = Vec::new();
        for (id, namespace_id) in imports {
            let deployment = self.look_up(id, namespace_id, session.state()).await?;
            titles.push(deployment.title.clone());
            session.state_mut().namespaces.insert(id.clone(), Record::Deployed(deployment));
        }
        // All or none: the state is saved only after all were found.
        session.save().await?;
        Ok(titles)
    }

    /// Looks up an existing namespace, and returns its record for the state.
    async fn look_up(
        &mut self,
        id: &str,
        namespace_id: &str,
        state: &State,
    ) -> Result<Deployment, DeployError> {
        if self.declarations.iter().all(|declaration| declaration.id != id) {
            let known = self.declared_ids.iter().copied().map(str::to_owned).collect();
            return Err(DeployError::UnknownId { id: id.to_owned(), known });
        }
        if state.namespaces.contains_key(id) {
            return Err(DeployError::Imported(id.to_owned()));
        }
        let account = self.connect(id, None).await?;
        let found = account.remote().get(namespace_id).await;
        let found = found.map_err(DeployError::request(id, "look the namespace up"))?;
        let info = found.ok_or_else(|| DeployError::NoSuchNamespace(namespace_id.to_owned()))?;
        if let Some(owner) = state.owner(&info.id) {
            let (id, owner) = (id.to_owned(), owner.to_owned());
            return Err(DeployError::NamespaceOwned { id, namespace_id: info.id, owner });
        }
        let title = self.redact(&info.title);
        let (account_id, server) = (account.remote().account_id(), account.remote().server());
        let mut deployment = Deployment::new(info.id, title, account_id, server, Origin::Adopted);
        deployment.deployers.insert(self.options.deployer.program.clone());
        Ok(deployment)
    }
}
