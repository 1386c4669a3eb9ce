import createClient from "openapi-fetch";
import { request, type RequestOptions, send } from "./request";
import type { paths } from "./schema";

/** Typed by the generated schema: `client.GET("/api/v1/t/{tenant}/runs", { params })`. Failures are thrown as Problem. */
export const client = createClient<paths>({ baseUrl: window.location.origin, fetch: send });

/** The answer's body; a failure was thrown before, so it is there. */
export async function answer<Data>(call: Promise<{ data?: Data }>): Promise<Data> {
  const { data } = await call;
  return data as Data;
}

/** Leaves out what is undefined or empty: absent and empty mean the same in a query. */
export function given<Values extends object>(values: Values): { [Name in keyof Values]?: Exclude<Values[Name], undefined> } {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return Object.fromEntries(kept) as { [Name in keyof Values]?: Exclude<Values[Name], undefined> };
}

const root = "/api/v1";

/** Calls below one tenant's prefix, for texts and for paths built at run time; elsewhere prefer the typed `client`. */
export class Api {
  constructor(private readonly prefix: string) {}

  get<Answer>(path: string, options?: Omit<RequestOptions, "body">): Promise<Answer> {
    return this.json<Answer>("GET", path, options);
  }

  post<Answer>(path: string, body?: unknown, options?: RequestOptions): Promise<Answer> {
    return this.json<Answer>("POST", path, { ...options, body: body ?? {} });
  }

  patch<Answer>(path: string, body: unknown, options?: RequestOptions): Promise<Answer> {
    return this.json<Answer>("PATCH", path, { ...options, body });
  }

  async del(path: string, options?: RequestOptions): Promise<void> {
    await request("DELETE", this.prefix + path, options);
  }

  /** The answer's text as it is: for definitions and run values, which must not pass through `JSON.parse`. */
  async text(path: string, options?: Omit<RequestOptions, "body">): Promise<string> {
    return (await request("GET", this.prefix + path, options)).text();
  }

  url(path: string): string {
    return this.prefix + path;
  }

  private async json<Answer>(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const response = await request(method, this.prefix + path, options);
    const text = await response.text();
    return (text === "" ? undefined : JSON.parse(text)) as Answer;
  }
}

const tenants = new Map<string, Api>();

/** Calls of one tenant: `tenantApi("acme").get("/workflows")`. */
export function tenantApi(tenant: string): Api {
  let found = tenants.get(tenant);
  if (!found) {
    found = new Api(`${root}/t/${encodeURIComponent(tenant)}`);
    tenants.set(tenant, found);
  }
  return found;
}
