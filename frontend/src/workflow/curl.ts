/**
 * A curl command as an HTTP action: what people copy from documentation and from a browser's network panel.
 *
 * Read as the shell it was written for reads it: POSIX quotes and $'…', the carets of Windows' command prompt, the backticks of
 * PowerShell. What cannot come along (files, flags without a counterpart) is said in a sentence.
 */
import { at, parse, quote } from "./document";
import { applyPatch, strings } from "./tree";
import type { Splice } from "./splices";

export interface CurlAction {
  readonly name: string;
  /** JSON text of the action. */
  readonly text: string;
  /** What did not come along. */
  readonly notes: readonly string[];
}

const LIMIT = 200_000;

export const isCurl = (text: string): boolean => text.length < LIMIT && /^\s*(\$\s+)?curl(\.exe)?\s/i.test(text);

/** Throws an Error with a sentence where there is no address in it. */
export function readCurl(text: string): CurlAction {
  const request = readOptions(words(text).slice(1));
  if (request.url === "") throw new Error("This curl command has no address.");
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(request.url) ? request.url : `http://${request.url}`;
  const data = request.data.join("&");
  const asQuery = request.get && data !== "";
  const uri = asQuery ? `${url}${url.includes("?") ? "&" : "?"}${data}` : url;
  const hasBody = !asQuery && (data !== "" || request.parts.length > 0);
  const method = request.method ?? (hasBody ? "POST" : "GET");
  const inputs: [string, string][] = [["method", quote(method.toUpperCase())], ["uri", literal(uri)]];
  const headers = request.headers.filter(([name]) => name.toLowerCase() !== "authorization");
  const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  if (request.data.length > 0 && !asQuery && type === "") headers.push(["Content-Type", "application/x-www-form-urlencoded"]);
  if (headers.length > 0) inputs.push(["headers", `{${headers.map(([name, value]) => `${quote(name)}: ${literal(value)}`).join(", ")}}`]);
  if (hasBody) inputs.push(["body", request.parts.length > 0 ? multipart(request.parts) : bodyText(data, type)]);
  const authentication = authenticationOf(request);
  if (authentication !== null) inputs.push(["authentication", authentication]);
  const members = inputs.map(([name, value]) => `${quote(name)}: ${value}`).join(", ");
  return { name: nameOf(url), text: `{"type": "Http", "inputs": {${members}}}`, notes: request.notes };
}

