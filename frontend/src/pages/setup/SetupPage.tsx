import { type FormEvent, type ReactNode, useState } from "react";
import { asProblem } from "../../api/problem";
import { useSetup } from "../../api/session";
import type { Session } from "../../api/types";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { PasswordField } from "../../ui/PasswordField";
import { TextField } from "../../ui/TextField";
import styles from "../signin/SignIn.module.css";

interface SetupPageProps {
  readonly mark: ReactNode;
  readonly token: string;
  /** False once the first account exists: the link has done its work. */
  readonly needed: boolean;
  readonly onDone: (session: Session) => void;
}

export function SetupPage({ mark, token, needed, onDone }: SetupPageProps) {
  return (
    <main className={styles.page}>
      <title>Set up · Millrace</title>
      <div className={styles.brand}>
        {mark}
        Millrace
      </div>
      <div className={styles.card}>
        <h1>Set up Millrace</h1>
        {needed && token ? (
          <>
            <p className={styles.lead}>The first account owns this server and its first organisation.</p>
            <SetupForm token={token} onDone={onDone} />
          </>
        ) : (
          <SetupRefused needed={needed} />
        )}
      </div>
    </main>
  );
}

function SetupRefused({ needed }: { readonly needed: boolean }) {
  return (
    <>
      <p className={styles.lead} style={{ marginTop: 8 }}>
        {needed
          ? "This page needs the one-time link that the server printed when it started. Start it again to get a new one."
          : "This server already has its first account. Sign in, or ask an administrator for an invitation."}
      </p>
      {!needed && <a href="/signin">Go to sign in</a>}
    </>
  );
}

function SetupForm({ token, onDone }: Pick<SetupPageProps, "token" | "onDone">) {
  const [fields, setFields] = useState({ name: "", email: "", password: "", tenantName: "" });
  const setup = useSetup();
  const problem = setup.error ? asProblem(setup.error) : null;
  const set = (name: keyof typeof fields) => (event: { currentTarget: HTMLInputElement }) => {
    const value = event.currentTarget.value;
    setFields((before) => ({ ...before, [name]: value }));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setup.mutate({ token, ...fields }, { onSuccess: onDone });
  };
  const inFields = problem && Object.keys(problem.fieldErrors).length > 0;
  const error = (name: string) => problem?.field(name);
  return (
    <form className={styles.form} onSubmit={submit}>
      {problem && !inFields && (
        <Banner tone="error" live>
          {problem.message}
        </Banner>
      )}
      <TextField label="Your name" autoComplete="name" required withAsterisk={false} autoFocus value={fields.name} onChange={set("name")} error={error("name")} />
      <TextField label="Email" type="email" autoComplete="username" required withAsterisk={false} value={fields.email} onChange={set("email")} error={error("email")} />
      <PasswordField
        label="Password"
        description="At least 10 characters; a sentence is easier to keep than signs."
        autoComplete="new-password"
        required
        withAsterisk={false}
        value={fields.password}
        onChange={set("password")}
        error={error("password")}
      />
      <TextField
        label="Organisation"
        placeholder="Acme"
        autoComplete="organization"
        required
        withAsterisk={false}
        value={fields.tenantName}
        onChange={set("tenantName")}
        error={error("tenantName")}
      />
      <Button type="submit" variant="primary" wide busy={setup.isPending}>
        Create account
      </Button>
    </form>
  );
}
