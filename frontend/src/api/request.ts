import { offlineProblem, Problem } from "./problem";

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface RequestOptions {
  readonly query?: Query | undefined;
  /** Sent as JSON unless it is a string, which goes as it is. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

let csrfToken = "";
let renewToken: () => Promise<boolean> = () => Promise.resolve(false);
const expiryListeners = new Set<() => void>();

/** The session answer carries the token; every write sends it back. */
export function setCsrfToken(token: string) {
  csrfToken = token;
}

/** Asks for a new token when the page's own is no longer good: somebody signed in in another tab. False where that was somebody else. */
export function onStaleToken(renew: () => Promise<boolean>) {
  renewToken = renew;
}

/** Called when a request is refused because the session is over. */
export function onSessionExpired(listener: () => void): () => void {
  expiryListeners.add(listener);
  return () => expiryListeners.delete(listener);
}

/** One request to our own server. Answers that are not 2xx are thrown as Problem; so is silence. */
export function request(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
  const headers = new Headers({ Accept: "application/json" });
  if (options.body !== undefined) headers.set("Content-Type", "application/json");
  const body = typeof options.body === "string" ? options.body : JSON.stringify(options.body);
  return send(
    new Request(new URL(address(path, options.query), window.location.origin), {
      method,
      headers,
      ...(options.body === undefined ? {} : { body }),
      ...(options.signal ? { signal: options.signal } : {}),
    }),
  );
}

/** The one place where requests leave: token on writes, problems thrown, the end of the session told. */
export async function send(outgoing: Request): Promise<Response> {
  if (outgoing.method === "GET") return sendOnce(outgoing);
  const again = outgoing.clone();
  try {
    return await sendOnce(withToken(outgoing));
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "CsrfRefused") throw error;
    if (await renewToken()) return sendOnce(withToken(again));
    for (const each of expiryListeners) each();
    throw error;
  }
}

function withToken(outgoing: Request): Request {
  outgoing.headers.set("X-CSRFToken", csrfToken);
  return outgoing;
}

async function sendOnce(outgoing: Request): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(outgoing, { credentials: "same-origin" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw offlineProblem();
  }
  if (response.ok) return response;
  const problem = await readProblem(response);
  if (problem.code === "SignInRequired") for (const each of expiryListeners) each();
  throw problem;
}

function address(path: string, query: Query | undefined): string {
  const entries = Object.entries(query ?? {}).flatMap(([name, value]) =>
    value === null || value === undefined || value === "" ? [] : [[name, String(value)]],
  );
  return entries.length === 0 ? path : `${path}?${new URLSearchParams(entries).toString()}`;
}

async function readProblem(response: Response): Promise<Problem> {
  const requestId = response.headers.get("X-Request-Id") ?? undefined;
  try {
    const document: unknown = await response.json();
    if (typeof document === "object" && document !== null) return new Problem({ status: response.status, requestId, ...document });
  } catch {
    // Not JSON: a proxy answered in the server's place.
  }
  return new Problem({
    title: "The server gave no proper answer",
    detail: `It answered ${response.status} ${response.statusText} without saying why. Try again in a moment.`,
    status: response.status,
    code: "NoProblemDocument",
    requestId,
  });
}
