import { SignInForm } from "../pages/signin/SignInForm";
import { Dialog } from "../ui/Dialog";

/** Above the page and all its dialogs, until somebody is signed in. */
export function SignInAgain({ onDone }: { readonly onDone: () => void }) {
  return (
    <Dialog open title="Your session has ended" onClose={() => undefined} dismissable={false} topmost width={400}>
      <p style={{ color: "var(--mr-muted)", marginBottom: 16 }}>Sign in to go on where you were. What you typed is still here.</p>
      <SignInForm onDone={onDone} />
    </Dialog>
  );
}
