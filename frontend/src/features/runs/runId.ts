const SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isRunId(text: string): boolean {
  return SHAPE.test(text);
}

/** The id in what was pasted: an id with quotes or spaces around it, or the address of a run. */
export function runIdIn(text: string): string | null {
  return text.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f-])/gi)?.at(-1)?.toLowerCase() ?? null;
}

/** When the run with this id arrived: ids say so to the millisecond. Null for what is none of ours. */
export function arrivedAt(id: string): Date | null {
  if (!isRunId(id) || id[14] !== "7") return null;
  const at = new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
  return at.getFullYear() >= 2020 && at.getTime() < Date.now() + 86_400_000 ? at : null;
}
