import { useDebouncedCallback } from "@mantine/hooks";
import { Select, type SelectProps } from "./Select";

interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface FoundSelectProps extends Omit<SelectProps, "data" | "value" | "searchable" | "filter" | "onSearchChange" | "onChange"> {
  /** What fits to what was typed. */
  readonly found: readonly Choice[];
  readonly more: boolean;
  /** Below what was found, whatever is typed. */
  readonly always?: readonly Choice[];
  readonly chosen: Choice | null;
  readonly onTyped: (text: string) => void;
  readonly onChange: (value: string) => void;
}

const PAUSE = 150;
const MORE = "\u0000more";

/** One of a list too long to be had: the first of it, or what is found by typing. */
export function FoundSelect({ found, more, always = [], chosen, onTyped, onChange, ...props }: FoundSelectProps) {
  const typed = useDebouncedCallback(onTyped, PAUSE);
  const among = chosen === null || found.some((one) => one.value === chosen.value);
  const data = [...(among ? [] : [chosen]), ...found, ...(more ? [{ value: MORE, label: "There are more: type a part of the name", disabled: true }] : []), ...always];
  return (
    <Select
      {...props}
      searchable
      data={data}
      value={chosen?.value ?? null}
      // Whoever asked has filtered already.
      filter={({ options }) => options}
      // The name of what is chosen stands in the field: it is not looked for.
      onSearchChange={(text) => typed(text === chosen?.label ? "" : text)}
      onChange={(value) => value !== null && onChange(value)}
    />
  );
}
