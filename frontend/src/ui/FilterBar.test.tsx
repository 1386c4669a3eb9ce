import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FilterBar, SearchField } from "./FilterBar";
import { UiProvider } from "./UiProvider";

beforeEach(() => {
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }));
  vi.useFakeTimers();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function List() {
  const [text, setText] = useState("");
  return (
    <FilterBar>
      <SearchField label="Search" value={text} onChange={setText} />
      <button type="button" onClick={() => setText("")}>Clear filters</button>
      <output>{text}</output>
    </FilterBar>
  );
}

test("a search cleared by others empties its field, and the same text can be searched again", () => {
  render(<UiProvider><List /></UiProvider>);
  const field = screen.getByLabelText<HTMLInputElement>("Search");
  const search = (text: string): void => {
    fireEvent.change(field, { target: { value: text } });
    act(() => void vi.advanceTimersByTime(200));
  };
  search("parcel");
  expect(screen.getByRole("status").textContent).toBe("parcel");
  fireEvent.click(screen.getByText("Clear filters"));
  expect(field.value).toBe("");
  search("parcel");
  expect(screen.getByRole("status").textContent).toBe("parcel");
});
