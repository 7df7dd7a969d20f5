// A client in TypeScript, as one writes it: with the types that openapi-typescript makes, without any flag.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { env: Record<string, string> };

function done<T>(answer: { data?: T; error?: unknown; response: Response }): T {
    if (!answer.response.ok) throw new Error(`${answer.response.url}: ${JSON.stringify(answer.error)}`);
    return answer.data as T;
}

const baseUrl = process.env.SITE;
const credentials = { username: process.env.USERNAME, password: process.env.PASSWORD };
const { access } = done(await createClient<paths>({ baseUrl }).POST("/api/v1/auth/token", { body: credentials }));
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${access}` } });

const body: components["schemas"]["SecretCreate"] = { name: "FROM_TYPESCRIPT", value: "typed-0123456789abcdef" };
const { id } = done(await client.POST("/api/v1/secrets", { body }));
const again = await client.POST("/api/v1/secrets", { body });
const listed = done(await client.GET("/api/v1/secrets", { params: { query: { search: "FROM_TYPESCRIPT" } } }));
const params = { path: { secret_id: id } };
const changed = done(
    await client.PATCH("/api/v1/secrets/{secret_id}", { params, body: { description: "Changed", default_available: true } }),
);
const grant = done(await client.POST("/api/v1/task-grants", { body: { secrets: ["FROM_TYPESCRIPT"] } }));
const task = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${grant.token}` } });
const environment = done(await task.POST("/api/v1/runtime/environment"));
const removed = await client.DELETE("/api/v1/secrets/{secret_id}", { params });

console.log(
    JSON.stringify({
        conflict: again.error?.code,
        listed: listed.results.map((secret) => secret.masked_value),
        description: changed.description,
        value: environment.environment.FROM_TYPESCRIPT,
        removed: removed.response.status,
    }),
);
