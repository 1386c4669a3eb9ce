/** Settings besides the inputs: which of them an action takes, what several have in common, and how they get the same one. */
import { at, parse, quote } from "./document";
import { listed, titleOf, type Draft } from "./draft";
import { find, RUN_AFTER_STATUSES, type Action, type Entry } from "./graph";
import { setMember } from "./members";
import { Refused } from "./refused";
import type { Splice } from "./splices";
import { down, escapePart, jsonOf, member, stringOf } from "./tree";
import { linkSplices } from "./wiring";

/** Types of reference 1.6 that call something, for operations that no manifest describes. */
const CALLING = new Set(["Http", "HttpWebhook", "ServiceProvider", "ApiConnection", "ApiConnectionWebhook", "ApiManagement", "Function", "Workflow", "OpenApiConnection"]);

/** Types that go on calling after an answer 202, unless told otherwise. */
const WAITING = new Set(["Http", "Workflow", "Function", "ApiManagement"]);
const NO_WAITING = "DisableAsyncPattern";

/** The settings of an action or trigger: what its manifest offers (null: it has none), and what the language allows everywhere. */
export function settingsOf(action: Action, offered: readonly string[] | null): ReadonlySet<string> {
  const names = new Set(offered ?? (CALLING.has(action.type) && !action.trigger ? ["retryPolicy", "timeout", "secureInputs", "secureOutputs"] : []));
  // Reference 9: whether a manifest says so or not.
  if (!action.trigger) names.add("timeout").add("trackedProperties");
  if (!action.container) names.add("secureInputs").add("secureOutputs");
  if (action.type === "Foreach") names.add("concurrency");
  if (action.trigger && offered === null) names.add("conditions").add("splitOn").add("concurrency");
  if (action.type === "Http" && !action.trigger) names.add("chunking").add("requestTimeout");
  if (action.type === "Request" || action.type === "HttpWebhook") names.add("correlation");
  return names;
}

export const SHARED_SETTINGS = ["retryPolicy", "timeout", "concurrency", "security", "asyncPattern", "runAfter", "trackedProperties"] as const;
export type SharedSetting = (typeof SHARED_SETTINGS)[number];

export interface SettingChange {
  readonly names: readonly string[];
  readonly setting: SharedSetting;
  /** Of security `inputs` or `outputs`, of run after a status, of tracked properties a name; "" else. */
  readonly property: string;
  /** JSON text; null takes it away. */
  readonly text: string | null;
}

/** What the chosen actions have in one place: the same JSON text in all of them (null: none has any), or not the same. */
export interface Common {
  readonly same: boolean;
  readonly text: string | null;
}

export interface Shared {
  readonly setting: SharedSetting;
  /** Names of the actions that take it. */
  readonly can: readonly string[];
  readonly cannot: readonly string[];
  /** By property. */
  readonly values: ReadonlyMap<string, Common>;
}

/** Where the settings stand that are one value. */
export const SETTING_PATHS = { retryPolicy: "/inputs/retryPolicy", timeout: "/limit/timeout", concurrency: "/runtimeConfiguration/concurrency/repetitions" } as const;

const TITLES: Readonly<Record<SharedSetting, readonly [title: string, any: string]>> = {
  retryPolicy: ["Retry policy", "one"], timeout: ["Timeout", "one"], concurrency: ["Concurrency of loops", "any"], security: ["Security", "any"],
  asyncPattern: ["Asynchronous pattern", "one"], runAfter: ["Run after", "any"], trackedProperties: ["Tracked properties", "any"],
};
const SECURED = ["inputs", "outputs"] as const;

