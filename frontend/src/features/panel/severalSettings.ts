/** What was set for several actions but not applied yet, and the one action that stands in for all of them in the form. */
import { sameJsonText } from "../../workflow/carrying";
import { at, type Document } from "../../workflow/document";
import { openDraft } from "../../workflow/draft";
import { find, type Entry } from "../../workflow/graph";
import { setMember } from "../../workflow/members";
import { SETTING_PATHS, type SettingChange, type Shared, type SharedSetting } from "../../workflow/settings";
import { applyPatch } from "../../workflow/tree";

/** By setting, or `setting:property`: the JSON text it shall have, null to take it away. */
export type Wanted = ReadonlyMap<string, string | null>;

export interface StandIn {
  readonly document: Document;
  readonly entry: Entry;
  /** Pointers below the action where the actions do not have the same, and nothing was set. */
  readonly different: ReadonlySet<string>;
}

const NAME = "Each";
const POINTER = `/actions/${NAME}`;
const TRACKED = "/trackedProperties";

/** An action with what all of them have, and what shall be set. */
export function standInFor(shared: readonly Shared[], wanted: Wanted): StandIn {
  const different = new Set<string>();
  // A loop: the words of its concurrency are those of loops.
  let { document } = openDraft(`{"actions": {"${NAME}": {"type": "Foreach"}}}`);
  const put = (path: string, text: string | null): void => {
    if (text !== null) document = applyPatch(document, setMember(document, POINTER, path, text));
  };
  for (const { setting, values } of shared) {
    if (setting in SETTING_PATHS) {
      const path = SETTING_PATHS[setting as keyof typeof SETTING_PATHS];
      const common = values.get("");
      if (wanted.has(setting)) put(path, wanted.get(setting) ?? null);
      else if (common?.same) put(path, common.text);
      else different.add(path);
    }
    if (setting === "trackedProperties") {
      const properties = trackedOf(values, wanted);
      if (properties.size > 0) put(TRACKED, `{${[...properties].map(([name, text]) => `${JSON.stringify(name)}: ${text}`).join(", ")}}`);
      if ([...values].some(([name, common]) => !common.same && !wanted.has(`${setting}:${name}`))) different.add(TRACKED);
    }
  }
  const { graph } = openDraft(document.text);
  const entry = find(graph, NAME);
  if (!entry) throw new Error("The action that stands in for others is missing.");
  return { document, entry, different };
}

/** The tracked properties that all have, with what shall be set. */
function trackedOf(values: Shared["values"], wanted: Wanted): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (const [name, common] of values) if (common.same && common.text !== null) all.set(name, common.text);
  for (const [key, text] of wanted) {
    if (!key.startsWith("trackedProperties:")) continue;
    const name = key.slice("trackedProperties:".length);
    if (text === null) all.delete(name);
    else all.set(name, text);
  }
  return all;
}

/** After a member of the stand-in was set: what is wanted now. */
export function wantedWith(shared: readonly Shared[], wanted: Wanted, path: string, text: string | null): Wanted {
  const { document } = standInFor(shared, wanted);
  const next = applyPatch(document, setMember(document, POINTER, path, text));
  const read = (pointer: string): string | null => {
    const node = at(next, POINTER + pointer);
    return node ? next.text.slice(node.start, node.end) : null;
  };
  const whole = (Object.keys(SETTING_PATHS) as (keyof typeof SETTING_PATHS)[]).find((setting) => path.startsWith(SETTING_PATHS[setting]));
  if (whole) return new Map([...wanted, [whole, read(SETTING_PATHS[whole])]]);
  if (!path.startsWith(TRACKED)) return wanted;
  const values = shared.find(({ setting }) => setting === "trackedProperties")?.values ?? new Map();
  const before = trackedOf(values, wanted);
  const after = new Map((at(next, POINTER + TRACKED)?.members ?? []).map((one) => [one.name, next.text.slice(one.value.start, one.value.end)]));
  const result = new Map(wanted);
  for (const [name, value] of after) if (before.get(name) !== value) result.set(`trackedProperties:${name}`, value);
  for (const name of before.keys()) {
    if (after.has(name)) continue;
    // A name that only this form had (half typed, say) is forgotten; one that the actions have is taken away.
    if (values.has(name)) result.set(`trackedProperties:${name}`, null);
    else result.delete(`trackedProperties:${name}`);
  }
  return result;
}

/** What is to be done to the actions: nothing where it is the same already. */
export function settingsChanges(shared: readonly Shared[], wanted: Wanted): SettingChange[] {
  return [...wanted].flatMap(([key, text]) => {
    const [setting = "", ...rest] = key.split(":");
    const property = rest.join(":");
    const one = shared.find((each) => each.setting === (setting as SharedSetting));
    const common = one?.values.get(property);
    if (!one || (common?.same && (common.text === text || (common.text !== null && text !== null && sameJsonText(common.text, text))))) return [];
    return [{ names: one.can, setting: one.setting, property, text }];
  });
}
