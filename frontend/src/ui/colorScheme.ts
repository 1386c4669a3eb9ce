import { useMantineColorScheme } from "@mantine/core";

export type Theme = "auto" | "light" | "dark";

/** The chosen theme (kept in the browser) and its setter. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return [colorScheme, setColorScheme];
}
