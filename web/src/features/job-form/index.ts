/** What other features use of the job form: its sections, its model, the plan. */
export { BasicSection } from "./components/BasicSection";
export { CommandSection } from "./components/CommandSection";
export { EnvironmentSection } from "./components/EnvironmentSection";
export { ErrorSummary, type OtherIssue } from "./components/ErrorSummary";
export { PlanLine, PlanPanel } from "./components/PlanPanel";
export { PreferencesSection } from "./components/PreferencesSection";
export { ResourcesSection } from "./components/ResourcesSection";
export { Numbered } from "./components/Section";
export { SpecForm, type SpecHandle } from "./components/SpecForm";
export { type Form, FormContext, type TemplateMode, useFormState } from "./hooks/form";
export { type PlanState, usePlanOf } from "./hooks/plan";
export { templateIssuesOf, templateSpecOf, templateValuesOf, usedNames } from "./model/template";
export { DEFAULTS, type FormValues, numberOf } from "./model/values";
export { issuesFrom, type Violation } from "./model/violations";
export { quoteWord } from "./model/words";
export { toYaml } from "./model/yaml";
