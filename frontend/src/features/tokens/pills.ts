import { expressionRanges } from "../../workflow/references";
import { pillWords, type PillWords } from "../../workflow/words";

export interface Segment {
  /** Range of the whole segment, with `@` and braces. */
  readonly from: number;
  readonly to: number;
  readonly expression: string;
  readonly words: PillWords;
}

/** The closed expressions of a template. */
export function segmentsOf(text: string): Segment[] {
  return expressionRanges(text).filter((range) => range.closed).map((range) => {
    const whole = range.start === 1;
    const expression = text.slice(range.start, range.end);
    return { from: whole ? 0 : range.start - 2, to: whole ? range.end : range.end + 1, expression, words: pillWords(expression) };
  });
}

export const KIND_COLORS: Readonly<Record<PillWords["kind"], string>> = {
  action: "#7c4bb0", trigger: "#0e7490", variable: "#a15c07", parameter: "#3f4a5a", item: "#4f55b5", function: "#1d5fbf", workflow: "#3f4a5a",
};

export function pillTitle(segment: Segment): string {
  return `${segment.words.source}: ${segment.expression}`;
}
