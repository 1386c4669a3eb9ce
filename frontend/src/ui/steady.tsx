import { memo, useInsertionEffect, useRef, useState, type ComponentType, type FunctionComponent } from "react";

type Props = Readonly<Record<string, unknown>>;
type Work = (...given: readonly unknown[]) => unknown;

const isHandler = (name: string, value: unknown): value is Work => typeof value === "function" && name.charAt(0) === name.charAt(0).toLowerCase();

/**
 * The component, drawn again only when something it shows changed. Functions it is given may be new each time without that:
 * it gets one that stays and calls the newest. (They must not be called while drawing.) Components (`TextEditor`) count as shown.
 */
export function steady<Given extends object>(Component: ComponentType<Given>): FunctionComponent<Given> {
  const Kept = memo(Component) as unknown as FunctionComponent<Props>;
  return function Steady(props: Given) {
    const given = props as Props;
    const latest = useRef(given);
    useInsertionEffect(() => {
      latest.current = given;
    });
    const [handlers] = useState(() => new Handlers((name, args) => (latest.current[name] as Work | undefined)?.(...args)));
    const kept: Record<string, unknown> = {};
    for (const name of Object.keys(given)) kept[name] = isHandler(name, given[name]) ? handlers.of(name) : given[name];
    return <Kept {...kept} />;
  };
}

class Handlers {
  private readonly made = new Map<string, Work>();

  constructor(private readonly call: (name: string, given: readonly unknown[]) => unknown) {}

  of(name: string): Work {
    const known = this.made.get(name);
    if (known) return known;
    const work: Work = (...given) => this.call(name, given);
    this.made.set(name, work);
    return work;
  }
}
