/** Icon and colour of what the catalogue has no picture for. Names are those of `ui/Tile`. */
import type { Action } from "./graph";
import type { OperationEntry } from "./catalogue";

export interface Look {
  readonly icon: string;
  readonly color: string;
  /** SVG text of a connector's own icon. */
  readonly svg?: string;
}

const COLORS = { trigger: "#0e7490", http: "#1d5fbf", control: "#4f55b5", data: "#7c4bb0", variable: "#a15c07", time: "#9a4a2f", code: "#3f4a5a", connector: "#2f6f4f", unknown: "#6b7280" };

const LOOKS: Readonly<Record<string, readonly [string, keyof typeof COLORS]>> = {
  request: ["webhook", "trigger"], manual: ["webhook", "trigger"], recurrence: ["clock", "trigger"], slidingwindow: ["clock", "trigger"], batch: ["stack", "trigger"],
  http: ["world", "http"], httpwebhook: ["webhook", "http"], response: ["reply", "http"], workflow: ["sitemap", "http"], sendtobatch: ["stack", "http"],
  if: ["split", "control"], switch: ["switch", "control"], foreach: ["repeat", "control"], until: ["loop", "control"], scope: ["box", "control"], terminate: ["stop", "control"],
  wait: ["hourglass", "time"], expression: ["calendar", "time"],
  compose: ["compose", "data"], parsejson: ["braces", "data"], select: ["select", "data"], query: ["filter", "data"], join: ["join", "data"], table: ["table", "data"],
  initializevariable: ["variable", "variable"], setvariable: ["variable", "variable"], incrementvariable: ["plus", "variable"], decrementvariable: ["minus", "variable"],
  appendtoarrayvariable: ["append", "variable"], appendtostringvariable: ["append", "variable"],
  javascriptcode: ["code", "code"], csharpscriptcode: ["code", "code"], powershellcode: ["code", "code"], function: ["code", "code"], invokefunction: ["code", "code"],
  liquid: ["file", "data"], xslt: ["file", "data"], xmlvalidation: ["file", "data"], xmlparse: ["file", "data"], xmlcompose: ["file", "data"],
  apiconnection: ["plug", "connector"], apiconnectionwebhook: ["plug", "connector"], apiconnectionnotification: ["plug", "connector"], openapiconnection: ["plug", "connector"],
  openapiconnectionwebhook: ["plug", "connector"], apimanagement: ["plug", "connector"], serviceprovider: ["plug", "connector"], agent: ["robot", "connector"],
};

export function lookOfType(type: string): Look {
  const known = LOOKS[type.toLowerCase()];
  return known ? { icon: known[0], color: COLORS[known[1]] } : { icon: "puzzle", color: COLORS.unknown };
}

export function lookOfOperation(operation: OperationEntry): Look {
  const own = lookOfType(operation.wdlType);
  const connector = operation.wdlType.toLowerCase() === "serviceprovider" || own.icon === "puzzle";
  const color = operation.color ?? own.color;
  return connector && operation.icon.trimStart().startsWith("<svg") ? { ...own, color, svg: operation.icon } : { ...own, color: connector ? color : own.color };
}

export function lookOfAction(action: Action, operation: OperationEntry | undefined): Look {
  return operation ? lookOfOperation(operation) : lookOfType(action.type);
}
