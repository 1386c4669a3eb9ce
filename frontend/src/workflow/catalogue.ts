/** Which operation an action is an instance of, and where its fields stand in the action's text. */
import type { Action } from "./graph";
import { down, stringOf } from "./tree";

export type OperationKind = "trigger" | "action" | "control";

/** What the picker and the cards know of an operation. */
export interface OperationEntry {
  readonly id: string;
  readonly connector: string;
  readonly connectorTitle: string;
  readonly title: string;
  readonly description: string;
  readonly kind: OperationKind;
  readonly wdlType: string;
  readonly category: string;
  /** Inline SVG text. */
  readonly icon: string;
  readonly color?: string | null;
  readonly keywords: readonly string[];
  readonly needsConnection: boolean;
}

/** Operations by what a definition says of them. */
export class Catalogue {
  private readonly byKey = new Map<string, OperationEntry>();
  private readonly found = new WeakMap<Action, OperationEntry | false>();

  constructor(readonly operations: readonly OperationEntry[]) {
    for (const operation of operations) {
      const place = operation.kind === "trigger" ? "trigger" : "action";
      const type = operation.wdlType.toLowerCase();
      if (type === "serviceprovider") this.byKey.set(`${place}:${operation.id.toLowerCase()}`, operation);
      else if (!this.byKey.has(`${place}:${type}`)) this.byKey.set(`${place}:${type}`, operation);
      this.byKey.set(`${place}:id:${operation.id.toLowerCase()}`, operation);
    }
  }

  get(id: string, kind: "trigger" | "action" = "action"): OperationEntry | undefined {
    return this.byKey.get(`${kind}:id:${id.toLowerCase()}`);
  }

  of(action: Action): OperationEntry | undefined {
    const known = this.found.get(action);
    if (known !== undefined) return known === false ? undefined : known;
    const operation = this.lookUp(action);
    this.found.set(action, operation ?? false);
    return operation;
  }

  /** The one of several operations of a type that the action is an instance of, by the end of its id. */
  private twinOf(action: Action, place: string, type: string): OperationEntry | undefined {
    const mark = markOf(action).toLowerCase();
    if (mark === "") return undefined;
    return this.operations.find((one) => one.wdlType.toLowerCase() === type && (one.kind === "trigger") === (place === "trigger") && one.id.toLowerCase().endsWith(mark));
  }

  private lookUp(action: Action): OperationEntry | undefined {
    const place = action.trigger ? "trigger" : "action";
    const type = action.type.toLowerCase();
    if (type === "serviceprovider") {
      const provider = providerOf(action);
      return provider ? this.byKey.get(`${place}:${provider.connector}/${provider.operation}`.toLowerCase()) : undefined;
    }
    return this.twinOf(action, place, type) ?? this.byKey.get(`${place}:${type}`) ?? (type === "manual" ? this.byKey.get("trigger:request") : undefined);
  }
}

/** What an action says of itself that tells operations of one type apart: its kind, `Table`'s format, `Wait`'s moment. */
function markOf(action: Action): string {
  if (action.kind !== "") return action.kind;
  if (action.type === "Table") return stringOf(down(action.value, "inputs", "format")) ?? "";
  if (action.type === "Wait") return down(action.value, "inputs", "until") ? "Until" : "Wait";
  return "";
}

/** Connector and operation of a ServiceProvider action (`/serviceProviders/<connector>`, operationId). */
export function providerOf(action: Action): { readonly connector: string; readonly operation: string; readonly connection: string } | null {
  const configuration = down(action.value, "inputs", "serviceProviderConfiguration");
  const id = stringOf(down(configuration, "serviceProviderId"));
  const operation = stringOf(down(configuration, "operationId"));
  if (id === undefined || operation === undefined) return null;
  return { connector: id.split("/").pop() ?? id, operation, connection: stringOf(down(configuration, "connectionName")) ?? "" };
}
