import { IconAlertTriangle, IconArrowsMove, IconChevronDown, IconChevronLeft, IconChevronRight, IconCirclePlus, IconLock, IconMinus, IconPencil, IconPinned, IconPlus, IconX } from "@tabler/icons-react";
import { memo, useRef } from "react";
import { PeopleRing } from "../../ui/people";
import { StatusPill } from "../../ui/StatusPill";
import { TickingDuration } from "../../ui/Duration";
import { statusLook } from "../../ui/statuses";
import { Tile } from "../../ui/Tile";
import { Tooltip } from "../../ui/Tooltip";
import { titleOf } from "../../workflow/draft";
import type { Action } from "../../workflow/graph";
import type { Item } from "../../workflow/layout";
import { unknownTitle } from "../../workflow/services";
import { lookOfAction } from "../../workflow/looks";
import { down, jsonOf, stringOf } from "../../workflow/tree";
import { readable, summaryOf } from "../../workflow/words";
import { useCanvas, useMoment, type CardStatus, type Moment } from "./CanvasContext";
import styles from "./canvas.module.css";

interface FaceProps {
  readonly item: Item;
}

/** Where a card stands is the business of the box around it: one that only moved is not drawn again. */
function sameFace({ item: one }: FaceProps, { item: other }: FaceProps): boolean {
  return one.id === other.id && one.kind === other.kind && one.action === other.action && one.branch === other.branch && one.depth === other.depth && one.collapsed === other.collapsed;
}

function useStatus(action: Action): CardStatus | undefined {
  const { statuses } = useCanvas();
  return statuses?.[action.trigger ? `trigger:${action.name}` : action.name];
}

const milliseconds = (status: CardStatus): number | undefined =>
  status.startedAt && status.endedAt ? Math.max(0, Date.parse(status.endedAt) - Date.parse(status.startedAt)) : undefined;

/** Codes that say no more than the status beside them: a container fails with `ActionFailed` because of what is inside. */
const UNTOLD: ReadonlySet<string> = new Set(["OK", "NotSpecified", "Succeeded", "ActionSucceeded", "ActionFailed"]);

function StatusLine({ status }: { readonly status: CardStatus }) {
  const skipped = status.status === "Skipped" || status.status === "Ignored";
  const duration = skipped ? undefined : milliseconds(status);
  const running = status.status === "Running" || status.status === "Waiting";
  return (
    <span className={styles.status}>
      <StatusPill status={status.status} retries={Math.max(0, (status.tries ?? 1) - 1)} {...(duration === undefined ? {} : { duration })} />
      {running && status.startedAt && (
        <span className={styles.ticking}>
          <TickingDuration since={status.startedAt} />
        </span>
      )}
      {status.code && !skipped && !UNTOLD.has(status.code) && <span className={styles.code} title={status.code}>{status.code}</span>}
    </span>
  );
}

/** Marks in the corner: secured values, a static result in place of the real call. */
function Marks({ action }: { readonly action: Action }) {
  const secured = (down(action.value, "runtimeConfiguration", "secureData", "properties")?.items.length ?? 0) > 0;
  const pinned = stringOf(down(action.value, "runtimeConfiguration", "staticResult", "staticResultOptions")) === "Enabled";
  return (
    <>
      {secured && <IconLock size={13} className={styles.mark} aria-label="Secured" />}
      {pinned && <IconPinned size={13} className={styles.mark} aria-label="Static result" />}
    </>
  );
}

function ProblemBadge({ name }: { readonly name: string }) {
  const { problems, statuses } = useCanvas();
  const found = problems.get(name.toLowerCase());
  if (!found || statuses || found.errors + found.warnings === 0) return null;
  const count = found.errors + found.warnings;
  return (
    <Tooltip text={found.first} multiline position="top">
      <span className={styles.badge} data-tone={found.errors > 0 ? "error" : "warning"}>
        {found.errors > 0 ? <IconX size={11} stroke={3} aria-hidden /> : <IconAlertTriangle size={11} stroke={2.5} aria-hidden />}
        {count > 1 && count}
        <span className="mr-visually-hidden">{count === 1 ? "1 problem" : `${String(count)} problems`}</span>
      </span>
    </Tooltip>
  );
}

const MARKS = { added: IconPlus, removed: IconMinus, changed: IconPencil, moved: IconArrowsMove, renamed: IconPencil } as const;

/** What became of the action between two versions. */
function ChangeMark({ name }: { readonly name: string }) {
  const mark = useCanvas().marks?.get(name.toLowerCase());
  if (!mark) return null;
  const Icon = MARKS[mark.kind];
  return (
    <Tooltip text={mark.words} multiline position="top">
      <span className={styles.change} data-mark={mark.kind}>
        <Icon size={11} stroke={3} aria-hidden />
        <span className="mr-visually-hidden">{mark.words}</span>
      </span>
    </Tooltip>
  );
}

