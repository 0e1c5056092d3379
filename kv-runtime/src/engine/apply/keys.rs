//! Writes and deletes keys. The state records each change as done only once it is confirmed.

use std::borrow::Cow;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::time::Instant;

use super::super::error::DeployError;
use super::super::host::Event;
use super::super::observe::Place;
use super::super::plan::{Declared, NamespacePlan, Settled};
use super::super::resolve::DeclaredPair;
use super::change::{Change, Deletion};
use super::checkpoint::Checkpoints;
use super::requests::Requests;
use super::{Apply, Worked};
use crate::state::{KeyRecord, Keys};

/// How often keys are sent until Cloudflare confirms them, before they are reported as unconfirmed.
const ROUNDS: u32 = 5;

impl Apply<'_> {
    /// Writes and deletes keys. Before the first change, the state marks all of them as unconfirmed. If the
    /// outcome of a change is unknown, the next deploy therefore writes the key again if it is declared, and
    /// deletes it if not. The state is saved from time to time; the caller has to save it at the end.
    pub(super) async fn write_keys(
        &mut self,
        target: Worked<'_>,
        plan: &NamespacePlan,
        declared: &Declared<'_>,
    ) -> Result<(), DeployError> {
        let Some(deployment) = self.deployment(target.id) else { return Ok(()) };
        let namespace_id = deployment.namespace_id.clone();
        let changed = declared.puts.iter().map(|pair| pair.key.as_str());
        let changed = changed.chain(plan.delete.iter().map(String::as_str));
        let mut search = deployment.keys().search();
        let before: Keys = changed.filter_map(|key| search.find(key)).cloned().collect();
        let unconfirmed = |pair: &&DeclaredPair| {
            (pair.key.clone(), KeyRecord { confirmed: false, ..pair.record(true) })
        };
        deployment.keys_mut().merge(declared.puts.iter().map(unconfirmed));
        let settled = |settled: &Settled<'_>| {
            (settled.pair.key.clone(), settled.pair.record(settled.written))
        };
        deployment.keys_mut().merge(declared.settled.iter().map(settled));
        deployment.keys_mut().remove(plan.forget.iter().map(String::as_str));
        let mut deletions = Vec::with_capacity(plan.delete.len());
        deployment.keys_mut().change(
            &plan.delete,
            |key| key,
            |key, record| {
                deletions.push(Deletion { key });
                record.confirmed = false;
            },
        );
        let checkpoints = &mut Checkpoints::new(declared.puts.len() + deletions.len());
        self.change(target, &namespace_id, &declared.puts, &before, checkpoints).await?;
        self.change(target, &namespace_id, &deletions, &before, checkpoints).await
    }

    /// Sends changes until each is confirmed. Before the first, saves the state. It gets back its records from
    /// `before` of those that were certainly not made.
    async fn change<C: Change>(
        &mut self,
        target: Worked<'_>,
        namespace_id: &str,
        changes: &[C],
        before: &Keys,
        checkpoints: &mut Checkpoints,
    ) -> Result<(), DeployError> {
        if changes.is_empty() {
            return Ok(());
        }
        let (interrupt, jobs) = (self.interrupt, self.jobs);
        let place = Place { remote: target.remote(), id: target.id, namespace_id, interrupt, jobs };
        let mut open = Cow::Borrowed(changes);
        for round in 0..ROUNDS {
            self.pause_before(round).await?;
            let (mut left, mut untouched, mut failed) = (Vec::new(), Vec::new(), None);
            let mut requests = Requests::new(place, &open);
            if checkpoints.none_saved() {
                let begun = Instant::now();
                // The first requests are built in the meantime, and sent only afterwards.
                let building = async {
                    while requests.build() {
                        tokio::task::yield_now().await;
                    }
                };
                let saved = match select(pin!(self.session.save()), pin!(building)).await {
                    Either::Left((saved, _)) => saved,
                    Either::Right(((), saving)) => saving.await,
                };
                if let Err(error) = saved {
                    if let Some(deployment) = self.deployment(target.id) {
                        deployment.keys_mut().remove(changes.iter().map(C::key));
                        // With those that were to be deleted later.
                        deployment.keys_mut().merge(before.clone());
                    }
                    return Err(error.into());
                }
                checkpoints.saved(begun);
            }
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
                    // Requests in flight continue during the save, because connections are separate tasks.
                    let begun = Instant::now();
                    self.session.save().await?;
                    checkpoints.saved(begun);
                }
            }
            untouched.extend_from_slice(requests.unsent());
            drop(requests);
            self.take_back(target.id, &untouched, before);
            if let Some(error) = failed {
                return Err(DeployError::request(target.id, C::ACTION)(error));
            }
            interrupt.check()?;
            open = Cow::Owned(left);
            if open.is_empty() {
                return Ok(());
            }
        }
        let keys = open.iter().map(|change| change.key().to_owned()).collect();
        Err(DeployError::Unconfirmed { id: target.id.to_owned(), keys })
    }

    fn confirm<C: Change>(&mut self, id: &str, confirmed: &[C]) {
        let Some(deployment) = self.deployment(id) else { return };
        C::confirm(confirmed, deployment.keys_mut());
    }

    fn take_back<C: Change>(&mut self, id: &str, untouched: &[C], before: &Keys) {
        let Some(deployment) = self.deployment(id) else { return };
        deployment.keys_mut().remove(untouched.iter().map(C::key));
        let mut search = before.search();
        let back = untouched.iter().filter_map(|change| search.find(change.key()));
        deployment.keys_mut().merge(back.cloned());
    }

    /// Waits before a round, longer each time.
    async fn pause_before(&self, round: u32) -> Result<(), DeployError> {
        if round > 0 {
            self.host.event(Event::Waiting {
                what: "to send the keys again that Cloudflare did not confirm",
            });
            self.interrupt.sleep(Duration::from_millis(250) * 2_u32.pow(round)).await?;
        }
        Ok(())
    }
}
