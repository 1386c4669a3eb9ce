import type { Node } from "../../workflow/document";
import { down, member, stringOf } from "../../workflow/tree";

/** Which parts of a schedule mean something at which frequency (reference 5.2). */
const WITH: Readonly<Record<string, readonly string[]>> = {
  weekDays: ["week", "month"], monthDays: ["month"], monthlyOccurrences: ["month"], hours: ["day", "week", "month"], minutes: ["day", "week", "month"],
};
/** Those that most schedules of a frequency have. */
const USUAL: Readonly<Record<string, readonly string[]>> = {
  weekDays: ["week"], monthDays: ["month"], hours: ["day", "week", "month"], minutes: ["day", "week", "month"], timeZone: ["day", "week", "month"],
};

/** The frequency of a trigger that has a recurrence, in small letters; null where it has none. */
export function frequencyOf(trigger: Node): string | null {
  const recurrence = member(trigger, "recurrence");
  return recurrence ? (stringOf(down(recurrence, "frequency")) ?? "").toLowerCase() : null;
}

export const belongsTo = (field: string, frequency: string | null): boolean => frequency === null || !(field in WITH) || (WITH[field] ?? []).includes(frequency);

export const shownAtOnce = (field: string, frequency: string | null): boolean => frequency !== null && (USUAL[field] ?? []).includes(frequency);

/** "8, 17" → [8, 17]; null where it is no list of whole numbers from `least` to `most`. */
export function numbersIn(text: string, least: number, most: number): number[] | null {
  const parts = text.split(/[,;\s]+/).filter((part) => part !== "");
  const numbers = parts.map(Number);
  if (parts.some((part) => !/^-?\d+$/.test(part)) || numbers.some((one) => one < least || one > most)) return null;
  return [...new Set(numbers)].sort((one, other) => one - other);
}

/** What stands in a list, or in the place of one: numbers, also those written as text. Null where it is something else. */
export function numbersOf(node: Node | undefined): number[] | null {
  if (!node || node.kind === "null") return [];
  const items = node.kind === "array" ? node.items : [node];
  const numbers = items.map((item) => (item.kind === "number" || (item.kind === "string" && /^\s*-?\d+\s*$/.test(String(item.value))) ? Number(item.value) : Number.NaN));
  return numbers.some((one) => !Number.isInteger(one)) ? null : numbers;
}

const PLAIN = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(:\d{2})?(?:\.\d+)?(Z?)$/;

/** A moment as a date field takes it ("2026-09-07T08:00"), and whether it was in UTC; null where it is an expression or something else. */
export function momentIn(text: string): { readonly local: string; readonly utc: boolean } | null {
  const found = PLAIN.exec(text.trim());
  return found ? { local: `${found[1] ?? ""}${found[2] && found[2] !== ":00" ? found[2] : ""}`, utc: found[3] === "Z" } : null;
}

/** A date field's value as WDL writes it. */
export const momentText = (local: string, utc: boolean): string => `${local.length === 16 ? `${local}:00` : local}${utc ? "Z" : ""}`;
