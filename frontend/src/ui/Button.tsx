import { IconLoader2 } from "@tabler/icons-react";
import { createLink } from "@tanstack/react-router";
import type { ComponentPropsWithRef, ReactNode } from "react";
import styles from "./Button.module.css";

interface Look {
  readonly variant?: "primary" | "secondary" | "quiet" | "danger" | "danger-quiet" | undefined;
  readonly size?: "small" | "medium" | "large" | undefined;
  /** A 16 px icon before the text. */
  readonly icon?: ReactNode;
  readonly trailing?: ReactNode;
  readonly wide?: boolean | undefined;
}

export interface ButtonProps extends Look, ComponentPropsWithRef<"button"> {
  /** Shows a spinner and refuses clicks; the button keeps its place and its focus. */
  readonly busy?: boolean | undefined;
}

export function Button(props: ButtonProps) {
  const { variant = "secondary", size = "medium", icon, trailing, wide, busy, className, children, onClick, ...rest } = props;
  return (
    <button
      type="button"
      {...rest}
      className={`${styles.button} ${className ?? ""}`}
      data-variant={variant}
      data-size={size}
      data-wide={wide || undefined}
      data-busy={busy || undefined}
      aria-busy={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
    >
      {busy ? (
        <span className={styles.icon}>
          <IconLoader2 size={16} className={styles.spin} aria-hidden />
        </span>
      ) : (
        icon && <span className={styles.icon}>{icon}</span>
      )}
      {children}
      {trailing && <span className={styles.icon}>{trailing}</span>}
    </button>
  );
}

interface AnchorProps extends Look, ComponentPropsWithRef<"a"> {}

/** An ordinary link that looks like a button (downloads, other sites). */
export function AnchorButton({ variant = "secondary", size = "medium", icon, trailing, wide, className, children, ...rest }: AnchorProps) {
  return (
    <a
      {...rest}
      className={`${styles.button} ${className ?? ""}`}
      data-variant={variant}
      data-size={size}
      data-wide={wide || undefined}
    >
      {icon && <span className={styles.icon}>{icon}</span>}
      {children}
      {trailing && <span className={styles.icon}>{trailing}</span>}
    </a>
  );
}

/** A route link that looks like a button: takes `to`, `params`, `search` like the router's own link. */
export const LinkButton = createLink(AnchorButton);
