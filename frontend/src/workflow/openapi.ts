/**
 * The operations of an API description (OpenAPI 3, Swagger 2) as HTTP actions: address, required parameters, a body of the
 * right shape and the kind of authentication. What has no value in the description is left to be filled in.
 */
import type { OperationEntry } from "./catalogue";
import { literal } from "./curl";
import { quote } from "./document";

export interface ApiOperation {
  readonly entry: OperationEntry;
  readonly name: string;
  /** JSON text of the action. */
  readonly text: string;
}

export interface Api {
  readonly title: string;
  readonly operations: readonly ApiOperation[];
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Members = { readonly [name: string]: Json };

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"];
const MOST = 2_000;

/** Throws an Error with a sentence where it describes nothing that can be called. */
export function readApi(text: string): Api {
  const root = parsed(text);
  const title = said(members(root.info).title) || "API";
  const operations = Object.entries(members(root.paths)).flatMap(([path, item]) => {
    const shared = list(members(item).parameters);
    return METHODS.flatMap((method) => {
      const operation = members(item)[method];
      return operation === undefined ? [] : [operationOf(root, title, path, method, members(operation), shared)];
    });
  });
  if (operations.length === 0) throw new Error("This API description has no operations under “paths”.");
  return { title, operations: operations.slice(0, MOST) };
}

function parsed(text: string): Members {
  let root: Members;
  try {
    root = members(JSON.parse(text) as Json);
  } catch {
    throw new Error("This is not JSON. A description in YAML can be saved as JSON by the tool that made it.");
  }
  if (root.openapi === undefined && root.swagger === undefined) throw new Error("This is no API description: it has neither “openapi” nor “swagger” at its top.");
  return root;
}

function operationOf(root: Members, api: string, path: string, method: string, operation: Members, shared: readonly Json[]): ApiOperation {
  const title = said(operation.summary) || words(said(operation.operationId)) || `${method.toUpperCase()} ${path}`;
  const name = title.replace(/[^\p{L}\p{N}]+/gu, "_").replace(/^_+|_+$/g, "").slice(0, 60) || "Call";
  const inputs = inputsOf(root, path, method, operation, shared);
  const entry: OperationEntry = {
    id: `${api}:${method}:${path}`, connector: "api", connectorTitle: api, kind: "action", title, category: api, icon: "world", color: "#1d5fbf", wdlType: "Http", needsConnection: false, keywords: [method, path, ...list(operation.tags).map(said)],
    description: said(operation.description) || `${method.toUpperCase()} ${path}`,
  };
  return { entry, name, text: `{"type": "Http", "inputs": {${inputs.map(([key, value]) => `${quote(key)}: ${value}`).join(", ")}}}` };
}

function inputsOf(root: Members, path: string, method: string, operation: Members, shared: readonly Json[]): [string, string][] {
  const parameters = unique([...shared, ...list(operation.parameters)].map((one) => followed(root, one)));
  const queries: [string, string][] = [];
  const headers: [string, string][] = [];
  let uri = baseOf(root) + path;
  for (const one of parameters) {
    const name = said(one.name);
    const value = given(root, one);
    if (one.in === "path" && value !== "") uri = uri.replace(`{${name}}`, encodeURIComponent(value));
    else if (one.in === "query" && one.required === true) queries.push([name, value]);
    else if (one.in === "header" && one.required === true) headers.push([name, value]);
  }
  const body = bodyOf(root, operation, parameters);
  if (body !== undefined) headers.push(["Content-Type", "application/json"]);
  const authentication = signIn(root, operation, headers, queries);
  const inputs: [string, string][] = [["method", quote(method.toUpperCase())], ["uri", literal(uri)]];
  if (headers.length > 0) inputs.push(["headers", written(headers)]);
  if (queries.length > 0) inputs.push(["queries", written(queries)]);
  if (body !== undefined) inputs.push(["body", printed(body)]);
  if (authentication !== undefined) inputs.push(["authentication", printed(authentication)]);
  return inputs;
}

/** An operation's own parameter stands in the place of one that all operations of the path share. */
function unique(parameters: readonly Members[]): readonly Members[] {
  return [...new Map(parameters.map((one) => [`${said(one.in)}:${said(one.name)}`, one])).values()];
}

function baseOf(root: Members): string {
  if (said(root.swagger) !== "") {
    const schemes = list(root.schemes).map(said);
    return `${schemes.includes("https") || schemes.length === 0 ? "https" : (schemes[0] ?? "https")}://${said(root.host) || "host"}${said(root.basePath).replace(/\/$/, "")}`;
  }
  const server = members(list(root.servers)[0]);
  const url = said(server.url).replace(/\{([^}]+)\}/g, (whole, name: string) => said(members(members(server.variables)[name]).default) || whole);
  return (/^https?:\/\//.test(url) ? url : `https://host${url}`).replace(/\/$/, "");
}

function bodyOf(root: Members, operation: Members, parameters: readonly Members[]): Json | undefined {
  const old = parameters.find((one) => one.in === "body");
  if (old) return sample(root, old.schema, 0);
  const content = members(followed(root, operation.requestBody).content);
  const type = Object.keys(content).find((one) => /[/+]json\b/.test(one));
  if (type === undefined) return undefined;
  const media = members(content[type]);
  return media.example ?? sample(root, media.schema, 0);
}

/** A value of the schema's shape: its example, its default, or one made of its required and first members. */
function sample(root: Members, given: Json | undefined, depth: number): Json {
  const schema = followed(root, given);
  const told = schema.example ?? schema.default ?? list(schema.enum)[0] ?? list(schema.examples)[0];
  if (told !== undefined) return told;
  if (depth > 5) return null;
  const parts = list(schema.allOf);
  if (parts.length > 0) return Object.assign({}, ...parts.map((one) => sample(root, one, depth + 1))) as Json;
  const choice = list(schema.oneOf)[0] ?? list(schema.anyOf)[0];
  if (choice !== undefined) return sample(root, choice, depth + 1);
  const type = Array.isArray(schema.type) ? said((schema.type as readonly Json[])[0]) : said(schema.type);
  if (type === "array") return [sample(root, schema.items, depth + 1)];
  if (type === "integer" || type === "number") return 0;
  if (type === "boolean") return false;
  if (type === "object" || schema.properties !== undefined) {
    const shown = Object.entries(members(schema.properties)).filter(([, one]) => followed(root, one).readOnly !== true);
    return Object.fromEntries(shown.map(([name, one]) => [name, sample(root, one, depth + 1)]));
  }
  return "";
}

function given(root: Members, parameter: Members): string {
  const schema = followed(root, parameter.schema);
  const value = parameter.example ?? schema.example ?? schema.default ?? parameter.default ?? list(schema.enum)[0] ?? "";
  return typeof value === "object" ? "" : String(value);
}

/** The first way of signing in: as authentication, or as the header or query parameter it travels in. */
function signIn(root: Members, operation: Members, headers: [string, string][], queries: [string, string][]): Json | undefined {
  const wanted = Object.keys(members(list(operation.security ?? root.security)[0]))[0];
  const schemes = members(members(root.components).securitySchemes ?? root.securityDefinitions);
  const scheme = wanted === undefined ? {} : followed(root, schemes[wanted]);
  if (scheme.type === "apiKey") {
    (scheme.in === "query" ? queries : headers).push([said(scheme.name), ""]);
    return undefined;
  }
  if (scheme.type === "basic" || (scheme.type === "http" && said(scheme.scheme).toLowerCase() === "basic")) return { type: "Basic", username: "", password: "" };
  return scheme.type === undefined ? undefined : { type: "Raw", value: "Bearer " };
}

/** What a `$ref` inside the description leads to; nothing outside of it is fetched. */
function followed(root: Members, value: Json | undefined): Members {
  let found = members(value);
  for (let steps = 0; steps < 10 && typeof found.$ref === "string"; steps += 1) {
    if (!found.$ref.startsWith("#/")) return {};
    const path = found.$ref.slice(2).split("/").map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"));
    found = members(path.reduce<Json | undefined>((at, part) => members(at)[part], root));
  }
  return found;
}

const written = (pairs: readonly [string, string][]): string => `{${pairs.map(([name, value]) => `${quote(name)}: ${literal(value)}`).join(", ")}}`;

function printed(value: Json): string {
  if (typeof value === "string") return literal(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(printed).join(", ")}]`;
  if (typeof value === "object" && value !== null) return `{${Object.entries(value).map(([name, one]) => `${quote(name)}: ${printed(one)}`).join(", ")}}`;
  return JSON.stringify(value);
}

const said = (value: Json | undefined): string => (typeof value === "string" ? value : "");
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
const members = (value: Json | undefined): Members => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : {});

/** `listOpenOrders` as people write it. */
function words(id: string): string {
  const spaced = id.replace(/[_-]+/g, " ").replace(/([a-z0-9])([A-Z])/g, "$1 $2").trim().toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
