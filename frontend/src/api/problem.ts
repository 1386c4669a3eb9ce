/** A request that failed, as the server's problem document (RFC 9457) says it; `message` is the sentence to show. */
export class Problem extends Error {
  readonly title: string;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId: string | undefined;
  readonly fieldErrors: Readonly<Record<string, readonly string[]>>;
  /** The whole document: some codes carry more (`missing`, `problems`, `retryAt`). */
  readonly document: Readonly<Record<string, unknown>>;

  constructor(document: Readonly<Record<string, unknown>>) {
    const text = (name: string) => (typeof document[name] === "string" ? document[name] : "");
    super(text("detail") || text("title"));
    this.name = "Problem";
    this.title = text("title") || "The request failed";
    this.status = typeof document.status === "number" ? document.status : 0;
    this.code = text("code") || "Unknown";
    this.detail = text("detail");
    this.requestId = text("requestId") || undefined;
    this.fieldErrors = fieldErrors(document.fieldErrors);
    this.document = document;
  }

  get offline(): boolean {
    return this.status === 0;
  }

  /** The first complaint about a field, for its error line. */
  field(name: string): string | undefined {
    return this.fieldErrors[name]?.[0];
  }
}

function fieldErrors(value: unknown): Record<string, readonly string[]> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).map(([name, texts]) => [name, Array.isArray(texts) ? texts.map(String) : [String(texts)]]),
  );
}

export function offlineProblem(): Problem {
  return new Problem({
    title: "No connection",
    detail: "The server did not answer. Check the network, then try again.",
    code: "Offline",
    status: 0,
  });
}

/** Any thrown value as a Problem, so that every error panel has a sentence. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem({
    title: "Something went wrong on this page",
    detail: error instanceof Error ? error.message : String(error),
    code: "PageError",
    status: -1,
  });
}
