//! Whatever goes wrong with any request: the run recovers, or it fails and the next one converges.

use std::fmt;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use kv_runtime::api::RetryPolicy;
use kv_runtime::{Deploy, DeployError, Namespace};
use kv_test_support::cloudflare::{Answer, Cloudflare, Fault, Kind, Odd, When};
use kv_test_support::declared::{v1, v2};

use crate::stage::{PATIENT, Ran, Stage, declared_pairs};

/// A run in which each request can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scenario {
    /// The first deploy, which has to find its account.
    Create,
    /// A deploy with every kind of change: the title, values, keys added and removed.
    Change,
    /// A destroy.
    Destroy,
    /// A deploy after a namespace left the code.
    Prune,
    /// Existing namespaces with data from others, imported into the state and deployed.
    Import,
    /// A plan that compares every key.
    Refresh,
    /// A deploy that writes again what others changed.
    Repair,
}

/// One way in which a scenario goes wrong.
#[derive(Clone)]
struct Case {
    scenario: Scenario,
    kind: Kind,
    when: When,
    fault: Fault,
}

/// How a run ended: with its output if it failed.
type Ended = Result<(), String>;

impl Scenario {
    const IN_RUST: [Self; 3] = [Self::Create, Self::Change, Self::Destroy];
    const BY_COMMAND: [Self; 4] = [Self::Prune, Self::Import, Self::Refresh, Self::Repair];

    fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Create => &[Kind::Accounts, Kind::List, Kind::Create, Kind::BulkPut],
            Self::Change => &[
                Kind::Get,
                Kind::List,
                Kind::Rename,
                Kind::BulkGet,
                Kind::BulkPut,
                Kind::BulkDelete,
            ],
            Self::Destroy | Self::Prune => &[Kind::Get, Kind::Keys, Kind::Delete],
            Self::Import => {
                &[Kind::Get, Kind::List, Kind::Rename, Kind::BulkGet, Kind::BulkPut, Kind::Create]
            }
            Self::Refresh => &[Kind::Get, Kind::BulkGet],
            Self::Repair => &[Kind::Get, Kind::BulkGet, Kind::BulkPut],
        }
    }

    async fn prepare(self, stage: &Stage<'_>) {
        match self {
            Self::Create => {}
            Self::Change | Self::Destroy => {
                stage.deploy::<v1::Sessions>().await.unwrap();
                stage.deploy::<v1::Users>().await.unwrap();
                stage.age();
            }
            Self::Prune => {
                stage.run("v1", &["--yes"]).expect(0);
                stage.age();
            }
            Self::Import => {
                stage.cloudflare.storage().create("of others").unwrap();
                stage.cloudflare.put("of others", "greeting", "theirs");
                stage.cloudflare.put("of others", "unrelated", "theirs too");
            }
            Self::Refresh | Self::Repair => {
                stage.run("v1", &["--yes"]).expect(0);
                stage.age();
                stage.cloudflare.put("user-sessions", "greeting", "changed by others");
            }
        }
    }

    async fn run(self, stage: &Stage<'_>, policy: RetryPolicy) -> Ended {
        fn nameless<N: Namespace>(stage: &Stage<'_>, policy: RetryPolicy) -> Deploy<N> {
            let deploy = Deploy::new().app("tests").state(stage.store()).retry(policy);
            deploy
                .base_url(stage.cloudflare.base_url())
                .api_token(kv_test_support::cloudflare::TOKEN)
        }
        let said = |error: DeployError| format!("{error:?}");
        match self {
            Self::Create => {
                nameless::<v1::Sessions>(stage, policy).await.map_err(said)?;
                nameless::<v1::Users>(stage, policy).await.map_err(said)?;
            }
            Self::Change => {
                stage.deploy::<v2::Sessions>().retry(policy).await.map_err(said)?;
                stage.deploy::<v2::Users>().retry(policy).await.map_err(said)?;
            }
            Self::Destroy => {
                stage.deploy::<v1::Sessions>().retry(policy).destroy().await.map_err(said)?;
                stage.deploy::<v1::Users>().retry(policy).destroy().await.map_err(said)?;
            }
            Self::Prune => command(stage, policy, "v1-without-sessions", &["--yes"])?,
            Self::Import => {
                let imported =
                    stage.document().exists() && stage.state().namespaces.contains_key("sessions");
                if !imported {
                    let id = stage.cloudflare.namespace("of others").id;
                    command(stage, policy, "v1", &["import", &format!("sessions={id}")])?;
                }
                command(stage, policy, "v1", &["--yes"])?;
            }
            Self::Refresh => command(stage, policy, "v1", &["plan", "--refresh"])?,
            Self::Repair => command(stage, policy, "v1", &["--yes", "--repair"])?,
        }
        Ok(())
    }

    fn assert_done(self, stage: &Stage<'_>) {
        match self {
            Self::Create | Self::Repair => stage.assert_stored("v1"),
            Self::Change => stage.assert_stored("v2"),
            Self::Prune => stage.assert_stored("v1-without-sessions"),
            Self::Destroy => {
                assert_eq!(stage.cloudflare.titles(), [""; 0]);
                assert!(stage.state().namespaces.is_empty());
            }
            Self::Import => {
                let mut expected = declared_pairs(<v1::Sessions as Namespace>::DECLARATION);
                expected.insert("unrelated".to_owned(), "theirs too".to_owned());
                assert_eq!(stage.cloudflare.pairs("user-sessions"), expected);
                assert_eq!(stage.cloudflare.titles(), ["user-data", "user-sessions"]);
            }
            Self::Refresh => {
                let greeting = &stage.cloudflare.pairs("user-sessions")["greeting"];
                assert_eq!(greeting, "changed by others");
            }
        }
    }
}

