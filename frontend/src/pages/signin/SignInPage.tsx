import type { ReactNode } from "react";
import type { Session } from "../../api/types";
import { SignInForm } from "./SignInForm";
import styles from "./SignIn.module.css";

interface SignInPageProps {
  readonly mark: ReactNode;
  readonly onDone: (session: Session) => void;
}

export function SignInPage({ mark, onDone }: SignInPageProps) {
  return (
    <main className={styles.page}>
      <title>Sign in · Millrace</title>
      <div className={styles.brand}>
        {mark}
        Millrace
      </div>
      <div className={styles.card}>
        <h1>Sign in</h1>
        <p className={styles.lead}>to your organisation's workflows</p>
        <SignInForm onDone={onDone} />
      </div>
      <p className={styles.foot}>Forgot your password? An administrator of your organisation can reset it.</p>
    </main>
  );
}
