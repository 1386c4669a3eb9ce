/** Short names for the shapes of the API's answers, as the generated schema has them. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Session = Schemas["Session"];
export type TenantAccess = Schemas["SessionTenant"];
export type WorkflowItem = Schemas["WorkflowItem"];
export type WorkflowState = Schemas["WorkflowState"];
export type HealthHour = Schemas["HealthHour"];
export type DefinitionProblem = Schemas["DefinitionProblem"];
export type ImportedWorkflow = Schemas["ImportedWorkflow"];
export type VersionItem = Schemas["VersionItem"];
export type CallbackUrl = Schemas["CallbackUrl"];
export type RunItem = Schemas["RunItem"];

export type RunsLooked = Schemas["RunsLooked"];
export type RunColumn = Schemas["RunColumn"];
export type RunCell = Schemas["RunCell"];
export type RunOutcome = Schemas["RunOutcome"];
export type RunDetail = Schemas["RunDetail"];
export type RunStatus = Schemas["RunStatus"];
export type RunError = Schemas["RunError"];
export type RunActionState = Schemas["RunActionState"];
export type RunReference = Schemas["RunReference"];
export type RunActionTry = Schemas["RunActionTry"];
export type RunRepetition = Schemas["RunRepetition"];
export type RepetitionCounts = Schemas["RepetitionCounts"];
export type ActionStatus = Schemas["ActionStatus"];
export type ConnectionItem = Schemas["ConnectionItem"];
export type ConnectionDetail = Schemas["ConnectionDetail"];
export type ConnectorItem = Schemas["ConnectorItem"];
export type TestResult = Schemas["TestResult"];
export type TemplateItem = Schemas["TemplateItem"];
export type TemplateCreate = Schemas["TemplateCreateRequest"];
export type TemplateOutline = Schemas["TemplateOutline"];
export type TemplateDetail = Schemas["TemplateDetail"];
