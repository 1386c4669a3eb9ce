import { createTheme, type MantineColorsTuple } from "@mantine/core";

const accent: MantineColorsTuple = [
  "#e8f1fb",
  "#cfe2f8",
  "#a6cbf4",
  "#7db2ff",
  "#4e94f0",
  "#2376e3",
  "#0b5cd6",
  "#094db4",
  "#0b3d78",
  "#072b57",
];

const popper = { transitionProps: { transition: "fade" as const, duration: 80 } };

/** The product's Mantine theme. Colours are CSS variables (tokens.css): this only sets what Mantine takes as numbers. */
export const theme = createTheme({
  primaryColor: "accent",
  primaryShade: { light: 6, dark: 3 },
  colors: { accent },
  fontFamily: "var(--mr-font)",
  fontFamilyMonospace: "var(--mr-mono)",
  defaultRadius: 6,
  cursorType: "pointer",
  respectReducedMotion: true,
  fontSizes: { xs: "0.75rem", sm: "0.875rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  components: {
    Input: { vars: () => ({ wrapper: { "--input-height": "32px", "--input-fz": "14px", "--input-bd": "var(--mr-border)" } }) },
    Tooltip: { defaultProps: { ...popper, openDelay: 350, withArrow: false } },
    Popover: { defaultProps: { ...popper } },
    Menu: { defaultProps: { ...popper } },
    Modal: { defaultProps: { transitionProps: { transition: "fade", duration: 100 } } },
  },
});
