import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import type { QueryClient } from "@tanstack/react-query";
import { given } from "../api/client";
import { sessionQuery, tenantOf } from "../api/session";
import { fetched } from "./fetched";
import { NoAccess, PageError, PageNotFound, PagePending } from "./messages";
import { queries } from "./queries";
import { oneOf, text } from "./search";
import { Shell } from "./Shell";

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Outlet,
  notFoundComponent: PageNotFound,
  errorComponent: PageError,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: async ({ context }) => {
    const session = await context.queries.ensureQueryData(sessionQuery);
    if (!session.user) throw redirect({ to: session.setupNeeded ? "/setup" : "/signin" });
    const tenant = session.tenants[0];
    if (!tenant) throw redirect({ to: "/me" });
    throw redirect({ to: "/t/$tenant/workflows", params: { tenant: tenant.slug } });
  },
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/signin",
  validateSearch: (search) => given({ next: text(search, "next") }),
  beforeLoad: async ({ context }) => {
    const session = await context.queries.ensureQueryData(sessionQuery);
    if (session.user) throw redirect({ to: "/" });
    if (session.setupNeeded) throw redirect({ to: "/setup" });
  },
  component: lazyRouteComponent(fetched(() => import("./doors")), "SignInDoor"),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  validateSearch: (search) => given({ token: text(search, "token") }),
  loader: ({ context }) => context.queries.ensureQueryData(sessionQuery),
  component: lazyRouteComponent(fetched(() => import("./doors")), "SetupDoor"),
});

const join = createRoute({
  getParentRoute: () => root,
  path: "/join",
  validateSearch: (search) => given({ token: text(search, "token") }),
  loader: ({ context }) => context.queries.ensureQueryData(sessionQuery),
  component: lazyRouteComponent(fetched(() => import("./doors")), "JoinDoor"),
});

const profile = createRoute({
  getParentRoute: () => root,
  path: "/me",
  beforeLoad: ({ context, location }) => signedIn(context.queries, location.href),
  component: lazyRouteComponent(fetched(() => import("./doors")), "ProfileDoor"),
});

const tenant = createRoute({
  getParentRoute: () => root,
  path: "/t/$tenant",
  beforeLoad: async ({ context, params, location }) => {
    const session = await signedIn(context.queries, location.href);
    return { member: tenantOf(session, params.tenant) !== undefined };
  },
  component: TenantGate,
});

function TenantGate() {
  const { member } = tenant.useRouteContext();
  return member ? <Shell /> : <NoAccess />;
}

async function signedIn(client: QueryClient, next: string) {
  const session = await client.ensureQueryData(sessionQuery);
  if (session.setupNeeded && !session.user) throw redirect({ to: "/setup" });
  if (!session.user) throw redirect({ to: "/signin", search: { next } });
  return session;
}

const workflows = createRoute({
  getParentRoute: () => tenant,
  path: "/workflows",
  validateSearch: (search) =>
    given({
      q: text(search, "q"),
      state: oneOf(search, "state", ["on", "off", "draft"]),
      tag: text(search, "tag"),
      owner: text(search, "owner"),
      connector: text(search, "connector"),
      sort: oneOf(search, "sort", ["name", "updatedAt", "-updatedAt"]),
    }),
  component: lazyRouteComponent(fetched(() => import("../pages/workflows/WorkflowsPage")), "WorkflowsPage"),
});

const templates = createRoute({
  getParentRoute: () => tenant,
  path: "/templates",
  validateSearch: (search) =>
    given({
      q: text(search, "q"),
      category: text(search, "category"),
      connector: text(search, "connector"),
      trigger: text(search, "trigger"),
      sort: oneOf(search, "sort", ["name"]),
    }),
  component: lazyRouteComponent(fetched(() => import("../pages/templates/TemplatesPage")), "TemplatesPage"),
});

const template = createRoute({
  getParentRoute: () => tenant,
  path: "/templates/$template",
  component: lazyRouteComponent(fetched(() => import("../pages/templates/TemplatePage")), "TemplatePage"),
});

const runStatuses = ["Waiting", "Running", "Succeeded", "Failed", "TimedOut", "Cancelled", "Suspended"] as const;

const runFilters = (search: Record<string, unknown>) => ({
  status: oneOf(search, "status", runStatuses),
  search: text(search, "search"),
  span: oneOf(search, "span", ["hour", "day", "week", "month"]),
  since: text(search, "since"),
  until: text(search, "until"),
  version: text(search, "version"),
  mode: oneOf(search, "mode", ["published", "draft"]),
  longer: text(search, "longer"),
  shorter: text(search, "shorter"),
  action: text(search, "action"),
  actionStatus: oneOf(search, "actionStatus", ["Running", "Waiting", "Succeeded", "Failed", "TimedOut", "Skipped", "Cancelled"]),
  text: text(search, "text"),
});

