import { expect, test } from "vitest";
import { Catalogue, type OperationEntry } from "./catalogue";
import { parse } from "./document";
import { find, readGraph } from "./graph";

const entry = (id: string, wdlType: string, kind: OperationEntry["kind"] = "action"): OperationEntry => ({
  id, wdlType, kind, connector: id.split("/")[0] ?? "", connectorTitle: "", title: id, description: "", category: "", icon: "", keywords: [], needsConnection: false,
});

const catalogue = new Catalogue([
  entry("schedule/wait", "Wait"), entry("schedule/waitUntil", "Wait"), entry("data/tableCsv", "Table"), entry("data/tableHtml", "Table"),
  entry("date/currentTime", "Expression"), entry("date/convertTimeZone", "Expression"), entry("liquid/transformJsonToJson", "Liquid"), entry("liquid/transformJsonToText", "Liquid"),
]);

function operationOf(action: unknown): string | undefined {
  const graph = readGraph(parse(JSON.stringify({ actions: { A: action } })));
  const found = find(graph, "A");
  return found && catalogue.of(found.action)?.id;
}

test("operations that share a type are told apart by what their inputs say", () => {
  expect(operationOf({ type: "Wait", inputs: { interval: { count: 1, unit: "Day" } } })).toBe("schedule/wait");
  expect(operationOf({ type: "wait", inputs: { until: { timestamp: "2026-01-01" } } })).toBe("schedule/waitUntil");
  expect(operationOf({ type: "Table", inputs: { from: [], format: "html" } })).toBe("data/tableHtml");
  expect(operationOf({ type: "Table", inputs: { from: [], format: "CSV" } })).toBe("data/tableCsv");
  expect(operationOf({ type: "Table", inputs: {} })).toBe("data/tableCsv");
});

test("and by their kind", () => {
  expect(operationOf({ type: "Expression", kind: "ConvertTimeZone", inputs: {} })).toBe("date/convertTimeZone");
  expect(operationOf({ type: "Liquid", kind: "JsonToText", inputs: {} })).toBe("liquid/transformJsonToText");
});
