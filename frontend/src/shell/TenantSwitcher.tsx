import { IconCheck, IconSelector } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { sessionQuery, tenantOf } from "../api/session";
import { Menu, MenuItem, MenuLabel } from "../ui/Menu";
import styles from "./Shell.module.css";

/** The organisation of this page; going to another opens its workflows. */
export function TenantSwitcher({ tenant }: { readonly tenant: string }) {
  const { data: session } = useQuery(sessionQuery);
  const navigate = useNavigate();
  const tenants = session?.tenants ?? [];
  const name = tenantOf(session, tenant)?.name ?? tenant;
  return (
    <Menu
      position="bottom-start"
      width={260}
      target={
        <button type="button" className={styles.tenant} aria-label={`Organisation: ${name}. Change`}>
          {name}
          <IconSelector size={14} aria-hidden />
        </button>
      }
    >
      <MenuLabel>Organisations</MenuLabel>
      {tenants.map((each) => (
        <MenuItem
          key={each.slug}
          trailing={each.slug === tenant ? <IconCheck size={16} aria-label="Current" /> : undefined}
          onClick={() => void navigate({ to: "/t/$tenant/workflows", params: { tenant: each.slug } })}
        >
          {each.name}
          <div className={styles.role}>{each.role}</div>
        </MenuItem>
      ))}
    </Menu>
  );
}
