import { IconUpload } from "@tabler/icons-react";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { Button } from "../../../ui/Button";
import { SegmentedControl } from "../../../ui/SegmentedControl";
import { Select } from "../../../ui/Select";
import { stringOf } from "../../../workflow/tree";
import { usePanel } from "../PanelContext";
import { base64 } from "./content";
import type { EditorProps } from "./EditorProps";
import { JsonValue } from "./structured";
import { isExpression } from "./values";
import styles from "../panel.module.css";

interface Member {
  readonly name: string;
  readonly title: string;
  readonly required?: boolean;
  readonly secret?: boolean;
  readonly placeholder?: string;
  readonly help?: string;
}

interface Kind {
  readonly title: string;
  readonly help?: string;
  readonly members: readonly Member[];
}

const PFX: readonly Member[] = [{ name: "pfx", title: "Certificate (PFX, base64)", required: true, secret: true }, { name: "password", title: "Password of the certificate", secret: true }];
const CLIENT: readonly Member[] = [
  { name: "tenant", title: "Tenant", required: true }, { name: "audience", title: "Audience", required: true, placeholder: "https://management.core.windows.net/" }, { name: "clientId", title: "Client id", required: true },
  { name: "authority", title: "Authority", placeholder: "https://login.microsoftonline.com/", help: "Another sign-in server: its address, without the tenant." },
];

/** The kinds of reference 6.2 with their members. */
const KINDS: Readonly<Record<string, Kind>> = {
  "": { title: "None", members: [] },
  Basic: { title: "User name and password", members: [{ name: "username", title: "User name", required: true }, { name: "password", title: "Password", required: true, secret: true }] },
  Raw: { title: "Authorization header (token, API key)", members: [{ name: "value", title: "Value", required: true, secret: true, placeholder: "Bearer …", help: "The whole header, for example Bearer and a token." }] },
  ClientCertificate: { title: "Client certificate", members: PFX },
  ActiveDirectoryOAuth: { title: "OAuth client credentials", members: CLIENT },
  ManagedServiceIdentity: {
    title: "Managed identity", help: "For other engines. This installation has no managed identity, so the call fails here: choose another kind.",
    members: [{ name: "audience", title: "Audience", placeholder: "https://management.core.windows.net/" }, { name: "identity", title: "Identity", help: "The resource id of a user-assigned identity; without it the system's own." }],
  },
};

const EXPRESSION = "\u0000fx";

/** How a request signs in: a form for every kind of the language, an expression for the whole, JSON for kinds nobody knows. */
export function AuthenticationValue(props: EditorProps) {
  const { field, node, readOnly, onText, labelId } = props;
  const { TextEditor } = usePanel();
  const [free, setFree] = useState(false);
  const member = (name: string) => node?.members.find((one) => one.name.toLowerCase() === name.toLowerCase());
  const text = node?.kind === "string" ? String(node.value) : "";
  const type = stringOf(member("type")?.value) ?? "";
  const known = type.toLowerCase() === "none" ? "" : Object.keys(KINDS).find((kind) => kind.toLowerCase() === type.toLowerCase());
  const choose = (next: string | null): void => {
    setFree(next === EXPRESSION);
    if (next === EXPRESSION) onText(null);
    else if (next !== null && next !== known) onText(next === "" ? null : `{"type": ${JSON.stringify(next)}}`);
  };
  const whole = free || text !== "";
  const offered = Object.entries(KINDS).filter(([value]) => value !== "ManagedServiceIdentity" || known === value).map(([value, one]) => ({ value, label: one.title }));
  const chooser = (
    <Select
      aria-labelledby={labelId} disabled={readOnly} value={whole ? EXPRESSION : (known ?? type)} onChange={choose}
      data={[...offered, ...(known === undefined ? [{ value: type, label: type }] : []), { value: EXPRESSION, label: "An expression" }]}
    />
  );
  if (whole) {
    return (
      <div className={styles.rows}>
        {chooser}
        <TextEditor value={text} label={`${field.title}: expression`} readOnly={readOnly} wants="any" placeholder="@parameters('signIn')" onChange={(next) => onText(next === "" ? null : JSON.stringify(next))} />
      </div>
    );
  }
  const kind = KINDS[known ?? "?"];
  return (
    <div className={styles.rows}>
      {chooser}
      {kind?.help && <p className={styles.help}>{kind.help}</p>}
      {kind ? kind.members.map((one) => <MemberField key={one.name} {...props} member={one} text={textOf(props, member(one.name)?.value)} spelled={member(one.name)?.name ?? one.name} />) : <JsonValue {...props} />}
      {known === "ActiveDirectoryOAuth" && <Credential {...props} />}
    </div>
  );
}

