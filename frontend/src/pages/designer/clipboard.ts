import { copyText as toClipboard } from "../../ui/CopyButton";

const KEY = "millrace:clipboard";

/** WDL to the system clipboard; also kept here, for browsers that do not let pages read it back. */
export function writeClipboard(text: string): void {
  localStorage.setItem(KEY, text);
  void toClipboard(text);
}

export async function readClipboard(): Promise<string> {
  try {
    const text = await navigator.clipboard.readText();
    if (text.trim() !== "") return text;
  } catch {
    // Refused or not offered: what was copied in this browser is still at hand.
  }
  return localStorage.getItem(KEY) ?? "";
}
