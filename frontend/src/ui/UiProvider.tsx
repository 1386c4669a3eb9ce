import "@mantine/core/styles/default-css-variables.layer.css";
import "@mantine/core/styles/baseline.layer.css";
import "@mantine/core/styles/global.layer.css";
import "@mantine/core/styles/UnstyledButton.layer.css";
import "@mantine/core/styles/ScrollArea.layer.css";
import "@mantine/core/styles/CloseButton.layer.css";
import "@mantine/core/styles/Paper.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import "@mantine/core/styles/Group.layer.css";
import "@mantine/core/styles/Stack.layer.css";
import "@mantine/core/styles/Loader.layer.css";
import "@mantine/core/styles/Popover.layer.css";
import "@mantine/core/styles/Input.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";
import "@mantine/core/styles/Combobox.layer.css";
import "@mantine/core/styles/ModalBase.layer.css";
import "./tokens.css";
import { MantineProvider, localStorageColorSchemeManager } from "@mantine/core";
import { notificationsStore } from "@mantine/notifications";
import { type ReactNode, useEffect } from "react";
import { lateModule } from "./later";
import { theme } from "./theme";

// Nothing is said while a page comes up, so the region comes after it.
const toastRegion = lateModule(() => import("./ToastRegion").then((module) => module));
const colorSchemes = localStorageColorSchemeManager({ key: "millrace-theme" });

/** Wraps the application once: theme, colour scheme (system unless the user chose) and the toast region. */
export function UiProvider({ children }: { readonly children: ReactNode }) {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={colorSchemes}>
      {children}
      <Toasts />
    </MantineProvider>
  );
}

function Toasts() {
  const arrived = toastRegion.use(true);
  useEffect(() => {
    // One that did not come is asked for again when there is something to say.
    return notificationsStore.subscribe(() => toastRegion.load());
  }, []);
  return arrived && <arrived.ToastRegion />;
}
