import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { onSessionExpired } from "../api/request";
import { liveSocket } from "../api/socket";
import { useParams } from "@tanstack/react-router";
import { SignInForm } from "../pages/signin/SignInForm";
import { Dialog } from "../ui/Dialog";

/** The session ended while a page was open: sign in again on top of it, so that nothing typed is lost. */
export function SessionExpired() {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  useEffect(() => onSessionExpired(() => setOpen(true)), []);
  return (
    <Dialog open={open} title="Your session has ended" onClose={() => setOpen(false)} dismissable={false} topmost width={400}>
      <p style={{ color: "var(--mr-muted)", marginBottom: 16 }}>Sign in to go on where you were. What you typed is still here.</p>
      <SignInForm
        onDone={() => {
          setOpen(false);
          liveSocket(tenant).retry();
          void queries.invalidateQueries();
        }}
      />
    </Dialog>
  );
}
