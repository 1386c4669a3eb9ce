import { useQueryClient } from "@tanstack/react-query";
import { manifestQuery } from "../../api/drafts";
import { toast } from "../../ui/toasts";
import type { OperationEntry } from "../../workflow/catalogue";
import type { Place } from "../../workflow/layout";

export interface Adding {
  /** `next`: what the workflow needs next, a trigger first. One that was just chosen may still be on its way when this is asked for. */
  readonly kind: "action" | "trigger" | "next";
  readonly place: Place | null;
  readonly anchor: DOMRect | null;
  readonly parallel?: boolean;
}

export type Connections = readonly { readonly name: string; readonly connector: string }[];
type OnPlace = (operation: OperationEntry, text: string, place: Place | null) => void;

/** Puts an operation at a place; its text comes from its manifest, its connection is chosen where there is only one. */
export function useChooseOperation(tenant: string, connections: () => Promise<Connections | null>, onPlace: OnPlace): (operation: OperationEntry, place: Place | null) => Promise<void> {
  const queries = useQueryClient();
  return async (operation, place) => {
    try {
      const manifest = await queries.ensureQueryData(manifestQuery(tenant, operation.id));
      onPlace(operation, withConnection(manifest.template, operation.needsConnection ? ((await connections()) ?? []) : [], operation), place);
    } catch (error) {
      toast.error(error instanceof Error ? error.message : `“${operation.title}” could not be loaded.`);
    }
  };
}

/** The one connection of the connector is chosen at once. */
function withConnection(template: string, connections: Connections, operation: OperationEntry): string {
  const mine = connections.filter((one) => one.connector.toLowerCase() === operation.connector.toLowerCase());
  const only = mine.length === 1 ? mine[0] : undefined;
  return only && operation.needsConnection ? template.replace(/("connectionName":\s*)""/, `$1${JSON.stringify(only.name)}`) : template;
}
