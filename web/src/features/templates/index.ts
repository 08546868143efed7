/** What other features use of the templates: the form that is made of their parameters. */
export { ParameterFields } from "./components/ParameterFields";
export { useParameterProblems } from "./hooks/problems";
export { parameterDefaults } from "./model/parameters";