const runs = createRoute({
  getParentRoute: () => tenant,
  path: "/runs",
  validateSearch: (search) => given(runFilters(search)),
  component: lazyRouteComponent(fetched(() => import("../pages/runs/RunsPage")), "RunsPage"),
});

const workflow = createRoute({ getParentRoute: () => tenant, path: "/w/$wf" });

const overview = createRoute({
  getParentRoute: () => workflow,
  path: "/overview",
  component: lazyRouteComponent(fetched(() => import("../pages/overview/OverviewPage")), "OverviewPage"),
});

const design = createRoute({
  getParentRoute: () => workflow,
  path: "/design",
  validateSearch: (search) =>
    given({
      view: oneOf(search, "view", ["canvas", "code", "split"]),
      node: text(search, "node"),
      tab: text(search, "tab"),
      lens: text(search, "lens"),
      iter: text(search, "iter"),
    }),
  component: lazyRouteComponent(fetched(() => import("../pages/designer/DesignerRoute")), "DesignerRoute"),
});

const workflowRuns = createRoute({
  getParentRoute: () => workflow,
  path: "/runs",
  validateSearch: (search) => given({ ...runFilters(search), view: oneOf(search, "view", ["grid"]) }),
  component: lazyRouteComponent(fetched(() => import("../pages/runs/WorkflowRunsPage")), "WorkflowRunsPage"),
});

const run = createRoute({
  getParentRoute: () => workflow,
  path: "/runs/$run",
  validateSearch: (search) =>
    given({
      node: text(search, "node"),
      iter: text(search, "iter"),
      tab: oneOf(search, "tab", ["overview", "inputs", "outputs", "tries", "code"]),
      view: oneOf(search, "view", ["canvas", "timeline", "outline"]),
    }),
  component: lazyRouteComponent(fetched(() => import("../pages/run/RunPage")), "RunPage"),
});

const versions = createRoute({
  getParentRoute: () => workflow,
  path: "/versions",
  validateSearch: (search) => given({ v: text(search, "v"), a: text(search, "a"), b: text(search, "b"), mode: oneOf(search, "mode", ["words", "canvas", "text"]) }),
  component: lazyRouteComponent(fetched(() => import("../pages/versions/VersionsPage")), "VersionsPage"),
});

const connections = createRoute({
  getParentRoute: () => tenant,
  path: "/connections",
  validateSearch: (search) => given({ new: text(search, "new") }),
  component: lazyRouteComponent(fetched(() => import("../pages/connections/ConnectionsPage")), "ConnectionsPage"),
});

const inbox = createRoute({
  getParentRoute: () => tenant,
  path: "/inbox",
  validateSearch: (search) => given({ outcome: text(search, "outcome"), arrival: text(search, "arrival") }),
  component: lazyRouteComponent(fetched(() => import("../pages/inbox/InboxPage")), "InboxPage"),
});

const members = createRoute({
  getParentRoute: () => tenant,
  path: "/members",
  component: lazyRouteComponent(fetched(() => import("../pages/members/MembersPage")), "MembersPage"),
});

const settings = createRoute({
  getParentRoute: () => tenant,
  path: "/settings",
  component: lazyRouteComponent(fetched(() => import("../pages/settings/SettingsPage")), "SettingsPage"),
});

const audit = createRoute({
  getParentRoute: () => tenant,
  path: "/audit",
  validateSearch: (search) => given({ kind: text(search, "kind"), person: text(search, "person"), object: text(search, "object") }),
  component: lazyRouteComponent(fetched(() => import("../pages/audit/AuditPage")), "AuditPage"),
});

const tree = root.addChildren([
  home,
  signIn,
  setup,
  join,
  profile,
  tenant.addChildren([workflows, templates, template, runs, inbox, connections, members, settings, audit, workflow.addChildren([overview, design, workflowRuns, run, versions])]),
]);

export const router = createRouter({
  routeTree: tree,
  // Every search parameter is text: plain queries, without the quotes that JSON would put around "12".
  parseSearch: (query) => Object.fromEntries(new URLSearchParams(query)),
  stringifySearch: (search) => {
    const query = new URLSearchParams(Object.entries(search).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
    return query.size > 0 ? `?${query.toString()}` : "";
  },
  context: { queries },
  defaultPreload: "intent",
  defaultPendingMs: 150,
  defaultPendingMinMs: 0,
  defaultPendingComponent: PagePending,
  defaultErrorComponent: PageError,
  defaultNotFoundComponent: PageNotFound,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
