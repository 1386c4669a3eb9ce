import { IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useMemberCommands, type InvitationItem, type MemberItem, type Role } from "../../api/members";
import { asProblem } from "../../api/problem";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { DataTable } from "../../ui/DataTable";
import { IconButton } from "../../ui/IconButton";
import { Avatar } from "../../ui/people";
import { Select } from "../../ui/Select";
import { Time } from "../../ui/Time";
import { toast } from "../../ui/toasts";
import { roleLabel, rolesBelow } from "./roles";
import styles from "./members.module.css";

interface MemberTableProps {
  readonly tenant: string;
  readonly members: readonly MemberItem[];
  readonly mine: Role;
  readonly mayWrite: boolean;
}

const sayWhy = (error: unknown): void => void toast.error(asProblem(error).message);

export function MemberTable({ tenant, members, mine, mayWrite }: MemberTableProps) {
  const commands = useMemberCommands(tenant);
  const [leaving, setLeaving] = useState<MemberItem | null>(null);
  const reach = rolesBelow(mine);
  const mayChange = (row: MemberItem): boolean => mayWrite && reach.some((one) => one.value === row.role);
  return (
    <>
      <DataTable
        label="Members"
        rows={members}
        rowKey={(row) => row.id}
        columns={[
          { id: "name", header: "Name", width: "minmax(220px, 2fr)", rowHeader: true, cell: (row) => (
            <span className={styles.who}>
              <Avatar person={{ key: row.id, name: row.name }} />
              <span className={styles.names}>
                <strong title={row.name}>{row.name}{row.you && <span className={styles.you}>you</span>}</strong>
                {row.name !== row.email && <span title={row.email}>{row.email}</span>}
              </span>
            </span>
          ) },
          { id: "role", header: "Role", width: "minmax(170px, 1fr)", cell: (row) => (mayChange(row)
            ? <Select aria-label={`Role of ${row.name}`} data={reach} value={row.role} onChange={(role) => role && role !== row.role && commands.changeRole.mutate({ id: row.id, role: role as Role }, { onError: sayWhy })} />
            : roleLabel(row.role)) },
          { id: "joined", header: "Member since", width: "minmax(140px, 1fr)", cell: (row) => <Time iso={row.joinedAt} /> },
          { id: "remove", header: "Remove", hiddenHeader: true, width: "56px", align: "end", cell: (row) => mayChange(row) && (
            <IconButton label={row.you ? "Leave this organisation" : `Remove ${row.name}`} icon={<IconTrash size={16} />} onClick={() => setLeaving(row)} />
          ) },
        ]}
      />
      {leaving && (
        <ConfirmDialog
          open danger title={leaving.you ? "Leave this organisation?" : `Remove ${leaving.name}?`} confirmLabel={leaving.you ? "Leave" : "Remove"} busy={commands.remove.isPending}
          onClose={() => setLeaving(null)}
          onConfirm={() => commands.remove.mutate(leaving.id, { onSuccess: () => (leaving.you ? window.location.assign("/") : setLeaving(null)), onError: (error) => { setLeaving(null); sayWhy(error); } })}
        >
          {leaving.you ? "You lose access at once." : `${leaving.name} loses access at once.`} Workflows, versions and runs stay.
        </ConfirmDialog>
      )}
    </>
  );
}

export function InvitationTable({ tenant, invitations }: { readonly tenant: string; readonly invitations: readonly InvitationItem[] }) {
  const { withdraw } = useMemberCommands(tenant);
  return (
    <DataTable
      label="Open invitations"
      rows={invitations}
      rowKey={(row) => row.id}
      columns={[
        { id: "email", header: "Email", width: "minmax(220px, 2fr)", rowHeader: true, cell: (row) => row.email },
        { id: "role", header: "Role", width: "minmax(120px, 1fr)", cell: (row) => roleLabel(row.role) },
        { id: "by", header: "Invited by", width: "minmax(140px, 1fr)", cell: (row) => row.invitedBy ?? "" },
        { id: "until", header: "Works until", width: "minmax(140px, 1fr)", cell: (row) => <Time iso={row.expiresAt} /> },
        { id: "withdraw", header: "Withdraw", hiddenHeader: true, width: "56px", align: "end", cell: (row) => (
          <IconButton label={`Withdraw the invitation of ${row.email}`} icon={<IconTrash size={16} />} onClick={() => withdraw.mutate(row.id, { onError: sayWhy })} />
        ) },
      ]}
    />
  );
}
