import { createMemoryHistory, createRootRoute, createRoute, createRouter, Outlet, RouterProvider } from "@tanstack/react-router";
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { useSearchChange } from "./useSearchChange";

afterEach(cleanup);

/** A page of a card, whose search a timer changes later, and a page that takes its time to come. */
async function opened() {
  const root = createRootRoute({ component: Outlet });
  let change: ((node: string) => void) | undefined;
  let arrive: (() => void) | undefined;
  const card = createRoute({
    getParentRoute: () => root,
    path: "/w/$wf/design",
    component: function Card() {
      const setSearch = useSearchChange<{ node?: string }>();
      change = (node) => setSearch((before) => ({ ...before, node }));
      return <h1>Card</h1>;
    },
  });
  const runs = createRoute({
    getParentRoute: () => root,
    path: "/runs",
    loader: () => new Promise<void>((done) => { arrive = done; }),
    component: () => <h1>Runs</h1>,
  });
  const router = createRouter({
    routeTree: root.addChildren([card, runs]),
    history: createMemoryHistory({ initialEntries: ["/w/7/design?tab=test"] }),
    defaultPendingMs: 1_000_000,
  });
  render(<RouterProvider router={router as never} />);
  await screen.findByText("Card");
  return { router, change: (node: string) => change?.(node), arrive: () => arrive?.() };
}

test("parameters of the page change, the others stay", async () => {
  const { router, change } = await opened();
  await act(async () => change("Mail"));
  expect(router.history.location.href).toBe("/w/7/design?tab=test&node=Mail");
});

test("a change that comes late follows nobody to another page", async () => {
  const { router, change, arrive } = await opened();
  await act(async () => void router.navigate({ to: "/runs" as never }));
  expect(screen.getByText("Card")).toBeDefined(); // the other page is still on its way
  await act(async () => change("Mail"));
  expect(router.history.location.href).toBe("/runs");
  await act(async () => arrive());
  await screen.findByText("Runs");
  expect(router.history.location.href).toBe("/runs");
});
