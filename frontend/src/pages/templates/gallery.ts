import type { TemplateItem } from "../../api/types";
import { triggerLook } from "../../features/workflows/triggers";

/** Not a category: the templates that this organisation saved. */
export const OWN = "own";

export interface GalleryFilters {
  readonly q?: string | undefined;
  readonly category?: string | undefined;
  /** Connectors, all of which a template must use. */
  readonly connectors: readonly string[];
  /** A trigger in a person's words: several types of triggers are one word. */
  readonly trigger?: string | undefined;
}

/** Who wrote it, as far as that is known. */
export function authorOf(template: Pick<TemplateItem, "own" | "by">): string {
  return template.own ? (template.by ?? "a former member") : "Millrace";
}

export const startOf = (template: TemplateItem): string => triggerLook(template.triggerType)[0];

export function fitsCategory(template: TemplateItem, wanted: string | undefined): boolean {
  return wanted === undefined || (wanted === OWN ? template.own : template.category === wanted);
}

/** Everything but the category, which has a count for each of its choices. */
export function fits(template: TemplateItem, { q = "", connectors, trigger }: GalleryFilters): boolean {
  const whole = [template.title, template.summary, template.category, authorOf(template), ...template.connectors].join(" ").toLowerCase();
  return (
    q.toLowerCase().split(/\s+/).every((word) => whole.includes(word)) &&
    connectors.every((one) => template.connectors.includes(one)) &&
    (trigger === undefined || startOf(template) === trigger)
  );
}

const byTitle = (one: TemplateItem, other: TemplateItem): number => one.title.localeCompare(other.title);

/** What the organisation saved, the last change first; then what comes along, and of that what needs least to be set up. */
const bySuggestion = (one: TemplateItem, other: TemplateItem): number =>
  Number(other.own) - Number(one.own) ||
  (one.own ? (other.changedAt ?? "").localeCompare(one.changedAt ?? "") : one.connectors.length - other.connectors.length || one.actions - other.actions) ||
  byTitle(one, other);

export function sorted(templates: readonly TemplateItem[], sort: "name" | undefined): readonly TemplateItem[] {
  return templates.toSorted(sort === "name" ? byTitle : bySuggestion);
}

/** A list in the address: what is chosen, once each. */
export function listOf(text: string | undefined): readonly string[] {
  return [...new Set((text ?? "").split(",").filter((one) => one !== ""))];
}
