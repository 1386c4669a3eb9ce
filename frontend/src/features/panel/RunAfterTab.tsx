import { IconPlus, IconTrash } from "@tabler/icons-react";
import { Button } from "../../ui/Button";
import { Checkbox } from "../../ui/Checkbox";
import { IconButton } from "../../ui/IconButton";
import { Menu, MenuItem } from "../../ui/Menu";
import { titleOf } from "../../workflow/edits";
import { runsAfter, RUN_AFTER_STATUSES, type RunAfterStatus } from "../../workflow/graph";
import { runAfterWords, STATUS_WORDS } from "../../workflow/words";
import { usePanel } from "./PanelContext";
import styles from "./panel.module.css";

/** What has to come before, in words and in boxes to check. */
export function RunAfterTab() {
  const { entry, edit, readOnly } = usePanel();
  const { action, branch } = entry;
  const links = action.runAfter;
  const write = (next: readonly { readonly name: string; readonly statuses: readonly RunAfterStatus[] }[]): boolean => edit({ name: "setRunAfter", arguments: { action: action.name, links: next } });
  const others = (branch?.actions ?? []).filter((one) => one.name !== action.name && !links.some((link) => link.name.toLowerCase() === one.name.toLowerCase()) && branch && !runsAfter(branch, one.name, action.name));
  return (
    <div className={styles.form}>
      <p className={styles.sentence}>{runAfterWords(action)}.</p>
      {links.map((link) => (
        <fieldset key={link.name} className={styles.link} disabled={readOnly}>
          <legend>
            {titleOf(link.name)}
            {!readOnly && links.length > 1 && <IconButton size="small" label={`No longer run after ${titleOf(link.name)}`} icon={<IconTrash size={14} />} onClick={() => write(links.filter((one) => one !== link))} />}
          </legend>
          <div className={styles.checks}>
            {RUN_AFTER_STATUSES.map((status) => (
              <Checkbox
                key={status}
                label={STATUS_WORDS[status]}
                checked={link.statuses.includes(status)}
                onChange={(event) => {
                  const statuses = RUN_AFTER_STATUSES.filter((one) => (one === status ? event.currentTarget.checked : link.statuses.includes(one)));
                  if (statuses.length > 0) write(links.map((one) => (one === link ? { name: link.name, statuses } : one)));
                }}
              />
            ))}
          </div>
        </fieldset>
      ))}
      {!readOnly && others.length > 0 && (
        <Menu
          position="bottom-start"
          target={
            <Button size="small" variant="quiet" icon={<IconPlus size={14} />}>
              Also run after…
            </Button>
          }
        >
          {others.map((one) => (
            <MenuItem key={one.name} onClick={() => write([...links, { name: one.name, statuses: ["Succeeded"] }])}>
              {titleOf(one.name)}
            </MenuItem>
          ))}
        </Menu>
      )}
    </div>
  );
}
