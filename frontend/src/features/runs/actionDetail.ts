import type { RunActionState, RunActionTry, RunError, RunReference } from "../../api/types";
import { type JsonNode, member, printJson, readJson, textOf } from "../../ui/jsonTree";

/** One action's record, its values as lossless trees. */
export interface ActionDetail {
  readonly status: string;
  readonly code: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly inputs: JsonNode | undefined;
  readonly outputs: JsonNode | undefined;
  readonly error: RunError | null;
  readonly tries: readonly RunActionTry[];
  readonly trackedProperties: JsonNode | undefined;
  readonly secured: readonly string[];
  readonly trackingId: string | null;
  /** Why it does not go on yet. */
  readonly waits: RunActionState["waits"] | null;
  /** The run of another workflow that it started. */
  readonly childRun: RunReference | null;
}

/** Reads the answer's text: values stay trees, the small fixed parts become plain objects. */
export function readDetail(text: string): ActionDetail {
  const root = readJson(text);
  const plain = <Shape>(name: string, otherwise: Shape): Shape => {
    const node = member(root, name);
    return node === undefined || node.kind === "null" ? otherwise : (JSON.parse(printJson(node, 0)) as Shape);
  };
  return {
    status: textOf(member(root, "status")) ?? "Waiting",
    code: plain("code", null),
    startedAt: plain("startedAt", null),
    endedAt: plain("endedAt", null),
    inputs: valueOf(root, "inputs"),
    outputs: valueOf(root, "outputs"),
    error: plain("error", null),
    tries: plain("tries", []),
    trackedProperties: valueOf(root, "trackedProperties"),
    secured: plain("secured", []),
    trackingId: plain("trackingId", null),
    waits: plain("waits", null),
    childRun: plain("childRun", null),
  };
}

export function valueOf(root: JsonNode, name: string): JsonNode | undefined {
  const node = member(root, name);
  return node?.kind === "null" ? undefined : node;
}
