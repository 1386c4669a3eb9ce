import { IconUserPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { invitationsQuery, membersQuery } from "../../api/members";
import { usePermission } from "../../api/permissions";
import { asProblem } from "../../api/problem";
import { InviteDialog } from "../../features/members/InviteDialog";
import { InvitationTable, MemberTable } from "../../features/members/MemberTable";
import styles from "../../features/members/members.module.css";
import { Button } from "../../ui/Button";
import { DataView } from "../../ui/DataView";
import { Page } from "../../ui/Page";

const route = getRouteApi("/t/$tenant/members");

/** Who belongs to the organisation, and who is invited. */
export function MembersPage() {
  const { tenant } = route.useParams();
  const mayWrite = usePermission(tenant, "member.write");
  const query = useQuery(membersQuery(tenant));
  const invited = useQuery({ ...invitationsQuery(tenant), enabled: mayWrite });
  const [inviting, setInviting] = useState(false);
  const members = query.data?.items ?? [];
  const mine = members.find((one) => one.you)?.role ?? "viewer";
  const open = invited.data?.items ?? [];
  return (
    <Page
      title="Members"
      lead="Who may see, run and change this organisation’s workflows."
      actions={mayWrite && (
        <Button variant="primary" icon={<IconUserPlus size={16} />} onClick={() => setInviting(true)}>
          Invite
        </Button>
      )}
    >
      <DataView loading={query.isPending} error={query.error ? asProblem(query.error) : null} hasData={query.data !== undefined} onRetry={() => void query.refetch()}>
        <MemberTable tenant={tenant} members={members} mine={mine} mayWrite={mayWrite} />
        {!mayWrite && <p className="mr-note" style={{ marginTop: 8 }}>An administrator or owner can invite people and change roles.</p>}
        {open.length > 0 && (
          <>
            <h2 className={styles.heading}>Open invitations</h2>
            <InvitationTable tenant={tenant} invitations={open} />
          </>
        )}
      </DataView>
      {inviting && <InviteDialog tenant={tenant} mine={mine} onClose={() => setInviting(false)} />}
    </Page>
  );
}
