import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { sessionQuery } from "../../api/session";
import { roleLabel } from "../../features/members/roles";
import { Page } from "../../ui/Page";
import { SegmentedControl } from "../../ui/SegmentedControl";
import { type Theme, useTheme } from "../../ui/colorScheme";
import { KeyValues } from "../../ui/ValueView";
import { PasswordForm } from "./PasswordForm";
import styles from "./ProfilePage.module.css";

/** Where it is too long for its line, it goes on in the next at the @. */
function Address({ email }: { readonly email: string }) {
  const at = email.lastIndexOf("@");
  if (at < 1) return email;
  return <>{email.slice(0, at)}<wbr />{email.slice(at)}</>;
}

const themes: readonly { value: Theme; label: string }[] = [
  { value: "auto", label: "Like the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

export function ProfilePage({ mark }: { readonly mark: ReactNode }) {
  const { data: session } = useQuery(sessionQuery);
  const [theme, setTheme] = useTheme();
  return (
    <>
      <header className={styles.header}>
        <Link to="/">
          {mark}
          Millrace
        </Link>
      </header>
      <main>
        <Page title="Profile" narrow>
          <section className={styles.card}>
            <h2>You</h2>
            <KeyValues
              items={[
                ["Name", session?.user?.name ?? ""],
                ["Email", <Address key="email" email={session?.user?.email ?? ""} />],
              ]}
            />
          </section>
          <section className={styles.card}>
            <h2>Password</h2>
            <PasswordForm email={session?.user?.email ?? ""} />
          </section>
          <section className={styles.card}>
            <h2>Theme</h2>
            <SegmentedControl
              aria-label="Theme"
              value={theme}
              onChange={(value) => {
                const chosen = themes.find((each) => each.value === value);
                if (chosen) setTheme(chosen.value);
              }}
              data={[...themes]}
            />
          </section>
          <section className={styles.card}>
            <h2>Organisations</h2>
            {session?.tenants.length === 0 ? (
              <p className={styles.muted}>You are in no organisation yet. Ask an administrator for an invitation.</p>
            ) : (
              <ul className={styles.tenants}>
                {session?.tenants.map((tenant) => (
                  <li key={tenant.slug}>
                    <Link to="/t/$tenant/workflows" params={{ tenant: tenant.slug }}>
                      {tenant.name}
                    </Link>
                    <span className={styles.muted}>{roleLabel(tenant.role)}</span>
                  </li>
                ))}
              </ul>
            )}
          </section>
        </Page>
      </main>
    </>
  );
}
