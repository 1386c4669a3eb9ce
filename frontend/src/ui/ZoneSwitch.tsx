import { IconWorld } from "@tabler/icons-react";
import { Button } from "./Button";
import { setZone, useZone } from "./zone";

/** By whose clock times are shown, everywhere: one press changes it, the browser remembers. */
export function ZoneSwitch() {
  const utc = useZone() === "utc";
  const words = utc ? "UTC. Show times by the local clock" : "Local time. Show times in UTC";
  return (
    <Button size="small" variant="quiet" icon={<IconWorld size={15} />} aria-label={words} title={words} onClick={() => setZone(utc ? "local" : "utc")}>
      {utc ? "UTC" : "Local time"}
    </Button>
  );
}
