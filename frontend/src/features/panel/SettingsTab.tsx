import { IconPlus, IconTrash } from "@tabler/icons-react";
import { Button } from "../../ui/Button";
import { IconButton } from "../../ui/IconButton";
import { Switch } from "../../ui/Switch";
import type { Document } from "../../workflow/document";
import { settingsOf } from "../../workflow/settings";
import { stringOf } from "../../workflow/tree";
import { DictionaryValue } from "./editors/lists";
import { DurationValue, durationWords, NumberValue } from "./editors/simple";
import { usePanel } from "./PanelContext";
import { RetrySection } from "./RetrySection";
import { DIFFERENT, fieldOf, Labelled, Section, useSetting } from "./sections";
import { ChunkingSection, RequestTimeoutSection } from "./transfers";
import { CatchUpSection, DEDUPLICATED, DuplicatesSection } from "./triggerPolicies";
import styles from "./panel.module.css";

interface SettingsProps {
  readonly document: Document;
  /** What the manifest says the operation takes; null where it has none. */
  readonly offered: readonly string[] | null;
}

/** What an action or trigger takes besides its inputs. */
export function SettingsTab({ document, offered }: SettingsProps) {
  const { action } = usePanel().entry;
  const names = settingsOf(action, offered);
  return (
    <div className={styles.sections}>
      {names.has("retryPolicy") && <RetrySection document={document} />}
      {names.has("timeout") && <TimeoutSection document={document} />}
      {names.has("requestTimeout") && <RequestTimeoutSection document={document} />}
      {names.has("concurrency") && <ConcurrencySection document={document} />}
      {names.has("conditions") && <ConditionsSection document={document} />}
      {names.has("splitOn") && <SplitSection document={document} />}
      {names.has("pagination") && <PagingSection document={document} />}
      {names.has("chunking") && <ChunkingSection document={document} />}
      {(names.has("secureInputs") || names.has("secureOutputs")) && <SecuritySection document={document} />}
      <OptionsSection />
      {names.has("trackedProperties") && <TrackingSection document={document} />}
      {action.trigger && names.has("correlation") && <CorrelationSection document={document} />}
      {action.trigger && action.type === "Recurrence" && <CatchUpSection document={document} />}
      {action.trigger && DEDUPLICATED.has(action.type) && <DuplicatesSection document={document} />}
    </div>
  );
}

export function TimeoutSection({ document }: { readonly document: Document }) {
  const { readOnly } = usePanel();
  const { node, text, set, differs } = useSetting(document);
  return (
    <Section title="Timeout" summary={differs("/limit/timeout") ? DIFFERENT : durationWords(text("/limit/timeout"))}>
      <DurationValue field={fieldOf("Timeout", "/limit/timeout", differs("/limit/timeout") ? DIFFERENT : "No limit of its own")} document={document} node={node("/limit/timeout")} labelId="" readOnly={readOnly} onText={(value) => set("/limit/timeout", value, "Timeout")} />
      <p className={styles.help}>Covers the whole action, retries included. When it has passed the action is TimedOut.</p>
    </Section>
  );
}

const WAITING = "/runtimeConfiguration/concurrency/maximumWaitingRuns";

export function ConcurrencySection({ document }: { readonly document: Document }) {
  const { entry, readOnly } = usePanel();
  const { node, text, set, differs } = useSetting(document);
  const path = entry.action.trigger ? "/runtimeConfiguration/concurrency/runs" : "/runtimeConfiguration/concurrency/repetitions";
  const value = text(path);
  return (
    <Section title="Concurrency" summary={differs(path) ? DIFFERENT : value === "" ? "" : value === "1" ? "one at a time" : `${value} at a time`}>
      <Labelled title={entry.action.trigger ? "Runs at a time" : "Items at a time"}>
        <NumberValue field={fieldOf("Concurrency", path, differs(path) ? DIFFERENT : entry.action.trigger ? "Unlimited" : "20")} document={document} node={node(path)} labelId="" readOnly={readOnly} onText={(next) => set(path, next, "Concurrency")} />
      </Labelled>
      {entry.action.trigger && value !== "" && (
        <Labelled title="Waiting runs at most">
          <NumberValue field={fieldOf("Waiting runs at most", WAITING, "10 more than run at a time")} document={document} node={node(WAITING)} labelId="" readOnly={readOnly} onText={(next) => set(WAITING, next, "Concurrency")} />
        </Labelled>
      )}
      <p className={styles.help}>{entry.action.trigger ? "Further runs wait. Callers beyond the waiting ones are told to come again later (429); what polls or fires by the clock just waits." : "1 to 50. With 1 the items go one after another, in order."}</p>
    </Section>
  );
}

