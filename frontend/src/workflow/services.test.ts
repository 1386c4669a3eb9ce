import { expect, test } from "vitest";
import { parse } from "./document";
import { readGraph } from "./graph";
import { serviceOf, spacedWords, unknownTitle } from "./services";

const action = (value: unknown) => {
  const graph = readGraph(parse(JSON.stringify({ triggers: {}, actions: { A: value } })));
  const found = graph.root.actions[0];
  if (!found) throw new Error("no action");
  return found;
};

test("an operation of Power Automate is its service and what it does", () => {
  const rows = action({ type: "OpenApiConnection", inputs: { host: { connectionName: "shared_commondataserviceforapps_1", operationId: "ListRecords", apiId: "/providers/Microsoft.PowerApps/apis/shared_commondataserviceforapps" } } });
  expect(unknownTitle(rows)).toBe("Dataverse · List records");
});

test("a managed connection of Logic Apps is its service and the request", () => {
  const incident = action({ type: "ApiConnection", inputs: { method: "post", path: "/Incidents/Comment", host: { connection: { name: "@parameters('$connections')['azuresentinel-2']['connectionId']" } } } });
  expect(serviceOf(incident)).toEqual({ service: "Microsoft Sentinel", operation: "POST /Incidents/Comment" });
});

test("a service nobody knows keeps its name in words", () => {
  expect(serviceOf(action({ type: "ApiConnection", inputs: { method: "get", path: "/x", host: { connection: { referenceName: "acmeBilling" } } } }))?.service).toBe("Acme billing");
  expect(unknownTitle(action({ type: "McpClientTool", inputs: {} }))).toBe("Mcp client tool");
});

test.each([
  ["$filter", "Filter"], ["emailMessage/To", "Email message / To"], ["item/_ownerid_value", "Item / Ownerid value"], ["GetItem_V2", "Get item V2"], ["$", "$"],
])("%s is read as %s", (name, words) => expect(spacedWords(name)).toBe(words));
