const SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isRunId(text: string): boolean {
  return SHAPE.test(text);
}

/** When the run with this id arrived: ids say so to the millisecond. Null for what is none of ours. */
export function arrivedAt(id: string): Date | null {
  if (!isRunId(id) || id[14] !== "7") return null;
  const at = new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
  return at.getFullYear() >= 2020 && at.getTime() < Date.now() + 86_400_000 ? at : null;
}
