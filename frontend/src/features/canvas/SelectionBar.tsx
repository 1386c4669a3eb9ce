import { IconArrowsSplit2, IconBox, IconChevronDown, IconClipboardCopy, IconCopy, IconCut, IconPackageExport, IconRepeat, IconRotateClockwise2, IconRoute, IconTrash, IconX } from "@tabler/icons-react";
import { Button } from "../../ui/Button";
import { IconButton } from "../../ui/IconButton";
import { Menu, MenuItem, MenuLabel } from "../../ui/Menu";
import type { Draft } from "../../workflow/draft";
import { find } from "../../workflow/graph";
import { blockProblem } from "../../workflow/wiring";
import type { CanvasCommand } from "./CanvasContext";
import styles from "./canvas.module.css";

interface SelectionBarProps {
  readonly draft: Draft;
  readonly names: readonly string[];
  readonly onCommand: (command: CanvasCommand, names: readonly string[]) => void;
  readonly onClear: () => void;
}

/** What can be done with several actions at once; where something cannot, the reason. */
export function SelectionBar({ draft, names, onCommand, onClear }: SelectionBarProps) {
  const entries = names.flatMap((name) => find(draft.graph, name) ?? []);
  const block = blockProblem(entries[0]?.branch ?? null, entries.map((entry) => entry.action));
  const item = (command: CanvasCommand, text: string, icon: React.ReactNode, keys?: string) => (
    <MenuItem icon={icon} keys={keys} disabled={block !== null} onClick={() => onCommand(command, names)}>
      {text}
    </MenuItem>
  );
  const button = (command: CanvasCommand, label: string, icon: React.ReactNode, keys: string) => <IconButton size="small" label={label} keys={keys} icon={icon} onClick={() => onCommand(command, names)} />;
  return (
    <div className={`nopan ${styles.selectionBar}`} role="toolbar" aria-label="Selection">
      <span>{`${String(names.length)} actions`}</span>
      {button("copy", "Copy", <IconCopy size={16} />, "Ctrl+C")}
      {button("cut", "Cut", <IconCut size={16} />, "Ctrl+X")}
      {button("duplicate", "Duplicate", <IconClipboardCopy size={16} />, "Ctrl+D")}
      {button("delete", "Delete", <IconTrash size={16} />, "Del")}
      <Menu
        width={240}
        target={
          <Button size="small" icon={<IconBox size={15} />}>
            Wrap in <IconChevronDown size={14} aria-hidden />
          </Button>
        }
      >
        {block !== null && <MenuLabel>{block}</MenuLabel>}
        {item("wrap-Scope", "Scope", <IconBox size={16} />, "Ctrl+G")}
        {item("wrap-If", "Condition", <IconArrowsSplit2 size={16} />)}
        {item("wrap-Foreach", "For each", <IconRepeat size={16} />)}
        {item("wrap-Until", "Until", <IconRotateClockwise2 size={16} />)}
        {item("wrap-Switch", "Switch", <IconRoute size={16} />)}
      </Menu>
      {button("extract", "Extract into a child workflow", <IconPackageExport size={16} />, "Ctrl+Shift+X")}
      <IconButton size="small" label="Clear the selection" keys="Esc" icon={<IconX size={16} />} onClick={onClear} />
    </div>
  );
}
