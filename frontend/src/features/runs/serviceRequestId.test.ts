import { expect, it } from "vitest";
import { readJson } from "../../ui/jsonTree";
import { serviceRequestId } from "./serviceRequestId";

const answered = (headers: Record<string, string>) => readJson(JSON.stringify({ statusCode: 200, headers }));

it("finds the service's own name of the request, whatever its letters", () => {
  expect(serviceRequestId({ outputs: answered({ Date: "today", "X-Request-Id": "r-1" }), secured: [] })).toBe("r-1");
  expect(serviceRequestId({ outputs: answered({ "x-request-id": "r-1", "x-ms-request-id": "ms-2" }), secured: [] })).toBe("ms-2");
  expect(serviceRequestId({ outputs: answered({ Date: "today" }), secured: [] })).toBeNull();
  expect(serviceRequestId({ outputs: undefined, secured: [] })).toBeNull();
});

it("takes nothing from an answer that is secured", () => {
  expect(serviceRequestId({ outputs: answered({ "x-request-id": "r-1" }), secured: ["outputs"] })).toBeNull();
});