function useTitle(name: string): React.ReactNode {
  const was = useCanvas().marks?.get(name.toLowerCase())?.was;
  if (!was) return titleOf(name);
  return (
    <>
      <del className={styles.was}>{titleOf(was)}</del> {titleOf(name)}
    </>
  );
}

function useCardProps(item: Item): React.HTMLAttributes<HTMLDivElement> & { readonly "data-selected"?: boolean; readonly "data-focus"?: boolean; readonly "data-tone"?: string; readonly "data-change"?: string; readonly "data-link"?: string } {
  const canvas = useCanvas();
  const status = item.action ? canvas.statuses?.[item.action.trigger ? `trigger:${item.name}` : item.name] : undefined;
  const chosen = useMoment((moment) => moment.selected.has(item.name));
  const focused = useMoment((moment) => moment.focus === item.name);
  const dragged = useMoment((moment) => (moment.drag?.names.includes(item.name) ? (moment.drag.copy ? "copy" : "move") : null));
  const link = useMoment((moment) => linkMark(moment, item));
  const mark = canvas.marks?.get(item.name.toLowerCase());
  return {
    id: `card-${item.id}`,
    // What the canvas's active descendant is called; the rest is announced.
    role: "group",
    "aria-label": titleOf(item.name),
    onPointerDown: (event) => canvas.onPointerDown(event, item),
    onDoubleClick: () => canvas.onOpen(item.name),
    onContextMenu: (event) => canvas.onMenu(event, item),
    ...(chosen ? { "data-selected": true } : {}),
    ...(focused ? { "data-focus": true } : {}),
    ...(status ? { "data-tone": statusLook(status.status).tone } : canvas.running ? { "data-tone": "none" } : {}),
    ...(mark ? { "data-change": mark.kind } : canvas.marks ? { "data-change": "none" } : {}),
    ...(link === null ? {} : { "data-link": link }),
    ...(dragged === null ? {} : { style: { opacity: dragged === "copy" ? 1 : 0.45 } }),
  };
}

/** While a connection is drawn: where it may end. */
function linkMark({ link }: Moment, item: Item): "no" | "over" | "yes" | null {
  if (!link || link.from === item.name) return null;
  return !link.targets.has(item.name) ? "no" : link.over === item.name ? "over" : "yes";
}

/** Drawn from here to another card, a connection makes that one run after this one. */
function LinkHandle({ item }: { readonly item: Item }) {
  const { startLink, readOnly } = useCanvas();
  if (readOnly || !startLink || item.action?.trigger !== false) return null;
  return <span className={`nopan ${styles.handle}`} title="Drag to another card: it then runs after this one" aria-hidden onPointerDown={(event) => startLink(event, item.name)} />;
}

function Face({ action, size }: { readonly action: Action; readonly size: number }) {
  const { catalogue } = useCanvas();
  const operation = catalogue?.of(action);
  return <Tile {...lookOfAction(action, operation)} size={size} />;
}

function useSubtitle(action: Action): string {
  const { catalogue } = useCanvas();
  const summary = summaryOf(action);
  if (summary !== "") return summary;
  if (action.type === "Scope") return action.size === 1 ? "1 action" : `${String(action.size)} actions`;
  return catalogue?.of(action)?.title ?? unknownTitle(action);
}

export const Card = memo(function Card({ item }: FaceProps) {
  const { action } = item;
  const props = useCardProps(item);
  if (!action) return null;
  return <CardBody item={item} action={action} props={props} />;
}, sameFace);

function CardBody({ item, action, props }: { readonly item: Item; readonly action: Action; readonly props: React.HTMLAttributes<HTMLDivElement> }) {
  const subtitle = useSubtitle(action);
  const status = useStatus(action);
  const { running } = useCanvas();
  const title = useTitle(item.name);
  return (
    <div {...props} className={`nopan ${styles.card}`} data-kind={item.kind}>
      <Face action={action} size={28} />
      <div className={styles.text}>
        <div className={styles.title} title={titleOf(item.name)}>{title}</div>
        {running && status ? <StatusLine status={status} /> : <div className={styles.subtitle} title={subtitle}>{subtitle}</div>}
      </div>
      <Marks action={action} />
      <ProblemBadge name={item.name} />
      <ChangeMark name={item.name} />
      <PeopleRing name={item.name} />
      <LinkHandle item={item} />
    </div>
  );
}

export const Container = memo(function Container({ item }: FaceProps) {
  const { action } = item;
  const props = useCardProps(item);
  if (!action) return null;
  return <ContainerBody item={item} action={action} props={props} />;
}, sameFace);