const textOf = ({ document }: EditorProps, node: EditorProps["node"]): string => (!node ? "" : (stringOf(node) ?? document.text.slice(node.start, node.end)));

/** An OAuth client shows who it is with a secret or with a certificate. */
function Credential(props: EditorProps) {
  const { node, readOnly } = props;
  const find = (name: string) => node?.members.find((one) => one.name.toLowerCase() === name);
  const [certificate, setCertificate] = useState(find("pfx") !== undefined);
  const members: readonly Member[] = certificate ? PFX : [{ name: "secret", title: "Secret", required: true, secret: true }];
  return (
    <>
      <SegmentedControl aria-label="Credential" disabled={readOnly} value={certificate ? "certificate" : "secret"} data={[{ value: "secret", label: "Secret" }, { value: "certificate", label: "Certificate" }]} onChange={(next) => setCertificate(next === "certificate")} />
      {members.map((one) => {
        const found = find(one.name.toLowerCase());
        return <MemberField key={one.name} {...props} member={one} text={textOf(props, found?.value)} spelled={found?.name ?? one.name} />;
      })}
    </>
  );
}

interface MemberFieldProps extends EditorProps {
  readonly member: Member;
  readonly text: string;
  /** The member's name as the definition writes it. */
  readonly spelled: string;
}

/** One member; the others of the object stay as they are written. */
function MemberField({ field, readOnly, member, text, spelled }: MemberFieldProps) {
  const { TextEditor, entry, edit, keepSecret } = usePanel();
  const write = (next: string): void => {
    edit({ name: "setInput", arguments: { action: entry.action.name, path: `${field.path}/${spelled}`, text: next === "" ? null : JSON.stringify(next), field: `${field.title}: ${member.title}` } });
  };
  // What is typed here, until it is settled where it goes: what was sent once stays in the draft's log of edits.
  const held = useRef<string | null>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const within = useRef(false);
  const hold = (secret: string | null): void => {
    held.current = secret;
    setTyped(secret);
  };
  const change = (next: string): void => {
    const secret = member.secret === true && next !== "" && !isExpression(next);
    hold(secret ? next : null);
    if (!secret) write(next);
  };
  const keep = (secret: string): void => {
    hold(null);
    const reads = keepSecret(`${entry.action.name}_${member.name}`.replace(/[^\p{L}\p{N}_]/gu, "_"), secret, text);
    if (reads !== null && reads !== text) write(reads);
  };
  const settle = (): void => {
    if (held.current !== null) keep(held.current);
  };
  const onGone = useEffectEvent(settle);
  useEffect(() => () => onGone(), []);
  const onBlur = (): void => {
    within.current = false;
    // The focus may go on inside: to the token menu, to a button below. A window that is left keeps its field.
    setTimeout(() => !within.current && document.hasFocus() && settle());
  };
  const plain = typed === null && member.secret === true && text !== "" && !isExpression(text);
  return (
    <div className={styles.nested} onFocus={() => (within.current = true)} onBlur={onBlur}>
      <span>
        {member.title}
        {member.required && <span className={styles.required}>{" *"}</span>}
      </span>
      <TextEditor value={typed ?? text} label={`${field.title}: ${member.title}`} readOnly={readOnly} wants="string" placeholder={member.placeholder} onChange={change} />
      {member.name === "pfx" && !readOnly && <CertificateFile title={member.title} onRead={change} />}
      {member.help !== undefined && text === "" && typed === null && <span className={styles.help}>{member.help}</span>}
      {typed !== null && (
        <span className={styles.help} role="status">
          Kept as a secure parameter when you leave this field.{" "}
          <Button
            size="small" variant="quiet" onPointerDown={(event) => event.preventDefault()}
            onClick={() => {
              hold(null);
              write(typed);
            }}
          >
            Write it into the workflow
          </Button>
        </span>
      )}
      {plain && (
        <span className={styles.caution}>
          Whoever may read the workflow reads this.{" "}
          {!readOnly && (
            <Button size="small" onClick={() => keep(text)}>
              Keep it as a secure parameter
            </Button>
          )}
        </span>
      )}
    </div>
  );
}

/** A certificate is a file of bytes; the definition wants it in base64. */
function CertificateFile({ title, onRead }: { readonly title: string; readonly onRead: (text: string) => void }) {
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <div>
      <input
        ref={chooser} type="file" hidden accept=".pfx,.p12" aria-label={`${title}: file`}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) void file.arrayBuffer().then((bytes) => onRead(base64(new Uint8Array(bytes))));
          event.currentTarget.value = "";
        }}
      />
      <Button size="small" variant="quiet" icon={<IconUpload size={14} />} onClick={() => chooser.current?.click()}>
        Take a file
      </Button>
    </div>
  );
}
