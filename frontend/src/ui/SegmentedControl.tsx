import "@mantine/core/styles/SegmentedControl.layer.css";
import { SegmentedControl as Mantine, type SegmentedControlProps as MantineProps } from "@mantine/core";
import styles from "./SegmentedControl.module.css";

export type SegmentedControlProps = Omit<MantineProps, "classNames" | "styles" | "size" | "variant">;

/** One of two to five views of the same thing. */
export function SegmentedControl(props: SegmentedControlProps) {
  return (
    <Mantine
      radius={6}
      withItemsBorders={false}
      transitionDuration={120}
      {...props}
      classNames={{ root: styles.root ?? "", label: styles.label ?? "", indicator: styles.indicator ?? "" }}
    />
  );
}
