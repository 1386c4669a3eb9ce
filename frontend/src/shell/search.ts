/** Readers of search parameters: whatever the address says, a page gets values it knows or none. */

export type RawSearch = Record<string, unknown>;

export function text(search: RawSearch, name: string): string | undefined {
  const value = search[name];
  return typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;
}

export function oneOf<Value extends string>(search: RawSearch, name: string, values: readonly Value[]): Value | undefined {
  return values.find((value) => value === search[name]);
}
