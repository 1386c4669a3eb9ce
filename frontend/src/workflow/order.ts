/** The order of the actions of a branch, by what each runs after. */
import type { Action } from "./graph";

const orders = new WeakMap<readonly Action[], readonly Action[]>();

/** Definition order, but never before a predecessor; a cycle (an error of the definition) is cut at its first action. */
export function topological(actions: readonly Action[]): readonly Action[] {
  // A branch that did not change is the same list: canvas and outline ask for its order after every edit.
  const known = orders.get(actions);
  if (known) return known;
  const order = inOrder(actions) ? actions : sorted(actions);
  orders.set(actions, order);
  return order;
}

/** Whether everything is written behind what it runs after, as most definitions are. */
function inOrder(actions: readonly Action[]): boolean {
  const seen = new Set<string>();
  for (const action of actions) {
    for (const entry of action.runAfter) if (!seen.has(entry.name)) return false;
    seen.add(action.name);
  }
  return true;
}

function sorted(actions: readonly Action[]): Action[] {
  const place = placesOf(actions);
  const state = new Uint8Array(actions.length);
  const order: Action[] = [];
  const pending: number[] = [];
  for (let start = 0; start < actions.length; start += 1) {
    pending.push(start);
    while (pending.length > 0) {
      const index = pending[pending.length - 1] ?? 0;
      const action = actions[index];
      if (!action || state[index] === 2) {
        pending.pop();
        continue;
      }
      if (state[index] === 1) {
        state[index] = 2;
        order.push(action);
        pending.pop();
        continue;
      }
      state[index] = 1;
      for (let entry = action.runAfter.length - 1; entry >= 0; entry -= 1) {
        const source = place.get(action.runAfter[entry]?.name.toLowerCase() ?? "");
        if (source !== undefined && state[source] === 0) pending.push(source);
      }
    }
  }
  return order;
}

/** Where each action stands, by lower-case name. */
export function placesOf(actions: readonly Action[]): Map<string, number> {
  const place = new Map<string, number>();
  actions.forEach((action, index) => place.set(action.name.toLowerCase(), index));
  return place;
}
