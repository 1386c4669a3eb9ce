import { useState } from "react";
import { useMemberCommands, type Role } from "../../api/members";
import { asProblem } from "../../api/problem";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { Dialog, DialogFooter } from "../../ui/Dialog";
import { Select } from "../../ui/Select";
import { TextField } from "../../ui/TextField";
import { ROLES, rolesBelow } from "./roles";
import styles from "./members.module.css";

interface InviteDialogProps {
  readonly tenant: string;
  readonly mine: Role;
  readonly onClose: () => void;
}

/** Who and as what; then the link, which is shown once. */
export function InviteDialog({ tenant, mine, onClose }: InviteDialogProps) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const { invite } = useMemberCommands(tenant);
  const problem = invite.error ? asProblem(invite.error) : null;
  if (invite.data) {
    return (
      <Dialog open title="Invitation ready" onClose={onClose} width={520}>
        <p className={styles.said}>
          Pass this link on to <strong>{invite.data.email}</strong>. It works once, for seven days, and is not shown again.
        </p>
        <div className={styles.link}>
          <code>{invite.data.url}</code>
          <CopyButton value={invite.data.url} label="Copy the link" text />
        </div>
        <DialogFooter>
          <Button variant="primary" onClick={onClose}>Done</Button>
        </DialogFooter>
      </Dialog>
    );
  }
  return (
    <Dialog open title="Invite somebody" onClose={onClose} width={480}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          invite.mutate({ email, role });
        }}
      >
        {problem && Object.keys(problem.fieldErrors).length === 0 && <Banner tone="error" live>{problem.message}</Banner>}
        <TextField label="Email" type="email" required withAsterisk={false} data-autofocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} error={problem?.field("email")} />
        <Select label="Role" data={rolesBelow(mine)} value={role} onChange={(value) => value && setRole(value as Role)} error={problem?.field("role")} description={`A${/^[aeo]/.test(role) ? "n" : ""} ${role} ${ROLES.find((one) => one.value === role)?.may ?? ""}.`} />
        <DialogFooter>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={invite.isPending}>Make the link</Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
