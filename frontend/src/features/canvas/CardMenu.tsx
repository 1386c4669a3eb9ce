import { IconArrowsMove, IconArrowsSplit2, IconBox, IconClipboard, IconClipboardPlus, IconCopy, IconCut, IconEdit, IconFold, IconGitBranch, IconNote, IconPackageExport, IconPlus, IconRepeat, IconRotateClockwise2, IconRoute, IconSquareOff, IconTrash, IconVersions } from "@tabler/icons-react";
import { Menu, MenuDivider, MenuItem, MenuLabel } from "../../ui/Menu";
import type { Draft } from "../../workflow/draft";
import { find } from "../../workflow/graph";
import type { CanvasCommand } from "./CanvasContext";
import styles from "./canvas.module.css";

export interface MenuAt {
  readonly x: number;
  readonly y: number;
  readonly names: readonly string[];
}

interface CardMenuProps {
  readonly at: MenuAt;
  readonly draft: Draft;
  readonly onClose: () => void;
  readonly onCommand: (command: CanvasCommand, names: readonly string[]) => void;
}

/** What can be done with the card (or the selection) under the pointer. */
export function CardMenu({ at, draft, onClose, onCommand }: CardMenuProps) {
  const { names } = at;
  const action = names.length === 1 ? find(draft.graph, names[0] ?? "")?.action : undefined;
  const trigger = action?.trigger ?? false;
  const item = (command: CanvasCommand, text: string, icon: React.ReactNode, keys?: string, danger?: boolean) => (
    <MenuItem icon={icon} keys={keys} danger={danger} onClick={() => onCommand(command, names)}>
      {text}
    </MenuItem>
  );
  return (
    <Menu
      opened
      width={260}
      position="bottom-start"
      onChange={(opened) => {
        if (!opened) onClose();
      }}
      target={<div className={styles.anchor} style={{ left: at.x, top: at.y }} />}
    >
      {names.length > 1 && <MenuLabel>{`${String(names.length)} actions`}</MenuLabel>}
      {action && item("rename", "Rename", <IconEdit size={16} />, "F2")}
      {action && !trigger && item("add-after", "Add an action after", <IconPlus size={16} />, "A")}
      {action && !trigger && item("add-parallel", "Add a parallel branch", <IconGitBranch size={16} />, "Shift+A")}
      {action && !trigger && item("run-after", "Run after…", <IconVersions size={16} />)}
      {action?.type === "Switch" && item("add-case", "Add a case", <IconRoute size={16} />)}
      {action && item("add-note", "Add a note", <IconNote size={16} />, "N")}
      {action?.container && item("collapse", "Collapse or expand", <IconFold size={16} />, "C")}
      <MenuDivider />
      {!trigger && item("move-to", "Move to…", <IconArrowsMove size={16} />, "Ctrl+M")}
      {!trigger && item("copy", "Copy", <IconCopy size={16} />, "Ctrl+C")}
      {!trigger && item("cut", "Cut", <IconCut size={16} />, "Ctrl+X")}
      {!trigger && item("duplicate", "Duplicate", <IconCopy size={16} />, "Ctrl+D")}
      {action && item("paste-after", "Paste after", <IconClipboard size={16} />, "Ctrl+V")}
      {action && !trigger && item("paste-parallel", "Paste as a parallel branch", <IconClipboardPlus size={16} />, "Ctrl+Shift+V")}
      {!trigger && (
        <>
          <MenuDivider />
          <MenuLabel>Wrap in</MenuLabel>
          {item("wrap-Scope", "Scope", <IconBox size={16} />, "Ctrl+G")}
          {item("wrap-If", "Condition", <IconArrowsSplit2 size={16} />)}
          {item("wrap-Foreach", "For each", <IconRepeat size={16} />)}
          {item("wrap-Until", "Until", <IconRotateClockwise2 size={16} />)}
          {item("wrap-Switch", "Switch", <IconRoute size={16} />)}
          {action?.container && item("unwrap", "Unwrap", <IconSquareOff size={16} />, "Ctrl+Shift+G")}
          <MenuDivider />
          {item("extract", "Extract into a child workflow…", <IconPackageExport size={16} />, "Ctrl+Shift+X")}
        </>
      )}
      <MenuDivider />
      {item("delete", names.length > 1 ? `Delete ${String(names.length)} actions` : "Delete", <IconTrash size={16} />, "Del", true)}
    </Menu>
  );
}
