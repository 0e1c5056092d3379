//! The real TypeScript compiler takes what `deploy types` writes, and refuses what is not declared.

use std::path::Path;
use std::process::Command;

use crate::tools::{cargo_run, node, workspace};

/// Each expected error is one: the compiler also refuses an expectation that nothing meets.
const USES: &str = r#"
import type { AssetsNamespace, ExistingNamespace, SessionsKey, SessionsNamespace } from "./kv";

declare const env: { SESSIONS: KVNamespace; ASSETS: KVNamespace; EXISTING: KVNamespace };
const sessions = env.SESSIONS as SessionsNamespace;
const assets = env.ASSETS as AssetsNamespace;
const existing = env.EXISTING as ExistingNamespace;

export async function uses(): Promise<string> {
  const session = await sessions.get("session_123", "json");
  const role: string = session?.role ?? "";
  const script: string | null = await assets.get("main.js");
  const { value, metadata, cacheStatus } = await assets.getWithMetadata("main.js");
  const config = await existing.get("config", { type: "json", cacheTtl: 60 });
  const key: SessionsKey = "session_123";
  await sessions.put(key, JSON.stringify({ userId: "u", role }), { expirationTtl: 60 });
  const { keys } = await sessions.list({ prefix: "session_" });
  const all: Array<{ role: string } | null> =
    await Promise.all(keys.map(({ name }) => sessions.get(name, "json")));
  const bytes: ArrayBuffer | null = await assets.get("main.js", "arrayBuffer");
  const stream: ReadableStream | null = await assets.get("main.js", "stream");
  // @ts-expect-error: there is no such key
  await sessions.get("session_124", "json");
  // @ts-expect-error: the value is JSON
  await sessions.get("session_123", "text");
  // @ts-expect-error: a session has no such member
  session?.name;
  // @ts-expect-error: there is no such key
  await assets.put("other.js", "");
  return `${script} ${value} ${metadata} ${cacheStatus} ${config?.setting} ${all} ${bytes} ${stream}`;
}
"#;

const USES_OF_SCHEMAS: &str = r#"
import type {
  AccountsKey, AccountsNamespace, AccountsUser, AnythingNamespace, GuestsNamespace, GuestsUser, Plan,
} from "./kv";

declare const env: { ACCOUNTS: KVNamespace; GUESTS: KVNamespace; ANYTHING: KVNamespace };
const accounts = env.ACCOUNTS as AccountsNamespace;
const guests = env.GUESTS as GuestsNamespace;
const anything = env.ANYTHING as AnythingNamespace;

function used(...values: unknown[]): void {
  values.length;
}

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

export async function uses(id: string, page: number): Promise<number> {
  const user: AccountsUser | null = await accounts.get(`user:${id}`, "json");
  const founder: AccountsUser | null = await accounts.get("founder", "json");
  const { metadata } = await accounts.getWithMetadata(`user:${id}`, "json");
  const country: string | undefined = metadata?.country;
  const guest: GuestsUser | null = await guests.get(`guest:${id}`, "json");
  const invited: string = user?.invited?.[0]?.displayName ?? founder?.displayName ?? `${country}`;
  const [from, to]: [number, number] = user?.hours["monday"] ?? [0, 0];
  const place: [number, number, number] | undefined = user?.home?.position;
  const open: boolean | undefined = user?.home?.days["1"];
  const other: unknown = user?.home?.["else"];
  const periods: Array<"month" | "year"> | undefined = (await accounts.get(`page:${page}`, "json"))?.items;
  const color: string | Record<string, unknown> | null = await accounts.get(`color:${id}`, "json");
  const menu = await accounts.get(`$menu\n\`${id}`, "json");
  const link: string | undefined = typeof menu === "string" ? menu : menu?.["home"] as string;
  const from_where: string | null = (await accounts.getWithMetadata(`color:${id}`, "json")).metadata;
  await accounts.put(`user:${id}`, "{}", { metadata: { country: "NL" } });
  for (const { name, metadata } of (await accounts.list({ prefix: `user:${id}` })).keys) {
    const user: AccountsUser | null = await accounts.get(name, "json");
    const country: string | undefined = metadata?.country;
    used(user, country);
  }
  const all = await accounts.list();
  const keys: AccountsKey[] = all.keys.map(({ name }) => name);
  if (!all.list_complete) await accounts.list({ cursor: all.cursor });
  const many = await accounts.get(["founder", `user:${id}`], "json");
  const first: AccountsUser | null | undefined = many.get("founder");
  const text: string | null = await anything.get(id);
  const json: unknown = await anything.get(id, "json");
  await anything.put(id, "text", { metadata: { any: "thing" } });
  const big: Array<"month" | "year"> | undefined = (await accounts.get(`page:${2n ** 60n}`, "json"))?.items;
  used(country, place, open, other, periods, color, link, from_where, keys, first, text, json, big);
  // @ts-expect-error: a plan has a kind
  const broken: AccountsUser = { displayName: "x", plan: {}, hours: {} };
  used(broken);
  // @ts-expect-error: a guest has no name
  guest?.displayName;
  // @ts-expect-error: a page has a number
  await accounts.get(`page:${id}`, "json");
  // @ts-expect-error: a country is text
  await accounts.put(`user:${id}`, "{}", { metadata: { country: 31 } });
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

/// Compiles uses of the types that a binary writes, with the types that Cloudflare has for bindings.
fn check(deploy: &mut Command, uses: &str) {
    let folder = tempfile::tempdir().unwrap();
    let types = folder.path().join("kv.ts");
    let written = deploy.args(["types", "--typescript"]).arg(&types).output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    std::fs::write(folder.path().join("uses.ts"), uses).unwrap();
    let of_workers = "tests/interop/node_modules/@cloudflare/workers-types";
    let checked = node(Path::new("node_modules/typescript/bin/tsc"))
        .args([
            "--noEmit",
            "--strict",
            "--noUnusedLocals",
            "--target",
            "es2022",
            "--module",
            "esnext",
        ])
        .args(["--moduleResolution", "bundler", "--lib", "es2022", "--types"])
        .arg(workspace().join(of_workers))
        .arg("uses.ts")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{said}");
}
