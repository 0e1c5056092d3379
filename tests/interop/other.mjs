// A Worker that is not ours: `PUT /KEY` and `GET /KEY` on its namespace, `GET /` lists it.
export default {
  async fetch(request, env) {
    const key = decodeURIComponent(new URL(request.url).pathname.slice(1));
    if (key === "") return Response.json((await env.KV.list()).keys);
    if (request.method === "PUT") {
      await env.KV.put(key, await request.arrayBuffer(), { metadata: { by: "a Worker" } });
      return new Response();
    }
    const value = await env.KV.get(key, "arrayBuffer");
    return new Response(value, { status: value === null ? 404 : 200 });
  },
};