/** The settings that at least one of these actions takes, with what they have in common. */
export function sharedSettings(entries: readonly Entry[], offeredOf: (action: Action) => readonly string[] | null): Shared[] {
  const names = entries.map(({ action }) => ({ action, takes: settingsOf(action, offeredOf(action)) }));
  return SHARED_SETTINGS.flatMap((setting) => {
    const can = names.filter(({ action, takes }) => valuesOf(action, takes, setting) !== null);
    if (can.length === 0) return [];
    const values = new Map<string, Common>();
    const met = new Map<string, number>();
    for (const { action, takes } of can) {
      const own = valuesOf(action, takes, setting) ?? [];
      for (const [property, text] of own) {
        const known = values.get(property);
        values.set(property, known ? { same: known.same && known.text === text, text: known.text } : { same: true, text });
      }
      for (const property of new Set(own.map(([one]) => one))) met.set(property, (met.get(property) ?? 0) + 1);
    }
    // A property that some of them do not have is not the same in all.
    if (setting === "trackedProperties") for (const [property, common] of values) if (met.get(property) !== can.length) values.set(property, { ...common, same: false });
    const takers = new Set(can.map(({ action }) => action.name));
    return [{ setting, can: [...takers], cannot: entries.flatMap(({ action }) => (takers.has(action.name) ? [] : [action.name])), values }];
  });
}

type Value = readonly [property: string, text: string | null];

/** What an action has of a setting; null where it does not take it. */
function valuesOf(action: Action, takes: ReadonlySet<string>, setting: SharedSetting): readonly Value[] | null {
  const { value } = action;
  const textAt = (path: string): string | null => {
    const node = down(value, ...path.slice(1).split("/"));
    return node ? JSON.stringify(jsonOf(node)) : null;
  };
  switch (setting) {
    case "retryPolicy":
      return takes.has("retryPolicy") ? [["", textAt(SETTING_PATHS.retryPolicy)]] : null;
    case "timeout":
      return takes.has("timeout") && !action.trigger ? [["", textAt(SETTING_PATHS.timeout)]] : null;
    case "concurrency":
      return action.type === "Foreach" ? [["", textAt(SETTING_PATHS.concurrency)]] : null;
    case "security": {
      const hidden = securedOf(action);
      const can = SECURED.filter((one) => takes.has(one === "inputs" ? "secureInputs" : "secureOutputs") && !(action.trigger && one === "inputs"));
      return can.length === 0 ? null : can.map((one) => [one, String(hidden.includes(one))]);
    }
    case "asyncPattern":
      return WAITING.has(action.type) && !action.trigger ? [["", String(optionsOf(action).some((one) => one.toLowerCase() === NO_WAITING.toLowerCase()))]] : null;
    case "runAfter":
      return action.trigger || action.runAfter.length === 0 ? null : action.runAfter.flatMap((link) => RUN_AFTER_STATUSES.map((status): Value => [status, String(link.statuses.includes(status))]));
    case "trackedProperties": {
      if (action.trigger) return null;
      const properties = member(value, "trackedProperties");
      return properties?.kind === "object" ? properties.members.map((one) => [one.name, JSON.stringify(jsonOf(one.value))]) : [];
    }
  }
}

const securedOf = (action: Action): string[] => (down(action.value, "runtimeConfiguration", "secureData", "properties")?.items ?? []).flatMap((one) => stringOf(one) ?? []);

const optionsOf = (action: Action): string[] => (stringOf(member(action.value, "operationOptions")) ?? "").split(",").map((one) => one.trim()).filter((one) => one !== "" && one !== "None");

// ---------------------------------------------------------------------------------------------- setting them

/** Gives actions these settings; those that somebody deleted meanwhile are left out. */
export function settingSplices(draft: Draft, changes: readonly SettingChange[]): Splice[] {
  const wanted = new Map<string, { readonly entry: Entry; readonly changes: SettingChange[] }>();
  for (const change of changes) {
    for (const name of change.names) {
      const entry = find(draft.graph, name);
      if (!entry) continue;
      const known = wanted.get(entry.pointer);
      if (known) known.changes.push(change);
      else wanted.set(entry.pointer, { entry, changes: [change] });
    }
  }
  if (wanted.size === 0) throw new Refused("The actions to set are not there any more.");
  return [...wanted.values()].flatMap((one) => SHARED_SETTINGS.flatMap((setting) => {
    const own = one.changes.filter((change) => change.setting === setting);
    return own.length === 0 ? [] : splicesOf(draft, one.entry, setting, new Map(own.map((change) => [change.property, change.text])));
  }));
}

