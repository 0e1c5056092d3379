//! Writing and deleting keys, each confirmed before the state says that it is done.

use std::time::Duration;

use tokio::time::Instant;

use super::super::error::DeployError;
use super::super::host::Event;
use super::super::observe::Place;
use super::super::plan::{Declared, NamespacePlan, Put};
use super::change::{Change, Deletion};
use super::checkpoint::Checkpoints;
use super::requests::Requests;
use super::{Apply, Worked};
use crate::state::KeyRecord;

/// How often keys that Cloudflare did not confirm are sent again before they are reported.
const ROUNDS: u32 = 5;

impl Apply<'_> {
    /// Writes and deletes keys. The state says of each that it is not confirmed before the first is
    /// written or deleted, so that one whose outcome is not known is written again when it is
    /// declared and deleted when it is not. It is saved now and then in between; what is still to be
    /// saved at the end is left to the caller.
    pub(super) async fn write_keys(
        &mut self,
        target: Worked<'_>,
        plan: &NamespacePlan,
        declared: &Declared<'_>,
    ) -> Result<(), DeployError> {
        let Some(deployment) = self.deployment(target.id) else { return Ok(()) };
        let namespace_id = deployment.namespace_id.clone();
        let unconfirmed =
            |put: &Put<'_>| (put.pair.key.clone(), KeyRecord { confirmed: false, ..put.record });
        // Merged as a whole, which many keys need to be fast.
        deployment.keys.append(&mut declared.puts.iter().map(unconfirmed).collect());
        for Put { pair, record, .. } in &declared.settled {
            deployment.keys.insert(pair.key.clone(), *record);
        }
        for key in &plan.forget {
            deployment.keys.remove(key.as_str());
        }
        let mut deletions = Vec::with_capacity(plan.delete.len());
        for key in &plan.delete {
            if let Some(record) = deployment.keys.get_mut(key.as_str()) {
                deletions.push(Deletion { key, before: *record });
                record.confirmed = false;
            }
        }
        if !plan.is_empty() {
            self.session.save().await?;
        }
        self.change(target, &namespace_id, &declared.puts).await?;
        self.change(target, &namespace_id, &deletions).await
    }

    /// Sends changes until each is confirmed. Those that surely were not made are taken back from
    /// the state.
    async fn change<C: Change>(
        &mut self,
        target: Worked<'_>,
        namespace_id: &str,
        changes: &[C],
    ) -> Result<(), DeployError> {
        let (interrupt, jobs) = (self.interrupt, self.jobs);
        let place = Place { remote: target.remote(), id: target.id, namespace_id, interrupt, jobs };
        let mut open = changes.to_vec();
        let mut checkpoints = Checkpoints::new(open.len());
        for round in 0..ROUNDS {
            self.pause_before(round).await?;
            let (mut left, mut untouched, mut failed) = (Vec::new(), Vec::new(), None);
            let mut requests = Requests::new(place, &open);
            while let Some((batch, answer)) = requests.next().await {
                let unconfirmed = match answer {
                    Ok(unconfirmed) => unconfirmed,
                    Err(error) => {
                        requests.stop();
                        if !error.outcome_unknown() {
                            untouched.extend_from_slice(batch);
                        }
                        failed.get_or_insert(error);
                        continue;
                    }
                };
                let mut confirmed = Vec::with_capacity(batch.len());
                for change in batch {
                    let is_open = unconfirmed.contains(change.key());
                    if is_open { left.push(*change) } else { confirmed.push(*change) }
                }
                self.confirm(target.id, &confirmed);
                self.host.event(C::event(&confirmed));
                if checkpoints.is_due(confirmed.len()) {
                    // Meanwhile what is in flight goes on: connections are tasks of their own.
                    let begun = Instant::now();
                    self.session.save().await?;
                    checkpoints.saved(begun);
                }
            }
            untouched.extend_from_slice(requests.unsent());
            drop(requests);
            self.take_back(target.id, &untouched);
            if let Some(error) = failed {
                return Err(DeployError::request(target.id, C::ACTION)(error));
            }
            interrupt.check()?;
            open = left;
            if open.is_empty() {
                return Ok(());
            }
        }
        let keys = open.iter().map(|change| change.key().to_owned()).collect();
        Err(DeployError::Unconfirmed { id: target.id.to_owned(), keys })
    }

    fn confirm<C: Change>(&mut self, id: &str, confirmed: &[C]) {
        let Some(deployment) = self.deployment(id) else { return };
        for change in confirmed {
            change.confirm(&mut deployment.keys);
        }
    }

    fn take_back<C: Change>(&mut self, id: &str, untouched: &[C]) {
        let Some(deployment) = self.deployment(id) else { return };
        for change in untouched {
            change.take_back(&mut deployment.keys);
        }
    }

    /// Waits longer before each further round.
    async fn pause_before(&self, round: u32) -> Result<(), DeployError> {
        if round > 0 {
            self.host
                .event(Event::Waiting { what: "sending again what Cloudflare did not confirm" });
            self.interrupt.sleep(Duration::from_millis(250) * 2_u32.pow(round)).await?;
        }
        Ok(())
    }
}
