import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { onSessionExpired } from "../api/request";
import { liveSocket } from "../api/socket";
import { useParams } from "@tanstack/react-router";
import { later } from "../ui/later";
import { whenIdle } from "../ui/whenIdle";

// Fetched while the session lasts: it is for the moment when what was typed must not be lost.
const SignInAgain = later(() => import("./SignInAgain").then((module) => module.SignInAgain));

/** The session ended while a page was open: sign in again on top of it, so that nothing typed is lost. */
export function SessionExpired() {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  useEffect(() => onSessionExpired(() => setOpen(true)), []);
  useEffect(() => {
    return whenIdle(SignInAgain.preload);
  }, []);
  if (!open) return null;
  return (
    <SignInAgain
      onDone={() => {
        setOpen(false);
        liveSocket(tenant).retry();
        void queries.invalidateQueries();
      }}
    />
  );
}
