import { type RunFilters, SPANS, type Span } from "../../api/runs";
import type { ActionStatus, RunStatus } from "../../api/types";

export const statuses: readonly RunStatus[] = ["Running", "Waiting", "Succeeded", "Failed", "TimedOut", "Cancelled"];
export const actionStatuses: readonly ActionStatus[] = ["Running", "Waiting", "Succeeded", "Failed", "TimedOut", "Skipped", "Cancelled"];
export const spans = Object.keys(SPANS) as Span[];

/** What narrows the runs shown; kept in the address. */
export type RunSearch = Omit<RunFilters, "workflow">;

/** No filter at all. */
export const NO_FILTERS: RunSearch = {
  status: undefined, search: undefined, span: undefined, since: undefined, until: undefined,
  version: undefined, mode: undefined, longer: undefined, shorter: undefined, action: undefined, actionStatus: undefined, text: undefined,
};

/** Of what an address says, what is a filter: it may have been typed by hand. Versions have numbers in one workflow only. */
export function runSearch(asked: RunSearch, inWorkflow: boolean): RunSearch {
  const known = spans.find((each) => each === asked.span);
  const version = inWorkflow && /^[1-9]\d{0,8}$/.test(asked.version ?? "") ? asked.version : undefined;
  return {
    status: statuses.find((each) => each === asked.status),
    search: asked.search,
    span: known,
    since: known ? undefined : moment(asked.since),
    until: known ? undefined : moment(asked.until),
    version,
    mode: version === undefined && (asked.mode === "published" || asked.mode === "draft") ? asked.mode : undefined,
    longer: seconds(asked.longer),
    shorter: seconds(asked.shorter),
    action: asked.action?.slice(0, 200),
    actionStatus: actionStatuses.find((each) => each === asked.actionStatus),
    text: asked.text?.slice(0, 200),
  };
}

/** A time that can be asked for: while a year is typed, it is one of the first century. */
export function moment(iso: string | undefined): string | undefined {
  const date = new Date(iso ?? "");
  return date.getFullYear() > 1970 && date.getFullYear() < 9000 ? date.toISOString() : undefined;
}

function seconds(text: string | undefined): string | undefined {
  return /^\d{1,9}(\.\d{1,3})?$/.test(text ?? "") && Number(text) > 0 ? text : undefined;
}

/** How many of the filters one needs now and then are set. */
export function rareFilters({ version, mode, longer, shorter, action, actionStatus, text }: RunSearch): number {
  return [version, mode, longer, shorter, action, actionStatus, text].filter((one) => one !== undefined).length;
}

export function isNarrowed(filters: RunSearch): boolean {
  return Object.values(filters).some((one) => one !== undefined);
}
