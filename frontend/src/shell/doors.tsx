import { useQuery } from "@tanstack/react-query";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { sessionQuery } from "../api/session";
import { JoinPage } from "../pages/join/JoinPage";
import { ProfilePage } from "../pages/profile/ProfilePage";
import { SetupPage } from "../pages/setup/SetupPage";
import { SignInPage } from "../pages/signin/SignInPage";
import { Mark } from "./Mark";

/** The pages outside of a tenant. */
export function SignInDoor() {
  const { next } = useSearch({ from: "/signin" });
  const router = useRouter();
  // Only addresses of our own: "//elsewhere" would leave the site.
  const target = next?.startsWith("/") && !next.startsWith("//") ? next : "/";
  return <SignInPage mark={<Mark size={32} />} onDone={() => router.history.push(target)} />;
}

export function SetupDoor() {
  const { token } = useSearch({ from: "/setup" });
  const { data: session } = useQuery(sessionQuery);
  const navigate = useNavigate();
  return (
    <SetupPage
      mark={<Mark size={32} />}
      token={token ?? ""}
      needed={session?.setupNeeded ?? true}
      onDone={() => void navigate({ to: "/" })}
    />
  );
}

export function JoinDoor() {
  const { token = "" } = useSearch({ from: "/join" });
  const { data: session } = useQuery(sessionQuery);
  const router = useRouter();
  const back = `/join?token=${encodeURIComponent(token)}`;
  return (
    <JoinPage
      mark={<Mark size={32} />}
      token={token}
      signedIn={session?.user?.email ?? null}
      onSignIn={() => router.history.push(`/signin?next=${encodeURIComponent(back)}`)}
      onDone={() => router.history.push("/")}
    />
  );
}

export function ProfileDoor() {
  return <ProfilePage mark={<Mark size={26} />} />;
}