function splicesOf({ document }: Draft, { action, pointer }: Entry, setting: SharedSetting, texts: ReadonlyMap<string, string | null>): Splice[] {
  const set = (path: string, text: string | null): Splice[] => {
    const node = at(document, pointer + path);
    const same = node ? text !== null && JSON.stringify(jsonOf(node)) === JSON.stringify(jsonOf(parse(text).root)) : text === null;
    return same ? [] : setMember(document, pointer, path, text);
  };
  switch (setting) {
    case "retryPolicy":
    case "timeout":
    case "concurrency":
      return set(SETTING_PATHS[setting], texts.get("") ?? null);
    case "security": {
      const hidden = securedOf(action);
      const next = SECURED.filter((one) => (texts.has(one) && !(action.trigger && one === "inputs") ? texts.get(one) === "true" : hidden.includes(one)));
      return next.length === 0 ? set("/runtimeConfiguration/secureData", null) : set("/runtimeConfiguration/secureData/properties", JSON.stringify(next));
    }
    case "asyncPattern": {
      const rest = optionsOf(action).filter((one) => one.toLowerCase() !== NO_WAITING.toLowerCase());
      const next = texts.get("") === "true" ? [...rest, NO_WAITING] : rest;
      return set("/operationOptions", next.length === 0 ? null : quote(next.join(", ")));
    }
    case "runAfter": {
      const links = action.runAfter.map((link) => ({ name: link.name, statuses: RUN_AFTER_STATUSES.filter((one) => (texts.has(one) ? texts.get(one) === "true" : link.statuses.includes(one))) }));
      if (links.some((link) => link.statuses.length === 0)) throw new Refused(`“${titleOf(action.name)}” would never run: leave at least one outcome that it runs after.`);
      return links.every((link, index) => link.statuses.length === action.runAfter[index]?.statuses.length && link.statuses.every((one) => action.runAfter[index]?.statuses.includes(one))) ? [] : linkSplices(action.value, pointer, links);
    }
    case "trackedProperties":
      return trackedSplices(action, pointer, set, texts);
  }
}

function trackedSplices(action: Action, pointer: string, set: (path: string, text: string | null) => Splice[], texts: ReadonlyMap<string, string | null>): Splice[] {
  const there = member(action.value, "trackedProperties");
  const members = there?.kind === "object" ? there.members.map((one) => one.name) : [];
  const kept = members.filter((name) => texts.get(name) !== null);
  const given = [...texts].flatMap(([name, text]) => (text === null ? [] : [{ name, text }]));
  if (kept.length + given.length === 0) return members.length === 0 ? [] : set("/trackedProperties", null);
  if (members.length === 0) return set("/trackedProperties", `{${given.map((one) => `${quote(one.name)}: ${one.text}`).join(", ")}}`);
  // Set before others go: an object left empty in between would be gone with its last member.
  const gone = members.filter((name) => texts.get(name) === null).map((name): Splice => ({ op: "remove", at: `${pointer}/trackedProperties/${escapePart(name)}` }));
  return [...given.flatMap((one) => set(`/trackedProperties/${escapePart(one.name)}`, one.text)), ...gone];
}

// ---------------------------------------------------------------------------------------------- words

/** "retry policy and timeout": what changes change. */
export function settingTitles(changes: readonly SettingChange[]): string {
  const titles = SHARED_SETTINGS.filter((setting) => changes.some((change) => change.setting === setting)).map((setting) => TITLES[setting][0].toLowerCase());
  return titles.length < 2 ? (titles[0] ?? "settings") : `${titles.slice(0, -1).join(", ")} and ${titles.at(-1) ?? ""}`;
}

/** "Retry policy of 7 actions; 2 cannot have one: Compose and Wait." */
export function reachWords({ setting, can, cannot }: Pick<Shared, "setting" | "can" | "cannot">): string {
  const [title, any] = TITLES[setting];
  const of = `${title} of ${can.length === 1 ? titleOf(can[0] ?? "") : `${String(can.length)} actions`}`;
  return cannot.length === 0 ? `${of}.` : `${of}; ${String(cannot.length)} cannot have ${any}: ${listed(cannot)}.`;
}
