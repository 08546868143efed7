/** What other features use of the job form. */
export { SpecForm, type SpecHandle } from "./components/SpecForm";
