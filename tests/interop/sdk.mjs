// The official SDK against kv-local, which the environment names: every operation on KV that it has.
import assert from "node:assert/strict";
import Cloudflare, { APIError } from "cloudflare";

const client = new Cloudflare({ maxRetries: 0 });
const { namespaces } = client.kv;
const account_id = process.env.CLOUDFLARE_ACCOUNT_ID;
const all = async (pages) => {
  const items = [];
  for await (const item of pages) items.push(item);
  return items;
};
const fails = (request, status, code) =>
  assert.rejects(request, (error) => {
    assert(error instanceof APIError, String(error));
    assert.equal(error.status, status);
    assert.equal(error.errors[0].code, code);
    return true;
  });

assert.equal((await client.user.tokens.verify()).status, "active");
assert.deepEqual((await all(client.accounts.list())).map((account) => account.id), [account_id]);

const { id: namespace_id } = await namespaces.create({ account_id, title: "sdk" });
await fails(namespaces.create({ account_id, title: "sdk" }), 400, 10014);
const at = { account_id, namespace_id };

const key = "a/b ü";
await namespaces.values.update(key, { ...at, value: "v", metadata: JSON.stringify({ m: 1 }) });
assert.equal(await (await namespaces.values.get(key, at)).text(), "v");
assert.deepEqual(await namespaces.metadata.get(key, at), { m: 1 });
await fails(namespaces.values.get("nobody", at), 404, 10009);

const written = await namespaces.keys.bulkUpdate(namespace_id, {
  account_id,
  body: [
    { key: "x", value: "1", metadata: { q: 1 } },
    { key: "y", value: "2", expiration_ttl: 60 },
  ],
});
assert.equal(written.successful_key_count, 2);
const got = await namespaces.keys.bulkGet(namespace_id, {
  account_id,
  keys: ["x", "nobody"],
  withMetadata: true,
});
assert.deepEqual(got.values, { x: { value: "1", metadata: { q: 1 } }, nobody: null });
const listed = await all(namespaces.keys.list(namespace_id, { account_id, limit: 10 }));
assert.deepEqual(listed.map(({ name }) => name), [key, "x", "y"]);
await namespaces.keys.bulkDelete(namespace_id, { account_id, body: ["x"] });
await namespaces.values.delete("y", at);
assert.equal((await all(namespaces.keys.list(namespace_id, { account_id }))).length, 1);

await namespaces.update(namespace_id, { account_id, title: "renamed" });
await namespaces.create({ account_id, title: "other" });
const titles = (await all(namespaces.list({ account_id }))).map(({ title }) => title);
assert.deepEqual(titles.sort(), ["other", "renamed"]);
await namespaces.delete(namespace_id, { account_id });
assert.equal((await all(namespaces.list({ account_id }))).length, 1);
