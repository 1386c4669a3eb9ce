import { type FormEvent, useState } from "react";
import { asProblem } from "../../api/problem";
import { useChangePassword } from "../../api/session";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { PasswordField } from "../../ui/PasswordField";
import { toast } from "../../ui/toasts";
import styles from "./ProfilePage.module.css";

export function PasswordForm({ email }: { readonly email: string }) {
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const change = useChangePassword();
  const problem = change.error ? asProblem(change.error) : null;
  const inFields = problem && Object.keys(problem.fieldErrors).length > 0;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate(
      { current, password },
      {
        onSuccess: () => {
          setCurrent("");
          setPassword("");
          toast.success("Your password is changed. Other browsers are signed out.");
        },
      },
    );
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      {problem && !inFields && <Banner tone="error" live>{problem.message}</Banner>}
      {/* Password managers ask for whose password it is. */}
      <input type="email" value={email} readOnly hidden autoComplete="username" />
      <PasswordField
        label="Present password" autoComplete="current-password" required withAsterisk={false}
        value={current} onChange={(event) => setCurrent(event.currentTarget.value)} error={problem?.field("current")}
      />
      <PasswordField
        label="New password" description="At least 10 characters; a sentence is easier to keep than signs. Other browsers are signed out." autoComplete="new-password" required
        withAsterisk={false} value={password} onChange={(event) => setPassword(event.currentTarget.value)} error={problem?.field("password")}
      />
      <Button type="submit" busy={change.isPending} disabled={current === "" || password === ""}>
        Change password
      </Button>
    </form>
  );
}
