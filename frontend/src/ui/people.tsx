import { createContext, useContext } from "react";
import { Menu, MenuItem } from "./Menu";
import { Tooltip } from "./Tooltip";
import styles from "./people.module.css";

export interface Person {
  readonly key: string;
  readonly name: string;
  /** Said about them: "editing Send mail". */
  readonly note?: string | undefined;
  /** The name of the thing they are at. */
  readonly at?: string | undefined;
  /** Another tab of whoever looks. */
  readonly mine?: boolean | undefined;
}

/** Who is at which name, and whose change there is fresh. Both by lower-case name. */
export interface PeopleHere {
  readonly at: ReadonlyMap<string, readonly Person[]>;
  readonly fresh: ReadonlyMap<string, { readonly name: string; readonly key: number }>;
}

export const PeopleContext = createContext<PeopleHere>({ at: new Map(), fresh: new Map() });

const TONES = 8;

/** The same colour for a name in every browser. */
export function toneOf(name: string): number {
  let hash = 2166136261;
  for (const letter of name) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16777619) >>> 0;
  return hash % TONES;
}

export function initialsOf(name: string): string {
  const words = name.replace(/@.*/, "").split(/[\s._-]+/).filter(Boolean);
  return ((words[0]?.[0] ?? "?") + (words[1]?.[0] ?? "")).toUpperCase();
}

const saidOf = (person: Person): string => (person.note === undefined ? person.name : `${person.name}, ${person.note}`);

export function Avatar({ person }: { readonly person: Person }) {
  const said = saidOf(person);
  return (
    <Tooltip text={said}>
      <span className={styles.avatar} data-person={toneOf(person.name)} role="img" aria-label={said} tabIndex={0}>
        {initialsOf(person.name)}
      </span>
    </Tooltip>
  );
}

interface FollowButtonProps {
  readonly person: Person;
  readonly followed: boolean;
  readonly onFollow: (person: Person) => void;
}

function FollowButton({ person, followed, onFollow }: FollowButtonProps) {
  const said = `Follow ${saidOf(person)}`;
  return (
    <Tooltip text={followed ? `Stop following ${person.name}` : said}>
      <button type="button" className={styles.avatar} data-person={toneOf(person.name)} aria-label={said} aria-pressed={followed} onClick={() => onFollow(person)}>
        {initialsOf(person.name)}
      </button>
    </Tooltip>
  );
}

interface AvatarStackProps {
  readonly people: readonly Person[];
  readonly label: string;
  /** The person who is followed. */
  readonly followed: string | null;
  /** Follows somebody, or no longer. */
  readonly onFollow: (person: Person) => void;
}

/** Up to four faces, each a button that follows; the others as a number that opens their names. */
export function AvatarStack({ people, label, followed, onFollow }: AvatarStackProps) {
  if (people.length === 0) return null;
  const shown = people.length > 4 ? people.slice(0, 3) : people;
  const rest = people.slice(shown.length);
  return (
    <div className={styles.stack} role="group" aria-label={label}>
      {shown.map((person) => (person.mine ? <Avatar key={person.key} person={person} /> : <FollowButton key={person.key} person={person} followed={person.key === followed} onFollow={onFollow} />))}
      {rest.length > 0 && (
        <Menu
          target={
            <button type="button" className={styles.avatar} aria-label={`${String(rest.length)} more: ${rest.map((person) => person.name).join(", ")}`}>
              +{rest.length}
            </button>
          }
        >
          {rest.map((person) => (
            <MenuItem key={person.key} disabled={person.mine} onClick={() => onFollow(person)}>
              {person.key === followed ? `Stop following ${person.name}` : person.mine ? saidOf(person) : `Follow ${saidOf(person)}`}
            </MenuItem>
          ))}
        </Menu>
      )}
    </div>
  );
}

/** A ring in their colour with their initials, around whatever stands in a positioned parent; a flash where they just changed something. */
export function PeopleRing({ name }: { readonly name: string }) {
  const { at, fresh } = useContext(PeopleContext);
  const people = at.get(name.toLowerCase()) ?? [];
  const change = fresh.get(name.toLowerCase());
  const first = people[0];
  return (
    <>
      {change && <span key={change.key} className={styles.flash} data-person={toneOf(change.name)} data-flash aria-hidden />}
      {first && (
        <span className={styles.ring} data-person={toneOf(first.name)}>
          <span className={styles.tag}>
            <span aria-hidden>{people.map((person) => initialsOf(person.name)).slice(0, 3).join(" ")}</span>
            <span className="mr-visually-hidden">{`${people.map((person) => person.name).join(" and ")} ${people.length === 1 ? "is" : "are"} here`}</span>
          </span>
        </span>
      )}
    </>
  );
}

/** The same in a line of text: initials only. */
export function PeopleMarks({ name }: { readonly name: string }) {
  const { at, fresh } = useContext(PeopleContext);
  const people = at.get(name.toLowerCase()) ?? [];
  const change = fresh.get(name.toLowerCase());
  return (
    <>
      {change && <span key={change.key} className={styles.flash} data-person={toneOf(change.name)} data-row aria-hidden />}
      {people.slice(0, 3).map((person) => (
        <span key={person.key} className={styles.small} data-person={toneOf(person.name)}>
          <span aria-hidden>{initialsOf(person.name)}</span>
          <span className="mr-visually-hidden">{`${person.name} is here`}</span>
        </span>
      ))}
    </>
  );
}
