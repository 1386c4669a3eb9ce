import "@mantine/notifications/styles.layer.css";
import "@mantine/core/styles/Notification.layer.css";
import { Notifications } from "@mantine/notifications";

/** Where toasts stand. Those that were shown before it arrived waited in the store. */
export function ToastRegion() {
  return <Notifications position="bottom-right" limit={4} containerWidth={380} pauseResetOnHover="all" />;
}
