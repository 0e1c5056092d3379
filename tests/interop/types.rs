//! The real TypeScript compiler takes what `deploy types` writes, and refuses what is not declared.

use std::path::Path;
use std::process::Command;

use crate::tools::{cargo_run, node};

/// Each expected error is one: the compiler also refuses an expectation that nothing meets.
const USES: &str = r#"
import type { AssetsNamespace, ExistingNamespace, SessionsKey, SessionsNamespace } from "./kv";

declare const env: { SESSIONS: unknown; ASSETS: unknown; EXISTING: unknown };
const sessions = env.SESSIONS as SessionsNamespace;
const assets = env.ASSETS as AssetsNamespace;
const existing = env.EXISTING as ExistingNamespace;

export async function uses(): Promise<string> {
  const session = await sessions.get("session_123", "json");
  const role: string = session?.role ?? "";
  const script: string | null = await assets.get("main.js");
  const { value, metadata } = await assets.getWithMetadata<{ etag: string }>("main.js");
  const config = await existing.get("config", "json");
  const key: SessionsKey = "session_123";
  await sessions.put(key, JSON.stringify({ userId: "u", role }), { expirationTtl: 60 });
  const { keys } = await sessions.list({ prefix: "session_" });
  // @ts-expect-error: there is no such key
  await sessions.get("session_124", "json");
  // @ts-expect-error: the value is JSON
  await sessions.get("session_123", "text");
  // @ts-expect-error: a session has no such member
  session?.name;
  // @ts-expect-error: there is no such key
  await assets.put("other.js", "");
  return `${script} ${value} ${metadata?.etag} ${config?.setting} ${keys.length}`;
}
"#;

const USES_OF_SCHEMAS: &str = r#"
import type { AccountsNamespace, GuestsNamespace, GuestsUser, Plan, User } from "./kv";

declare const env: { ACCOUNTS: unknown; GUESTS: unknown };
const accounts = env.ACCOUNTS as AccountsNamespace;
const guests = env.GUESTS as GuestsNamespace;

function seats(plan: Plan): number {
  switch (plan.kind) {
    case "free":
      return 1;
    case "paid":
      // @ts-expect-error: a period is one of two
      plan.every === "day";
      return plan.seats;
  }
}

export async function uses(id: string): Promise<number> {
  const user: User | null = await accounts.get(`user:${id}`, "json");
  const founder: User | null = await accounts.get("founder", "json");
  const { metadata } = await accounts.getWithMetadata(`user:${id}`, "json");
  const country: string | undefined = metadata?.country;
  const guest: GuestsUser | null = await guests.get(`guest:${id}`, "json");
  const invited: string = user?.invited?.[0]?.displayName ?? founder?.displayName ?? `${country}`;
  const [from, to]: [number, number] = user?.hours["monday"] ?? [0, 0];
  // @ts-expect-error: a plan has a kind
  const broken: User = { displayName: "x", plan: {}, hours: {} };
  // @ts-expect-error: a guest has no name
  guest?.displayName;
  return seats(user?.plan ?? { kind: "free" }) + invited.length + from + to + (guest?.id ?? 0);
}
"#;

#[test]
fn typescript_takes_the_types_and_refuses_what_is_not_declared() {
    let mut reference = cargo_run("reference", "deploy");
    check(&mut reference, USES);
}

#[test]
fn typescript_knows_the_types_that_derive_a_schema() {
    let mut fixture = cargo_run("tests", "fixture");
    check(fixture.env("FIXTURE", "schemas"), USES_OF_SCHEMAS);
}

/// Compiles uses of the types that a binary writes.
fn check(deploy: &mut Command, uses: &str) {
    let folder = tempfile::tempdir().unwrap();
    let types = folder.path().join("kv.ts");
    let written = deploy.args(["types", "--typescript"]).arg(&types).output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    std::fs::write(folder.path().join("uses.ts"), uses).unwrap();
    let checked = node(Path::new("node_modules/typescript/bin/tsc"))
        .args(["--noEmit", "--strict", "--target", "es2022", "--module", "esnext"])
        .args(["--moduleResolution", "bundler", "--lib", "es2022,dom"])
        .arg("uses.ts")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{said}");
}