function ContainerBody({ item, action, props }: { readonly item: Item; readonly action: Action; readonly props: React.HTMLAttributes<HTMLDivElement> }) {
  const canvas = useCanvas();
  const subtitle = useSubtitle(action);
  const status = useStatus(action);
  const title = useTitle(item.name);
  const change = canvas.marks?.get(item.name.toLowerCase())?.kind;
  return (
    <div className={styles.frame} data-collapsed={item.collapsed || undefined} data-depth={item.depth % 2} data-change={change} data-tone={status ? statusLook(status.status).tone : canvas.running ? "none" : undefined}>
      <div {...props} className={`nopan ${styles.header}`}>
        <Face action={action} size={24} />
        <div className={styles.text}>
          <div className={styles.title} title={titleOf(item.name)}>{title}</div>
          {canvas.running && status ? <StatusLine status={status} /> : <div className={styles.subtitle} title={subtitle}>{subtitle}</div>}
        </div>
        <ProblemBadge name={item.name} />
        <ChangeMark name={item.name} />
        <button
          type="button"
          className={styles.collapse}
          aria-label={item.collapsed ? `Expand ${titleOf(item.name)}` : `Collapse ${titleOf(item.name)}`}
          aria-expanded={!item.collapsed}
          tabIndex={-1}
          onPointerDown={(event) => event.stopPropagation()}
          onClick={() => canvas.onToggle(item.name)}
        >
          {item.collapsed ? <IconChevronRight size={16} /> : <IconChevronDown size={16} />}
          {item.collapsed && <span>{action.size}</span>}
        </button>
        <PeopleRing name={item.name} />
      </div>
      <LinkHandle item={item} />
      <div className={styles.farLabel}>{`${titleOf(item.name)} · ${String(action.size)}`}</div>
    </div>
  );
}

const caseText = (item: Item): string => {
  const branch = item.branch;
  if (branch?.kind !== "case" || !branch.caseValue) return branch?.title ?? "";
  const value = branch.caseValue.kind === "string" ? readable(String(branch.caseValue.value)) : String(jsonOf(branch.caseValue));
  return value === "" ? `${branch.title}: no value` : `= ${value}`;
};

export const BranchHeader = memo(function BranchHeader({ item }: FaceProps) {
  const canvas = useCanvas();
  const kind = item.branch?.kind ?? "body";
  const removable = kind === "case" && !canvas.readOnly;
  const key = item.branch?.key;
  const cases = item.action?.branches.filter((one) => one.kind === "case") ?? [];
  const index = cases.findIndex((one) => one.key === key);
  return (
    <div className={`nopan ${styles.branch}`} data-kind={kind} title={item.branch?.title}>
      {removable && index > 0 && (
        <button type="button" tabIndex={-1} className={styles.caseMove} aria-label={`Move case ${item.branch?.title ?? ""} to the left`} onClick={() => canvas.onCommand("case-left", [item.name], key)}>
          <IconChevronLeft size={12} />
        </button>
      )}
      <span>{caseText(item)}</span>
      {removable && index >= 0 && index < cases.length - 1 && (
        <button type="button" tabIndex={-1} className={styles.caseMove} aria-label={`Move case ${item.branch?.title ?? ""} to the right`} onClick={() => canvas.onCommand("case-right", [item.name], key)}>
          <IconChevronRight size={12} />
        </button>
      )}
      {removable && (
        <button type="button" tabIndex={-1} aria-label={`Delete case ${item.branch?.title ?? ""}`} onClick={() => canvas.onCommand("delete-branch", [item.name], item.branch?.key)}>
          <IconX size={12} />
        </button>
      )}
      {kind === "default" && !canvas.readOnly && (
        <button type="button" tabIndex={-1} className={styles.addCase} aria-label={`Add a case to ${titleOf(item.name)}`} onClick={() => canvas.onCommand("add-case", [item.name])}>
          <IconPlus size={12} /> Case
        </button>
      )}
    </div>
  );
}, sameFace);

export const EmptyBranch = memo(function EmptyBranch({ item }: FaceProps) {
  const canvas = useCanvas();
  const button = useRef<HTMLButtonElement>(null);
  const drop = useMoment(({ drag }) => (drag?.spot?.container === item.name && drag.spot.branch === (item.branch?.key ?? "actions") ? (drag.problem === null ? "yes" : "no") : undefined));
  if (item.id === "trigger:none") {
    return (
      <button ref={button} type="button" className={`nopan ${styles.placeholder}`} disabled={canvas.readOnly} onClick={() => button.current && canvas.onAddTrigger(button.current)}>
        <IconCirclePlus size={18} aria-hidden /> Add a trigger
      </button>
    );
  }
  const place = { container: item.name, branch: item.branch?.key ?? "actions", after: [], before: [] };
  if (canvas.readOnly) return <div className={styles.nothing}>No actions</div>;
  return (
    <button
      ref={button}
      type="button"
      tabIndex={-1}
      className={`nopan ${styles.empty}`}
      data-drop={drop}
      onClick={() => button.current && canvas.onAdd(place, button.current)}
    >
      <IconPlus size={14} aria-hidden /> Add an action
    </button>
  );
}, sameFace);
