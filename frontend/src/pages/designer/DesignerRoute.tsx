import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useEffect, useRef } from "react";
import { given } from "../../api/client";
import { useSearchChange, useStillHere } from "../../ui/useSearchChange";
import { DesignerPage, type DesignerSearch } from "./DesignerPage";

const route = getRouteApi("/t/$tenant/w/$wf/design");

export function DesignerRoute() {
  const { tenant, wf } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const setSearch = useSearchChange<DesignerSearch>();
  const stillHere = useStillHere();
  const waiting = useRef<{ change: DesignerSearch; readonly timer: ReturnType<typeof setTimeout> } | null>(null);
  useEffect(() => () => clearTimeout(waiting.current?.timer), []);
  // The address follows the chosen card a moment later: who walks through the flow does not wait for it.
  const onSearch = useCallback((change: DesignerSearch) => {
    const go = (next: DesignerSearch): void => {
      waiting.current = null;
      setSearch((before) => given({ ...before, ...next }));
    };
    const all = { ...waiting.current?.change, ...change };
    clearTimeout(waiting.current?.timer);
    if (Object.keys(all).some((name) => name !== "node")) go(all);
    else waiting.current = { change: all, timer: setTimeout(() => go(all), 200) };
  }, [setSearch]);
  return (
    <DesignerPage
      key={`${tenant}/${wf}`}
      tenant={tenant}
      workflowId={wf}
      search={search}
      onSearch={onSearch}
      onRun={(run) => stillHere() && void navigate({ to: "/t/$tenant/w/$wf/runs/$run", params: { tenant, wf, run } })}
    />
  );
}
