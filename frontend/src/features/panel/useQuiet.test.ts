import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { PAUSE, useQuiet } from "./useQuiet";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const drawn = (first: readonly string[]) => renderHook(({ sentences }: { sentences: readonly string[] }) => useQuiet(sentences), { initialProps: { sentences: first } });

it("says nothing new while somebody types, and says it in a pause", () => {
  const field = drawn([]);
  act(() => field.result.current.touch());
  field.rerender({ sentences: ["A bracket is missing."] });
  expect(field.result.current.sentences).toEqual([]);
  act(() => void vi.advanceTimersByTime(PAUSE - 1));
  act(() => field.result.current.touch());
  act(() => void vi.advanceTimersByTime(PAUSE - 1));
  expect(field.result.current.sentences).toEqual([]);
  act(() => void vi.advanceTimersByTime(1));
  expect(field.result.current.sentences).toEqual(["A bracket is missing."]);
});

it("says it at once when the field is left", () => {
  const field = drawn([]);
  act(() => field.result.current.touch());
  field.rerender({ sentences: ["Wrong."] });
  act(() => field.result.current.settle());
  expect(field.result.current.sentences).toEqual(["Wrong."]);
});

it("takes away what is solved while somebody still types", () => {
  const field = drawn(["Wrong.", "Missing."]);
  act(() => field.result.current.touch());
  field.rerender({ sentences: ["Missing.", "New."] });
  expect(field.result.current.sentences).toEqual(["Missing."]);
});
