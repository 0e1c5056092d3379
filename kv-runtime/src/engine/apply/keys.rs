//! Writing and deleting keys, each confirmed before the state says that it is done.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::time::Instant;

use super::super::error::DeployError;
use super::super::host::Event;
use super::super::observe::{Place, Stored, Written, compare, present};
use super::super::plan::{Declared, NamespacePlan, Put};
use super::super::remote::{Confirmation, RemoteError};
use super::super::wait;
use super::bulk::{PutBatch, Requests, put_batches};
use super::checkpoint::Checkpoints;
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
        for Put { pair, record } in &declared.settled {
            deployment.keys.insert(pair.key.clone(), *record);
        }
        for key in &plan.forget {
            deployment.keys.remove(key.as_str());
        }
        for key in &plan.delete {
            if let Some(record) = deployment.keys.get_mut(key.as_str()) {
                record.confirmed = false;
            }
        }
        if !plan.is_empty() {
            deployment.declared = None;
            self.session.save().await?;
        }
        self.put(target, &namespace_id, &declared.puts).await?;
        self.delete(target, &namespace_id, &plan.delete).await
    }

    async fn put(
        &mut self,
        target: Worked<'_>,
        namespace_id: &str,
        puts: &[Put<'_>],
    ) -> Result<(), DeployError> {
        let place = self.place(target, namespace_id);
        let (jobs, interrupt) = (self.jobs, self.interrupt);
        let mut open = puts.to_vec();
        let mut checkpoints = Checkpoints::new(open.len());
        for round in 0..ROUNDS {
            self.pause_before(round).await?;
            let mut left = Vec::new();
            let batches = put_batches(target.remote(), &open);
            let requests = batches.map(|batch| put_batch(place, batch).boxed());
            let mut requests = Requests::new(requests, jobs, interrupt);
            while let Some((batch, failed)) = requests.next().await {
                let (mut keys, mut bytes) = (0, 0);
                for put in batch.puts {
                    if failed.contains(put.pair.key.as_ref()) {
                        left.push(*put);
                        continue;
                    }
                    keys += 1;
                    bytes += put.pair.value.len() as u64;
                    self.confirm(target.id, &put.pair.key);
                }
                self.host.event(Event::Put { keys, bytes });
                if checkpoints.is_due(keys) {
                    // Meanwhile what is in flight goes on: connections are tasks of their own.
                    let begun = Instant::now();
                    self.session.save().await?;
                    checkpoints.saved(begun);
                }
            }
            requests.finish().map_err(DeployError::request(target.id, "write keys"))?;
            self.interrupt.check()?;
            open = left;
            if open.is_empty() {
                return Ok(());
            }
        }
        let keys = open.iter().map(|put| put.pair.key.to_string()).collect();
        Err(DeployError::Unconfirmed { id: target.id.to_owned(), keys })
    }

    fn confirm(&mut self, id: &str, key: &str) {
        let record = self.deployment(id).and_then(|deployment| deployment.keys.get_mut(key));
        if let Some(record) = record {
            record.confirmed = true;
        }
    }

    async fn delete(
        &mut self,
        target: Worked<'_>,
        namespace_id: &str,
        keys: &[String],
    ) -> Result<(), DeployError> {
        let place = self.place(target, namespace_id);
        let (jobs, interrupt) = (self.jobs, self.interrupt);
        let mut open: Vec<&str> = keys.iter().map(String::as_str).collect();
        for round in 0..ROUNDS {
            self.pause_before(round).await?;
            let mut left = Vec::new();
            let requests = open
                .chunks(kv_rules::MAX_BULK_PAIRS)
                .map(|batch| delete_batch(place, batch).boxed());
            let mut requests = Requests::new(requests, jobs, interrupt);
            while let Some((batch, failed)) = requests.next().await {
                let mut deleted = 0;
                for key in batch {
                    if failed.contains(*key) {
                        left.push(*key);
                        continue;
                    }
                    deleted += 1;
                    if let Some(deployment) = self.deployment(target.id) {
                        deployment.keys.remove(*key);
                    }
                }
                self.host.event(Event::Deleted { keys: deleted });
            }
            requests.finish().map_err(DeployError::request(target.id, "delete keys"))?;
            self.interrupt.check()?;
            open = left;
            if open.is_empty() {
                return Ok(());
            }
        }
        let keys = open.into_iter().map(str::to_owned).collect();
        Err(DeployError::Unconfirmed { id: target.id.to_owned(), keys })
    }

    fn place<'a>(&self, target: Worked<'a>, namespace_id: &'a str) -> Place<'a>
    where
        Self: 'a,
    {
        let (interrupt, jobs) = (self.interrupt, self.jobs);
        Place { remote: target.remote(), id: target.id, namespace_id, interrupt, jobs }
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

/// Writes a batch and gives the keys that are not confirmed.
async fn put_batch<'a, 'p>(
    place: Place<'_>,
    batch: PutBatch<'a, 'p>,
) -> (PutBatch<'a, 'p>, Result<HashSet<String>, RemoteError>) {
    let failed = try_put(place, &batch).await;
    (batch, failed)
}

async fn try_put(
    place: Place<'_>,
    batch: &PutBatch<'_, '_>,
) -> Result<HashSet<String>, RemoteError> {
    let begun = Timestamp::now();
    let put = || place.remote.bulk_put(place.namespace_id, &batch.pairs);
    if let Confirmation::AllBut(failed) = wait::while_unseen(place.interrupt, put).await? {
        return Ok(failed.into_iter().collect());
    }
    // The answer does not say what was written: what is stored does.
    let pairs: Vec<_> = batch.puts.iter().map(|put| put.pair).collect();
    let stored = compare(place, &pairs, Written::Since(begun)).await?;
    let failed = pairs.iter().zip(stored).filter(|(_, stored)| *stored != Stored::Same);
    Ok(failed.map(|(pair, _)| pair.key.to_string()).collect())
}

/// Deletes a batch and gives the keys that are not confirmed to be gone.
async fn delete_batch<'a, 'k>(
    place: Place<'_>,
    batch: &'a [&'k str],
) -> (&'a [&'k str], Result<HashSet<String>, RemoteError>) {
    (batch, try_delete(place, batch).await)
}

async fn try_delete(place: Place<'_>, batch: &[&str]) -> Result<HashSet<String>, RemoteError> {
    let delete = || place.remote.bulk_delete(place.namespace_id, batch);
    if let Confirmation::AllBut(failed) = wait::while_unseen(place.interrupt, delete).await? {
        return Ok(failed.into_iter().collect());
    }
    // The answer does not say what was deleted: what is stored does.
    present(place, batch).await
}
