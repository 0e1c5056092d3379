//! Whatever goes wrong with any request: the run recovers, or it fails and the next one converges.

use std::fmt;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use kv_runtime::api::RetryPolicy;
use kv_runtime::{Deploy, DeployError, Namespace};
use tests::cloudflare::{Answer, Cloudflare, Fault, Kind, When};
use tests::declared::{v1, v2};

use crate::stage::{PATIENT, Stage};

/// A run of which each request can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scenario {
    /// The first deploy, which has to find its account.
    Create,
    /// A deploy of what changed in every way: title, values, keys that came and went.
    Change,
    /// The end.
    Destroy,
}

/// One way in which a scenario goes wrong.
#[derive(Clone)]
struct Case {
    scenario: Scenario,
    kind: Kind,
    when: When,
    fault: Fault,
}

impl Scenario {
    fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Create => &[Kind::Accounts, Kind::List, Kind::Create, Kind::BulkPut],
            Self::Change => {
                &[Kind::Get, Kind::List, Kind::Rename, Kind::Keys, Kind::BulkPut, Kind::BulkDelete]
            }
            Self::Destroy => &[Kind::Get, Kind::Keys, Kind::Delete],
        }
    }

    async fn prepare(self, stage: &Stage<'_>) {
        if self != Self::Create {
            stage.deploy::<v1::Sessions>().await.unwrap();
            stage.deploy::<v1::Users>().await.unwrap();
            stage.age();
        }
    }

    async fn run(self, stage: &Stage<'_>, policy: RetryPolicy) -> Result<(), DeployError> {
        fn nameless<N: Namespace>(stage: &Stage<'_>, policy: RetryPolicy) -> Deploy<N> {
            let deploy = Deploy::new().app("tests").state(stage.store()).retry(policy);
            deploy.base_url(stage.cloudflare.base_url()).api_token(tests::cloudflare::TOKEN)
        }
        match self {
            Self::Create => {
                nameless::<v1::Sessions>(stage, policy).await?;
                nameless::<v1::Users>(stage, policy).await?;
            }
            Self::Change => {
                stage.deploy::<v2::Sessions>().retry(policy).await?;
                stage.deploy::<v2::Users>().retry(policy).await?;
            }
            Self::Destroy => {
                stage.deploy::<v1::Sessions>().retry(policy).destroy().await?;
                stage.deploy::<v1::Users>().retry(policy).destroy().await?;
            }
        }
        Ok(())
    }

    fn assert_done(self, stage: &Stage<'_>) {
        match self {
            Self::Create => stage.assert_stored("v1"),
            Self::Change => stage.assert_stored("v2"),
            Self::Destroy => {
                assert_eq!(stage.cloudflare.titles(), [""; 0]);
                assert!(stage.state().namespaces.is_empty());
            }
        }
    }
}

/// Every way in which a request of that kind goes wrong.
fn faults(kind: Kind) -> Vec<Fault> {
    let refusals = [Answer::TooMany(None), Answer::TooMany(Some(0)), Answer::TooMany(Some(300))];
    let mut faults: Vec<_> =
        refusals.into_iter().map(|answer| Fault { applied: false, answer }).collect();
    for answer in [
        Answer::Internal,
        Answer::BadGateway,
        Answer::Page,
        Answer::Truncated,
        Answer::Cut,
        Answer::Stalled,
    ] {
        faults.push(Fault { applied: false, answer: answer.clone() });
        if kind.writes() {
            faults.push(Fault { applied: true, answer });
        }
    }
    if matches!(kind, Kind::BulkPut | Kind::BulkDelete) {
        faults.push(Fault { applied: true, answer: Answer::Partial });
    }
    faults
}

impl Case {
    /// Waits of milliseconds. What never heals is given up at once; a stalled request is ended soon.
    fn policy(&self) -> RetryPolicy {
        let mut policy = PATIENT;
        if self.when == When::Always {
            policy.total = Duration::from_millis(20);
        }
        if matches!(self.fault.answer, Answer::Stalled) {
            policy.request_timeout = Duration::from_millis(300);
        }
        policy
    }

    /// Whether the run has to get over it.
    fn recovers(&self) -> bool {
        self.when != When::Always && !matches!(self.fault.answer, Answer::TooMany(Some(300)))
    }

    async fn prove(self) {
        let cloudflare = Cloudflare::start();
        let stage = Stage::new(&cloudflare);
        self.scenario.prepare(&stage).await;
        drop(cloudflare.take_requests());
        cloudflare.fail(self.kind, self.when, self.fault.clone());
        let result = self.scenario.run(&stage, self.policy()).await;
        let met = cloudflare.take_requests().iter().any(|request| request.kind == self.kind);
        // Where nothing is tried twice, a busy machine can end a run before it meets its fault.
        assert!(met || self.when == When::Always);
        cloudflare.heal();
        match &result {
            Ok(()) => self.scenario.assert_done(&stage),
            Err(error) => assert!(!self.recovers(), "{error:?}"),
        }
        if self.when == When::Always && !self.fault.applied {
            assert!(result.is_err());
        }
        if result.is_err() && stage.document().exists() && self.scenario == Scenario::Destroy {
            stage.age();
        }
        self.scenario.run(&stage, PATIENT).await.unwrap();
        self.scenario.assert_done(&stage);
        drop(cloudflare.take_requests());
        self.scenario.run(&stage, PATIENT).await.unwrap();
        let requests = cloudflare.take_requests();
        assert!(!requests.iter().any(|request| request.kind.writes()), "{requests:?}");
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, kind, when, fault } = self;
        write!(f, "{scenario:?}: {when:?} {kind:?} answers {fault:?}")
    }
}

async fn prove(when: When) {
    let mut cases = Vec::new();
    for scenario in [Scenario::Create, Scenario::Change, Scenario::Destroy] {
        for kind in scenario.kinds().iter().copied() {
            for fault in faults(kind) {
                cases.push(Case { scenario, kind, when, fault });
            }
        }
    }
    let run = |case: Case| async move {
        let name = case.to_string();
        (tokio::spawn(case.prove()).await.is_err()).then_some(name)
    };
    let failed = stream::iter(cases).map(run).buffer_unordered(24);
    let failed: Vec<_> = failed.filter_map(async |failed| failed).collect().await;
    assert!(failed.is_empty(), "{} cases failed:\n{}", failed.len(), failed.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_first_request_of_any_kind_is_survived() {
    prove(When::Nth(0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_a_later_request_of_any_kind_is_survived() {
    prove(When::Nth(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_does_not_end_fails_the_run_and_the_next_one_converges() {
    prove(When::Always).await;
}