function ConditionsSection({ document }: { readonly document: Document }) {
  const { readOnly, TextEditor } = usePanel();
  const { node, set } = useSetting(document);
  const conditions = (node("/conditions")?.items ?? []).map((item) => stringOf(item.members.find((one) => one.name === "expression")?.value) ?? "");
  const write = (next: readonly string[]): boolean => set("/conditions", next.length === 0 ? null : `[${next.map((one) => `{"expression": ${JSON.stringify(one)}}`).join(", ")}]`, "Conditions");
  return (
    <Section title="Conditions" summary={conditions.length > 0 ? `${String(conditions.length)}` : ""}>
      <p className={styles.help}>A run starts only when all of these are true.</p>
      {conditions.map((condition, index) => (
        <div key={index} className={styles.item}>
          <TextEditor value={condition} label={`Condition ${String(index + 1)}`} readOnly={readOnly} wants="boolean" placeholder="@equals(…, …)" onChange={(next) => write(conditions.map((one, place) => (place === index ? next : one)))} />
          {!readOnly && <IconButton size="small" label="Remove condition" icon={<IconTrash size={15} />} onClick={() => write(conditions.filter((_, place) => place !== index))} />}
        </div>
      ))}
      {!readOnly && (
        <Button size="small" variant="quiet" icon={<IconPlus size={14} />} onClick={() => write([...conditions, ""])}>
          Add condition
        </Button>
      )}
    </Section>
  );
}

const SPLIT_ID = "/splitOnConfiguration/correlation/clientTrackingId";

function SplitSection({ document }: { readonly document: Document }) {
  const { readOnly, TextEditor } = usePanel();
  const { text, set } = useSetting(document);
  return (
    <Section title="Split on" summary={text("/splitOn") === "" ? "" : "on"}>
      <TextEditor value={text("/splitOn")} label="Split on" readOnly={readOnly} wants="array" placeholder="@triggerBody()?['value']" onChange={(next) => set("/splitOn", next === "" ? null : JSON.stringify(next), "Split on")} />
      <p className={styles.help}>One run for each item of this list.</p>
      {text("/splitOn") !== "" && (
        <Labelled title="Tracking id of each run">
          <TextEditor value={text(SPLIT_ID)} label="Tracking id of each run" readOnly={readOnly} wants="string" placeholder="@triggerBody()?['id']" onChange={(next) => set(next === "" ? "/splitOnConfiguration" : SPLIT_ID, next === "" ? null : JSON.stringify(next), "Split on")} />
        </Labelled>
      )}
    </Section>
  );
}

/** Further pages of a long list, fetched by themselves (reference 9.6). */
function PagingSection({ document }: { readonly document: Document }) {
  const { readOnly } = usePanel();
  const { node, text, set } = useSetting(document);
  const path = "/runtimeConfiguration/paginationPolicy/minimumItemCount";
  const value = text(path);
  const on = node("/runtimeConfiguration/paginationPolicy") !== undefined;
  return (
    <Section title="Pagination" summary={on ? `at least ${value} items` : ""}>
      <Switch label="Follow links to further pages" checked={on} disabled={readOnly} onChange={(event) => set(event.currentTarget.checked ? path : "/runtimeConfiguration/paginationPolicy", event.currentTarget.checked ? "1000" : null, "Pagination")} />
      {on && (
        <Labelled title="Until there are this many items">
          <NumberValue field={fieldOf("Items", path, "1000")} document={document} node={node(path)} labelId="" readOnly={readOnly} onText={(next) => set(path, next, "Pagination")} />
        </Labelled>
      )}
      <p className={styles.help}>The items of all pages become one list.</p>
    </Section>
  );
}

/** A name of one's own for what a run belongs to. */
function CorrelationSection({ document }: { readonly document: Document }) {
  const { readOnly, TextEditor } = usePanel();
  const { text, set } = useSetting(document);
  const path = "/correlation/clientTrackingId";
  return (
    <Section title="Tracking id" summary={text(path) === "" ? "" : "own"}>
      <TextEditor value={text(path)} label="Tracking id" readOnly={readOnly} wants="string" placeholder="@triggerBody()?['orderId']" onChange={(next) => set(next === "" ? "/correlation" : path, next === "" ? null : JSON.stringify(next), "Tracking id")} />
      <p className={styles.help}>Stands with the run in every list, to find the run of an order or a customer.</p>
    </Section>
  );
}