/// Runs a command that should succeed, and returns its output if it does not.
fn command(stage: &Stage<'_>, policy: RetryPolicy, declarations: &str, args: &[&str]) -> Ended {
    let mut command = stage.command(declarations, args);
    command.env("FIXTURE_PATIENCE", policy.total.as_millis().to_string());
    command.env("FIXTURE_TIMEOUT", policy.request_timeout.as_millis().to_string());
    // Many cases run at once, and waiting here would block them.
    let ran = Ran::from(tokio::task::block_in_place(|| command.output()).unwrap());
    match ran.code {
        Some(0) => Ok(()),
        Some(1) => Err(ran.stderr),
        code => panic!("exit {code:?}: {}", ran.stderr),
    }
}

/// Every way in which a request of that kind goes wrong.
fn faults(kind: Kind) -> Vec<Fault> {
    let refusals = [Answer::TooMany(None), Answer::TooMany(Some(0)), Answer::TooMany(Some(300))];
    let mut faults: Vec<_> =
        refusals.into_iter().map(|answer| Fault { applied: false, answer }).collect();
    let mut either = vec![
        Answer::Internal,
        Answer::BadGateway,
        Answer::Page,
        Answer::Truncated,
        Answer::Cut,
        Answer::Stalled,
    ];
    match kind {
        Kind::BulkPut | Kind::BulkDelete => {
            faults.push(Fault { applied: true, answer: Answer::Partial });
            either.extend(Odd::ALL.map(Answer::Odd));
        }
        Kind::Keys => faults.push(Fault { applied: false, answer: Answer::Circle }),
        Kind::List => faults.push(Fault { applied: false, answer: Answer::Twice }),
        _ => {}
    }
    for answer in either {
        faults.push(Fault { applied: false, answer: answer.clone() });
        if kind.writes() {
            faults.push(Fault { applied: true, answer });
        }
    }
    faults
}

impl Case {
    /// Waits of milliseconds. A fault that never ends fails at once; a stalled request times out soon.
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

    /// Whether the run has to recover.
    fn recovers(&self) -> bool {
        let is_refused = matches!(
            self.fault.answer,
            Answer::TooMany(Some(300)) | Answer::Circle | Answer::Twice
        );
        self.when != When::Always && !is_refused
    }

    /// Whether the run may succeed although the fault never ends: reading the keys shows that they were
    /// written or deleted, whatever the answers say, and duplicate titles in a list may not be the ones
    /// looked for.
    fn is_seen_through(&self) -> bool {
        let odd = matches!(self.fault.answer, Answer::Odd(_));
        (self.fault.applied && odd) || matches!(self.fault.answer, Answer::Twice)
    }

    async fn prove(self) {
        let cloudflare = Cloudflare::start();
        let stage = Stage::new(&cloudflare);
        self.scenario.prepare(&stage).await;
        drop(cloudflare.take_requests());
        cloudflare.fail(self.kind, self.when, self.fault.clone());
        let result = self.scenario.run(&stage, self.policy()).await;
        let met = cloudflare.take_requests().iter().any(|request| request.kind == self.kind);
        // Without retries, a run on a busy machine can end before it meets its fault.
        assert!(met || self.when == When::Always);
        cloudflare.heal();
        match &result {
            Ok(()) => self.scenario.assert_done(&stage),
            Err(error) => assert!(!self.recovers(), "{error}"),
        }
        if self.when == When::Always && !self.fault.applied && !self.is_seen_through() {
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

async fn prove(scenarios: &[Scenario], when: When) {
    let mut cases = Vec::new();
    for scenario in scenarios.iter().copied() {
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
    prove(&Scenario::IN_RUST, When::Nth(0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_a_later_request_of_any_kind_is_survived() {
    prove(&Scenario::IN_RUST, When::Nth(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_does_not_end_fails_the_run_and_the_next_one_converges() {
    prove(&Scenario::IN_RUST, When::Always).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_any_request_of_a_command_is_survived() {
    prove(&Scenario::BY_COMMAND, When::Nth(0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_does_not_end_fails_a_command_and_the_next_one_converges() {
    prove(&Scenario::BY_COMMAND, When::Always).await;
}
