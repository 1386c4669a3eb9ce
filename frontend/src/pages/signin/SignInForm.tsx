import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { asProblem, type Problem } from "../../api/problem";
import { sessionQuery, useSignIn } from "../../api/session";
import type { Session } from "../../api/types";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { PasswordField } from "../../ui/PasswordField";
import { TextField } from "../../ui/TextField";
import styles from "./SignIn.module.css";

/** Email and password; used by the sign-in page and by the dialog of an expired session. */
export function SignInForm({ onDone }: { readonly onDone: (session: Session) => void }) {
  const { data: session } = useQuery(sessionQuery);
  const [email, setEmail] = useState(session?.user?.email ?? "");
  const [password, setPassword] = useState("");
  const emailField = useRef<HTMLInputElement>(null);
  const signIn = useSignIn();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate(
      { email, password },
      {
        onSuccess: onDone,
        onError: () => {
          setPassword("");
          emailField.current?.focus();
        },
      },
    );
  };
  const problem = signIn.error ? asProblem(signIn.error) : null;
  return (
    <form className={styles.form} onSubmit={submit} aria-describedby={problem ? "sign-in-problem" : undefined}>
      {problem && (
        <div id="sign-in-problem">
          <Banner tone="error" live>
            {sentence(problem)}
          </Banner>
        </div>
      )}
      <TextField
        ref={emailField}
        label="Email"
        type="email"
        name="username"
        autoComplete="username"
        required
        withAsterisk={false}
        autoFocus
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordField
        label="Password"
        name="password"
        autoComplete="current-password"
        required
        withAsterisk={false}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Button type="submit" variant="primary" wide busy={signIn.isPending}>
        Sign in
      </Button>
    </form>
  );
}

function sentence(problem: Problem): string {
  if (problem.code === "WrongCredentials") return "Email or password is not correct.";
  const until = problem.document.retryAt;
  if (problem.code === "TooManyAttempts" && typeof until === "string") {
    return `Too many attempts. You can try again at ${new Date(until).toLocaleTimeString(undefined, { timeStyle: "short" })}.`;
  }
  return problem.message;
}