function nameOf(url: string): string {
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?([^/:?#]+)/i.exec(url)?.[1] ?? "HTTP";
  return `Call_${host.replace(/^www\./, "").replace(/[^\p{L}\p{N}]+/gu, "_")}`.slice(0, 60);
}

/** A string of WDL that means exactly this text. */
export function literal(text: string): string {
  return quote(escaped(text));
}

function escaped(text: string): string {
  const inside = text.replaceAll("@{", "@@{");
  return inside.startsWith("@") && !inside.startsWith("@@{") ? `@${inside}` : inside;
}

/** JSON stays JSON, number for number; anything else is a text. */
function bodyText(data: string, type: string): string {
  if (!/^[[{]/.test(data.trim()) || (type !== "" && !/json/i.test(type))) return literal(data);
  try {
    const document = parse(data);
    const patch = [...strings(document.root, "")].flatMap((place): Splice[] => (!place.name && escaped(place.text) !== place.text ? [{ op: "set", at: place.pointer, text: quote(escaped(place.text)) }] : []));
    const done = applyPatch(document, patch);
    return at(done, "") ? done.text.trim() : literal(data);
  } catch {
    return literal(data);
  }
}

function multipart(parts: readonly Part[]): string {
  const body = parts.map((part) => `{"headers": {"Content-Disposition": ${literal(`form-data; name="${part.name}"${part.file === null ? "" : `; filename="${part.file}"`}`)}}, "body": ${literal(part.value)}}`);
  return `{"$content-type": "multipart/form-data", "$multipart": [${body.join(", ")}]}`;
}

function authenticationOf({ user, headers }: Request): string | null {
  if (user !== null) {
    const [name = "", ...rest] = user.split(":");
    return `{"type": "Basic", "username": ${literal(name)}, "password": ${literal(rest.join(":"))}}`;
  }
  const value = headers.find(([name]) => name.toLowerCase() === "authorization")?.[1];
  return value === undefined ? null : `{"type": "Raw", "value": ${literal(value)}}`;
}

// ---------------------------------------------------------------------------------------------- options

interface Part {
  readonly name: string;
  readonly value: string;
  readonly file: string | null;
}

interface Request {
  url: string;
  method: string | null;
  headers: [string, string][];
  data: string[];
  parts: Part[];
  user: string | null;
  get: boolean;
  readonly notes: string[];
}

/** Short options that take a value; all others stand alone. */
const SHORT_WITH_VALUE: Readonly<Record<string, string>> = {
  X: "request", H: "header", d: "data", F: "form", u: "user", A: "user-agent", e: "referer", b: "cookie", o: "output", m: "max-time", x: "proxy", T: "upload-file", w: "write-out", c: "cookie-jar", E: "cert", r: "range",
};
const SHORT_ALONE: Readonly<Record<string, string>> = { G: "get", I: "head", k: "insecure" };
const LONG_WITH_VALUE = new Set([
  ...Object.values(SHORT_WITH_VALUE), "url", "data-raw", "data-ascii", "data-binary", "data-urlencode", "json", "form-string", "oauth2-bearer", "connect-timeout", "retry", "retry-delay", "retry-max-time", "cacert", "key", "resolve",
  "proxy-user", "max-redirs", "limit-rate", "interface", "ciphers", "config", "aws-sigv4",
]);

function readOptions(given: readonly string[]): Request {
  const request: Request = { url: "", method: null, headers: [], data: [], parts: [], user: null, get: false, notes: [] };
  const rest = [...given];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (["|", ">", ">>", "&&", ";", "||", "2>"].includes(word)) break;
    if (word.startsWith("--")) {
      const [name = "", ...inline] = word.slice(2).split("=");
      const value = LONG_WITH_VALUE.has(name) ? (inline.length > 0 && !LONG_WITH_VALUE.has(word.slice(2)) ? inline.join("=") : (rest.shift() ?? "")) : "";
      option(request, name, value);
    } else if (word.startsWith("-") && word.length > 1) shortOptions(request, word.slice(1), rest);
    else if (request.url === "") request.url = word;
  }
  return request;
}

/** `-sSX POST`, `-XPOST`: letters that stand alone, then perhaps one with a value. */
function shortOptions(request: Request, letters: string, rest: string[]): void {
  for (let index = 0; index < letters.length; index += 1) {
    const letter = letters[index] ?? "";
    const long = SHORT_WITH_VALUE[letter];
    if (long !== undefined) return option(request, long, letters.slice(index + 1) || (rest.shift() ?? ""));
    option(request, SHORT_ALONE[letter] ?? "", "");
  }
}

function option(request: Request, name: string, value: string): void {
  const header = (title: string, text: string): void => void request.headers.push([title, text]);
  switch (name) {
    case "url":
      request.url = value;
      break;
    case "request":
      request.method = value;
      break;
    case "head":
      request.method ??= "HEAD";
      break;
    case "get":
      request.get = true;
      break;
    case "header": {
      const colon = value.indexOf(":");
      if (colon > 0) header(value.slice(0, colon).trim(), value.slice(colon + 1).trim());
      break;
    }
    case "user-agent":
      header("User-Agent", value);
      break;
    case "referer":
      header("Referer", value);
      break;
    case "cookie":
      header("Cookie", value);
      break;
    case "user":
      request.user = value;
      break;
    case "oauth2-bearer":
      header("Authorization", `Bearer ${value}`);
      break;
    case "json":
      data(request, value);
      if (!request.headers.some(([title]) => title.toLowerCase() === "content-type")) header("Content-Type", "application/json");
      break;
    case "data":
    case "data-ascii":
    case "data-binary":
      data(request, value);
      break;
    case "data-raw":
      request.data.push(value);
      break;
    case "data-urlencode":
      request.data.push(urlEncoded(value));
      break;
    case "form":
    case "form-string":
      form(request, value, name === "form-string");
      break;
    case "upload-file":
      request.method ??= "PUT";
      request.notes.push(`The body was the file ${value}: put it in by hand.`);
      break;
    case "insecure":
      request.notes.push("Certificates are always checked here, whatever -k said.");
      break;
    case "proxy":
    case "cert":
      request.notes.push(`--${name} did not come along.`);
      break;
    default:
      break;
  }
}

function data(request: Request, value: string): void {
  if (value.startsWith("@")) request.notes.push(`The body was the file ${value.slice(1)}: put it in by hand.`);
  else request.data.push(value);
}

function urlEncoded(value: string): string {
  const equals = value.indexOf("=");
  if (equals < 0) return encodeURIComponent(value);
  return `${value.slice(0, equals)}${equals > 0 ? "=" : ""}${encodeURIComponent(value.slice(equals + 1))}`;
}

function form(request: Request, value: string, plain: boolean): void {
  const equals = value.indexOf("=");
  const name = value.slice(0, equals);
  const content = value.slice(equals + 1);
  const file = !plain && /^[@<]/.test(content) ? (content.slice(1).split(";")[0] ?? "") : null;
  if (file !== null) request.notes.push(`“${name}” was the file ${file}: put it in by hand.`);
  request.parts.push({ name, value: file === null ? content.replace(/;type=[^;]*$/, "") : "", file: file?.split(/[/\\]/).at(-1) ?? null });
}

// ---------------------------------------------------------------------------------------------- the shell

/** The words of a command line, quotes read. */
export function words(text: string): string[] {
  const line = plainLine(text.trim().replace(/^\$\s+/, ""));
  const found: string[] = [];
  let word: string | null = null;
  let index = 0;
  const take = (more: string): void => {
    word = (word ?? "") + more;
  };
  while (index < line.length) {
    const char = line[index] ?? "";
    if (/\s/.test(char)) {
      if (word !== null) found.push(word);
      word = null;
      index += 1;
    } else if (char === "'") {
      const end = line.indexOf("'", index + 1);
      take(line.slice(index + 1, end < 0 ? undefined : end));
      index = end < 0 ? line.length : end + 1;
    } else if (char === "$" && line[index + 1] === "'") {
      const [value, next] = ansi(line, index + 2);
      take(value);
      index = next;
    } else if (char === '"') {
      const [value, next] = doubleQuoted(line, index + 1);
      take(value);
      index = next;
    } else if (char === "\\") {
      take(line[index + 1] ?? "");
      index += 2;
    } else {
      take(char);
      index += 1;
    }
  }
  if (word !== null) found.push(word);
  return found;
}

/** Lines that go on are joined, and the carets of Windows' command prompt taken away. */
function plainLine(text: string): string {
  if (/\^\r?\n|\^"/.test(text)) return text.replace(/\^\r?\n/g, " ").replace(/\^([\s\S])/g, "$1");
  return text.replace(/[\\`]\r?\n/g, " ");
}

function doubleQuoted(line: string, start: number): [string, number] {
  let value = "";
  let index = start;
  while (index < line.length && line[index] !== '"') {
    if (line[index] === "\\" && /["\\$`]/.test(line[index + 1] ?? "")) index += 1;
    value += line[index] ?? "";
    index += 1;
  }
  return [value, index + 1];
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", v: "\v", a: "\u0007", e: "\u001b" };

function ansi(line: string, start: number): [string, number] {
  let value = "";
  let index = start;
  while (index < line.length && line[index] !== "'") {
    if (line[index] !== "\\") {
      value += line[index] ?? "";
      index += 1;
      continue;
    }
    const code = /^(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,6}))/.exec(line.slice(index + 1, index + 9));
    const next = line[index + 1] ?? "";
    value += code ? String.fromCodePoint(Math.min(0x10ffff, Number.parseInt(code[1] ?? code[2] ?? code[3] ?? "0", 16))) : (ESCAPES[next] ?? next);
    index += 1 + (code ? code[0].length : 1);
  }
  return [value, index + 1];
}

/** A file that the import reads: a workflow that begins with this call, its trigger still to be chosen. */
export function curlDefinition(action: CurlAction): string {
  return `{\n  "definition": {\n    "contentVersion": "1.0.0.0",\n    "triggers": {},\n    "actions": ${applyPatch(parse("{}"), [{ op: "set", at: `/${action.name}`, text: action.text }]).text},\n    "outputs": {}\n  },\n  "kind": "Stateful"\n}\n`;
}
