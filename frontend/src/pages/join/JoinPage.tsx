import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { openInvitationQuery, useAcceptInvitation } from "../../api/members";
import { asProblem } from "../../api/problem";
import type { Session } from "../../api/types";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { PasswordField } from "../../ui/PasswordField";
import { TextField } from "../../ui/TextField";
import styles from "../signin/SignIn.module.css";

interface JoinPageProps {
  readonly mark: ReactNode;
  readonly token: string;
  /** The email of whoever is signed in here. */
  readonly signedIn: string | null;
  readonly onSignIn: () => void;
  readonly onDone: (session: Session) => void;
}

/** Where the link of an invitation leads. */
export function JoinPage({ mark, token, signedIn, onSignIn, onDone }: JoinPageProps) {
  const { data: found, error } = useQuery(openInvitationQuery(token));
  return (
    <main className={styles.page}>
      <title>Join · Millrace</title>
      <div className={styles.brand}>
        {mark}
        Millrace
      </div>
      <div className={styles.card}>
        <h1>{found ? `Join ${found.tenantName}` : "Join"}</h1>
        {error && (
          <>
            <p className={styles.lead} style={{ marginTop: 8 }}>{asProblem(error).message}</p>
            <a href="/signin">Go to sign in</a>
          </>
        )}
        {found && (
          <>
            <p className={styles.lead}>
              as {found.role}, with {found.email}
            </p>
            {found.hasAccount && signedIn !== found.email ? (
              <>
                <p className={styles.lead}>There is an account with this email. Sign in with it, and you come back here.</p>
                <Button variant="primary" wide onClick={onSignIn}>Sign in</Button>
              </>
            ) : (
              <JoinForm token={token} hasAccount={found.hasAccount} onDone={onDone} />
            )}
          </>
        )}
      </div>
    </main>
  );
}

function JoinForm({ token, hasAccount, onDone }: { readonly token: string; readonly hasAccount: boolean; readonly onDone: (session: Session) => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const accept = useAcceptInvitation();
  const problem = accept.error ? asProblem(accept.error) : null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    accept.mutate({ token, name, password }, { onSuccess: onDone });
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      {problem && !problem.field("password") && <Banner tone="error" live>{problem.message}</Banner>}
      {!hasAccount && (
        <>
          <TextField label="Your name" autoComplete="name" required withAsterisk={false} autoFocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <PasswordField
            label="Password" description="At least 10 characters; a sentence is easier to keep than signs." autoComplete="new-password" required withAsterisk={false}
            value={password} onChange={(event) => setPassword(event.currentTarget.value)} error={problem?.field("password")}
          />
        </>
      )}
      <Button type="submit" variant="primary" wide busy={accept.isPending}>
        {hasAccount ? "Join" : "Create account and join"}
      </Button>
    </form>
  );
}