function SecuritySection({ document }: { readonly document: Document }) {
  const { entry, readOnly } = usePanel();
  const { node, set } = useSetting(document);
  const path = "/runtimeConfiguration/secureData/properties";
  const chosen = (node(path)?.items ?? []).map((item) => stringOf(item) ?? "");
  const toggle = (name: string, on: boolean): boolean => {
    const next = ["inputs", "outputs"].filter((one) => (one === name ? on : chosen.includes(one)));
    return set(next.length === 0 ? "/runtimeConfiguration/secureData" : path, next.length === 0 ? null : JSON.stringify(next), "Security");
  };
  return (
    <Section title="Security" summary={chosen.length === 0 ? "" : `${chosen.join(" and ")} hidden`}>
      {!entry.action.trigger && <Switch label="Hide inputs in the run history" checked={chosen.includes("inputs")} disabled={readOnly} onChange={(event) => toggle("inputs", event.currentTarget.checked)} />}
      <Switch label="Hide outputs in the run history" checked={chosen.includes("outputs")} disabled={readOnly} onChange={(event) => toggle("outputs", event.currentTarget.checked)} />
    </Section>
  );
}

const OPTIONS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  Http: [["DisableAsyncPattern", "Do not wait for 202 answers to complete"], ["DisableAutomaticDecompression", "Leave compressed answers as they are"], ["SuppressWorkflowHeaders", "Send no workflow headers"]],
  Workflow: [["DisableAsyncPattern", "Go on at the first answer, also where it is 202"]],
  Function: [["DisableAsyncPattern", "Do not wait for 202 answers to complete"]],
  ApiManagement: [["DisableAsyncPattern", "Do not wait for 202 answers to complete"]],
  Request: [["EnableSchemaValidation", "Refuse bodies that do not fit the schema"], ["IncludeAuthorizationHeadersInOutputs", "Keep the Authorization header"], ["SuppressWorkflowHeadersOnResponse", "Answer without workflow headers"]],
  Response: [["Asynchronous", "Answer 202 at once and let the caller poll"]],
  Until: [["FailWhenLimitsReached", "Fail when a limit is reached"]],
  Foreach: [["Sequential", "One item after another"]],
  Recurrence: [["SingleInstance", "Skip while a run is still going"]],
};

/** Triggers that ask at intervals: the options of a call do not count for them. */
const POLLING = new Set(["Http", "ApiManagement", "ServiceProvider"]);

function OptionsSection() {
  const { entry, edit, readOnly } = usePanel();
  const { action } = entry;
  const offered = (action.trigger && POLLING.has(action.type) ? OPTIONS.Recurrence : OPTIONS[action.type]) ?? [];
  if (offered.length === 0) return null;
  const written = stringOf(action.value.members.find((one) => one.name === "operationOptions")?.value) ?? "";
  const set = written.split(",").map((one) => one.trim()).filter((one) => one !== "" && one !== "None");
  const toggle = (name: string, on: boolean): void => {
    const next = on ? [...set, name] : set.filter((one) => one.toLowerCase() !== name.toLowerCase());
    edit({ name: "setSetting", arguments: { action: action.name, path: "/operationOptions", text: next.length === 0 ? null : JSON.stringify(next.join(", ")), field: "Options" } });
  };
  return (
    <Section title="Options" summary={set.length === 0 ? "" : String(set.length)}>
      {offered.map(([name, words]) => (
        <Switch key={name} label={words} checked={set.some((one) => one.toLowerCase() === name.toLowerCase())} disabled={readOnly} onChange={(event) => toggle(name, event.currentTarget.checked)} />
      ))}
    </Section>
  );
}

export function TrackingSection({ document }: { readonly document: Document }) {
  const { readOnly } = usePanel();
  const { node, set, differs } = useSetting(document);
  const count = node("/trackedProperties")?.members.length ?? 0;
  return (
    <Section title="Tracked properties" summary={differs("/trackedProperties") ? DIFFERENT : count === 0 ? "" : String(count)}>
      <DictionaryValue field={fieldOf("Tracked properties", "/trackedProperties")} document={document} node={node("/trackedProperties")} labelId="" readOnly={readOnly} onText={(value) => set("/trackedProperties", value, "Tracked properties")} />
    </Section>
  );
}
