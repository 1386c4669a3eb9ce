import { describe, expect, it } from "vitest";
import { readApi } from "./openapi";

const shop = {
  openapi: "3.1.0",
  info: { title: "Shop" },
  servers: [{ url: "https://{region}.shop.example/v2/", variables: { region: { default: "eu" } } }],
  security: [{ token: [] }],
  components: {
    securitySchemes: { token: { type: "http", scheme: "bearer" }, key: { type: "apiKey", in: "header", name: "X-Key" } },
    schemas: {
      Line: { type: "object", properties: { sku: { type: "string", example: "@MR-1" }, count: { type: "integer" } } },
      Order: {
        type: "object",
        properties: { id: { type: "integer", readOnly: true }, lines: { type: "array", items: { $ref: "#/components/schemas/Line" } }, parent: { $ref: "#/components/schemas/Order" } },
      },
    },
  },
  paths: {
    "/orders/{order}": {
      parameters: [{ name: "order", in: "path", required: true }],
      get: { operationId: "getOneOrder", parameters: [{ name: "expand", in: "query", required: true, schema: { enum: ["lines", "all"] } }, { name: "page", in: "query" }] },
    },
    "/orders": { post: { summary: "Place an order", security: [{ key: [] }], requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Order" } } } } } },
  },
};

interface Inputs {
  method: string;
  uri: string;
  headers?: Record<string, string>;
  queries?: Record<string, string>;
  body?: { lines: unknown; parent: unknown; id?: unknown };
  authentication?: unknown;
}

function read(document: unknown) {
  return readApi(JSON.stringify(document)).operations.map((one) => ({ ...one, inputs: (JSON.parse(one.text) as { inputs: Inputs }).inputs }));
}

describe("an API description", () => {
  it("becomes HTTP actions with address, required parameters and authentication", () => {
    const [one, other] = read(shop);
    expect(one).toMatchObject({ name: "Get_one_order", entry: { title: "Get one order", connectorTitle: "Shop" } });
    expect(one?.inputs).toEqual({ method: "GET", uri: "https://eu.shop.example/v2/orders/{order}", queries: { expand: "lines" }, authentication: { type: "Raw", value: "Bearer " } });
    expect(other).toMatchObject({ name: "Place_an_order", entry: { title: "Place an order" } });
    expect(other?.inputs.headers).toEqual({ "Content-Type": "application/json", "X-Key": "" });
    expect(other?.inputs.authentication).toBeUndefined();
  });

  it("gives a body of the schema's shape, without what only the service writes, and ends in recursion", () => {
    const body = read(shop)[1]?.inputs.body;
    expect(body?.lines).toEqual([{ sku: "@@MR-1", count: 0 }]);
    expect(body).not.toHaveProperty("id");
    expect(JSON.stringify(body).length).toBeLessThan(2000);
  });

  it("reads Swagger 2 too", () => {
    const old = { swagger: "2.0", info: {}, host: "api.example", basePath: "/v1/", schemes: ["http"], paths: { "/ping": { get: {}, post: { parameters: [{ in: "body", schema: { type: "object", properties: { a: { type: "boolean" } } } }] } } } };
    const [get, post] = read(old);
    expect(get).toMatchObject({ name: "GET_ping", entry: { title: "GET /ping", connectorTitle: "API" } });
    expect(get?.inputs.uri).toBe("http://api.example/v1/ping");
    expect(post?.inputs.body).toEqual({ a: false });
  });

  it("says why a text is none", () => {
    expect(() => readApi("openapi: 3.0.0")).toThrow("YAML");
    expect(() => readApi("{}")).toThrow("neither");
    expect(() => readApi('{"openapi": "3.0.0", "paths": {}}')).toThrow("no operations");
  });
});
