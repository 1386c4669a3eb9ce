/** Names of the services behind connectors that are not installed here, so that an imported action says what it calls. */
import { providerOf } from "./catalogue";
import type { Action } from "./graph";
import { down, stringOf } from "./tree";
import { readable } from "./words";

/** What people call a service, by the id its connector has in Logic Apps and Power Automate. */
const TITLES: Readonly<Record<string, string>> = {
  approvals: "Approvals", arm: "Azure Resource Manager", as2: "AS2", ascalert: "Defender for Cloud", ascassessment: "Defender for Cloud", azuread: "Entra ID", azureadip: "Entra ID Protection",
  azureaisearch: "Azure AI Search", azureautomation: "Azure Automation", azureblob: "Azure Blob Storage", azurefile: "Azure Files", azureloganalyticsdatacollector: "Log Analytics", azuremonitorlogs: "Azure Monitor Logs",
  azureopenai: "Azure OpenAI", azurequeues: "Azure Queues", azuresentinel: "Microsoft Sentinel", azuretables: "Azure Tables", commondataservice: "Dataverse", commondataserviceforapps: "Dataverse", conversionservice: "Content conversion",
  documentdb: "Cosmos DB", edifact: "EDIFACT", eventhubs: "Event Hubs", excelonline: "Excel", excelonlinebusiness: "Excel", filesystem: "File System", flowmanagement: "Power Automate", flowpush: "Notifications", github: "GitHub",
  gmail: "Gmail", hyasinsight: "HYAS Insight", jira: "Jira", keyvault: "Key Vault", microsoftflowforadmins: "Power Automate", microsoftforms: "Forms", microsoftgraphsecurity: "Graph Security", office365: "Outlook", office365groups: "Office 365 Groups",
  office365users: "Office 365 Users", onedrive: "OneDrive", onedriveforbusiness: "OneDrive", outlook: "Outlook.com", planner: "Planner", powerappsforadmins: "Power Apps", powerappsforappmakers: "Power Apps", powerplatformadminv2: "Power Platform",
  powerplatformforadmins: "Power Platform", recordedfuture: "Recorded Future", riskiqpassivetotal: "RiskIQ", rss: "RSS", salesforce: "Salesforce", sap: "SAP", sendmail: "Mail", servicebus: "Service Bus", servicenow: "ServiceNow", sftpwithssh: "SFTP",
  sharepointonline: "SharePoint", slack: "Slack", sql: "SQL Server", teams: "Teams", todo: "To Do", twilio: "Twilio", virustotal: "VirusTotal", visualstudioteamservices: "Azure DevOps", wdatp: "Defender", webcontents: "HTTP with Entra ID",
  wordonlinebusiness: "Word", x12: "X12",
};

export interface ServiceWords {
  readonly service: string;
  /** What is asked of it, in words; "" where the text does not say. */
  readonly operation: string;
}

/** `listRecords_V2` → "List records V2"; `emailMessage/To` → "Email message / To"; `$filter` → "Filter". */
export function spacedWords(name: string): string {
  const one = (part: string): string => {
    const spaced = part.replace(/[_$]+/g, " ").replace(/([a-z0-9])([A-Z][a-z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`).replace(/([a-z])([A-Z])/g, "$1 $2").replace(/\s+/g, " ").trim();
    return spaced.charAt(0).toUpperCase() + spaced.slice(1);
  };
  return name.split("/").map(one).filter((part) => part !== "").join(" / ") || name;
}

/** What people call the service behind a connector or an API of Azure's. */
export function serviceTitle(id: string): string {
  const plain = (id.split("/").pop() ?? id).replace(/^shared_/i, "").replace(/[-_](?:\d+|[0-9a-f]{5})$/i, "");
  return TITLES[plain.toLowerCase()] ?? spacedWords(plain);
}

/** The service an action without a catalogue entry calls, and what it asks of it; null where its text names none. */
export function serviceOf(action: Action): ServiceWords | null {
  const provider = providerOf(action);
  if (provider) return { service: serviceTitle(provider.connector), operation: spacedWords(provider.operation) };
  const host = down(action.value, "inputs", "host");
  const api = stringOf(down(host, "apiId")) ?? stringOf(down(host, "api", "runtimeUrl")) ?? stringOf(down(host, "connection", "referenceName")) ?? stringOf(down(host, "connectionName")) ?? connectionOf(stringOf(down(host, "connection", "name")));
  if (api === undefined) return null;
  const operation = stringOf(down(host, "operationId"));
  return { service: serviceTitle(api), operation: operation === undefined ? request(action) : spacedWords(operation) };
}

/** `@parameters('$connections')['azuresentinel-1']['connectionId']` → "azuresentinel-1". */
function connectionOf(name: string | undefined): string | undefined {
  return name === undefined ? undefined : /\['([^']+)'\]\s*\??\['connectionId'\]/i.exec(name)?.[1];
}

function request(action: Action): string {
  const method = stringOf(down(action.value, "inputs", "method")) ?? "";
  const path = stringOf(down(action.value, "inputs", "path")) ?? "";
  return [method.toUpperCase(), path.includes("@") ? readable(path) : path].filter((part) => part !== "").join(" ");
}

/** What an operation is called that the catalogue does not know. */
export function unknownTitle(action: Action): string {
  const words = serviceOf(action);
  if (!words) return action.type === "" ? "No type" : spacedWords(action.type);
  return words.operation === "" ? words.service : `${words.service} · ${words.operation}`;
}
