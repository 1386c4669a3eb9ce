/** What was done, as people say it. Actions without a sentence of their own are shown by their name. */
const words: Readonly<Record<string, string>> = {
  "connection.change": "Changed a connection",
  "connection.create": "Made a connection",
  "connection.delete": "Deleted a connection",
  "connection.test": "Tested a connection",
  "draft.edit": "Edited a draft",
  "inbox.redrive": "Sent an arrival through again",
  "member.add": "Added a member",
  "member.invite": "Invited somebody",
  "member.join": "Joined",
  "member.remove": "Removed a member",
  "member.role": "Changed a role",
  "member.withdraw": "Withdrew an invitation",
  "password.change": "Changed a password",
  "retention.change": "Changed how long runs stay",
  "run.cancel": "Cancelled a run",
  "run.rerun": "Ran again from a step",
  "run.resubmit": "Resubmitted a run",
  "run.start": "Started a run",
  "settings.change": "Changed settings",
  "template.change": "Changed a template",
  "template.create": "Saved a template",
  "template.delete": "Deleted a template",
  "tenant.create": "Made the organisation",
  "token.create": "Made an API token",
  "token.revoke": "Revoked an API token",
  "workflow.callbacks.renew": "Renewed callback addresses",
  "workflow.create": "Made a workflow",
  "workflow.delete": "Deleted a workflow",
  "workflow.disable": "Switched a workflow off",
  "workflow.enable": "Switched a workflow on",
  "workflow.limit": "Changed a workflow's limits",
  "workflow.publish": "Published a workflow",
  "workflow.rename": "Renamed a workflow",
  "workflow.tag": "Changed the tags of a workflow",
  "workflow.describe": "Changed the description of a workflow",
  "workflow.values": "Changed values of parameters",
};

export const actionWords = (action: string): string => words[action] ?? action;

const kinds: Readonly<Record<string, string>> = { user: "Accounts", tenant: "Organisation", token: "API tokens" };

/** "Workflows": what a kind of object is called in the filter. */
export const kindWords = (kind: string): string => kinds[kind] ?? `${kind.charAt(0).toUpperCase()}${kind.slice(1)}s`;

/** "role: editor → admin; name: Orders": the facts that differ, in one line. */
export function changeWords(before: unknown, after: unknown): string {
  const old = factsOf(before);
  const now = factsOf(after);
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]))
    .map((name) => [name, [old[name], now[name]].filter((fact) => fact !== undefined && fact !== "").map(factWords)] as const)
    .filter(([, facts]) => facts.length > 0)
    .map(([name, facts]) => `${name}: ${facts.join(" → ")}`)
    .join("; ");
}

const factsOf = (facts: unknown): Record<string, unknown> => (typeof facts === "object" && facts !== null && !Array.isArray(facts) ? { ...facts } : {});

const factWords = (fact: unknown): string => (typeof fact === "string" ? fact : JSON.stringify(fact));
