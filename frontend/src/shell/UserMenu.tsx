import { IconDeviceDesktop, IconLogout, IconMoon, IconSun, IconUser } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { sessionQuery, useSignOut } from "../api/session";
import { Menu, MenuDivider, MenuItem, MenuLabel } from "../ui/Menu";
import { useTheme } from "../ui/colorScheme";
import { IconCheck } from "@tabler/icons-react";
import styles from "./Shell.module.css";

const themes = [
  { id: "auto", label: "Like the system", icon: <IconDeviceDesktop size={16} /> },
  { id: "light", label: "Light", icon: <IconSun size={16} /> },
  { id: "dark", label: "Dark", icon: <IconMoon size={16} /> },
] as const;

export function UserMenu() {
  const { data: session } = useQuery(sessionQuery);
  const signOut = useSignOut();
  const navigate = useNavigate();
  const [theme, setTheme] = useTheme();
  const user = session?.user;
  const name = user?.name || user?.email || "";
  return (
    <Menu
      width={240}
      target={
        <button type="button" className={styles.avatar} aria-label={`${initials(name)}, account: ${name}`}>
          {initials(name)}
        </button>
      }
    >
      <div className={styles.person}>
        <strong>{name}</strong>
        <span>{user?.email}</span>
      </div>
      <MenuDivider />
      <MenuLabel>Theme</MenuLabel>
      {themes.map((each) => (
        <MenuItem
          key={each.id}
          icon={each.icon}
          trailing={theme === each.id ? <IconCheck size={16} aria-label="Chosen" /> : undefined}
          onClick={() => setTheme(each.id)}
        >
          {each.label}
        </MenuItem>
      ))}
      <MenuDivider />
      <MenuItem icon={<IconUser size={16} />} onClick={() => void navigate({ to: "/me" })}>
        Profile
      </MenuItem>
      <MenuItem
        icon={<IconLogout size={16} />}
        onClick={() => signOut.mutate(undefined, { onSuccess: () => void navigate({ to: "/signin" }) })}
      >
        Sign out
      </MenuItem>
    </Menu>
  );
}

function initials(name: string): string {
  const words = name.replace(/@.*/, "").split(/[\s._-]+/).filter(Boolean);
  return ((words[0]?.[0] ?? "?") + (words[1]?.[0] ?? "")).toUpperCase();
}
