import {
  IconChevronsLeft,
  IconChevronsRight,
  IconHistory,
  IconInbox,
  IconPlugConnected,
  IconSettings,
  IconTemplate,
  IconTopologyStar3,
  IconUsers,
} from "@tabler/icons-react";
import { Link, Outlet, useParams, useRouterState } from "@tanstack/react-router";
import { memo, type RefObject, useEffect, useRef, useState } from "react";
import { usePermission } from "../api/permissions";
import { ConnectionDot as ConnectionDotAsDrawn } from "../features/live/ConnectionDot";
import { Tooltip } from "../ui/Tooltip";
import { Breadcrumb } from "./Breadcrumb";
import { Mark } from "./Mark";
import { SessionExpired } from "./SessionExpired";
import styles from "./Shell.module.css";
import { TenantSwitcher as TenantSwitcherAsDrawn } from "./TenantSwitcher";
import { UserMenu as UserMenuAsDrawn } from "./UserMenu";

// The shell is drawn with every change of the address, such as the choice of a card; its parts hear of what concerns them.
const ConnectionDot = memo(ConnectionDotAsDrawn);
const TenantSwitcher = memo(TenantSwitcherAsDrawn);
const UserMenu = memo(UserMenuAsDrawn);

/** Header, rail and the page between them. */
export function Shell() {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const main = useRef<HTMLElement>(null);
  useFocusOnPage(main);
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        Skip to content
      </a>
      <header className={styles.header}>
        <Link to="/t/$tenant/workflows" params={{ tenant }} className={styles.home} aria-label="Millrace">
          <Mark size={26} />
          <span className={styles.homeName}>Millrace</span>
        </Link>
        <span className={styles.separator} aria-hidden>
          /
        </span>
        <TenantSwitcher tenant={tenant} />
        <Breadcrumb tenant={tenant} />
        <div className={styles.spacer} />
        <ConnectionDot tenant={tenant} />
        <UserMenu />
      </header>
      <Rail tenant={tenant} />
      <main ref={main} id="content" className={styles.main} tabIndex={-1}>
        <Outlet />
      </main>
      <SessionExpired />
    </div>
  );
}

/**
 * The button or dialog that led to a page goes with the page before: then the keyboard goes on inside the new page, not at the
 * top of the window.
 */
function useFocusOnPage(main: RefObject<HTMLElement | null>): void {
  const page = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const first = useRef(page);
  useEffect(() => {
    if (page === first.current) return undefined;
    first.current = undefined;
    const frame = requestAnimationFrame(() => {
      if (document.activeElement === document.body) main.current?.focus({ preventScroll: true });
    });
    return () => cancelAnimationFrame(frame);
  }, [page, main]);
}

const places = [
  { to: "/t/$tenant/workflows", label: "Workflows", icon: IconTopologyStar3 },
  { to: "/t/$tenant/runs", label: "Runs", icon: IconHistory },
  { to: "/t/$tenant/inbox", label: "Inbox", icon: IconInbox },
  { to: "/t/$tenant/connections", label: "Connections", icon: IconPlugConnected },
  { to: "/t/$tenant/templates", label: "Templates", icon: IconTemplate },
  { to: "/t/$tenant/members", label: "Members", icon: IconUsers },
] as const;

const settings = { to: "/t/$tenant/settings", label: "Settings", icon: IconSettings } as const;

const storageKey = "millrace-rail";

const Rail = memo(function Rail({ tenant }: { readonly tenant: string }) {
  const [open, setOpen] = useState(() => localStorage.getItem(storageKey) === "open");
  const maySet = usePermission(tenant, "settings.write");
  const toggle = () => {
    localStorage.setItem(storageKey, open ? "closed" : "open");
    setOpen(!open);
  };
  const fold = open ? "Collapse navigation" : "Expand navigation";
  return (
    <nav className={styles.rail} data-open={open || undefined} aria-label="Main">
      {(maySet ? [...places, settings] : places).map(({ to, label, icon: Icon }) => (
        <Tooltip key={to} text={label} position="right" disabled={open}>
          <Link to={to} params={{ tenant }} className={styles.place} aria-label={label}>
            <Icon size={20} stroke={1.75} aria-hidden />
            {open && label}
          </Link>
        </Tooltip>
      ))}
      <Tooltip text={fold} position="right" disabled={open}>
        <button type="button" className={styles.fold} onClick={toggle} aria-label={fold} aria-expanded={open}>
          {open ? <IconChevronsLeft size={20} stroke={1.75} aria-hidden /> : <IconChevronsRight size={20} stroke={1.75} aria-hidden />}
          {open && "Collapse"}
        </button>
      </Tooltip>
    </nav>
  );
});

