/** What the template of a job is called. */

/** A name that a template may bear, made of the name of a job. */
export function templateName(jobName: string): string {
  const plain = jobName
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+|[-._]+$/g, "")
    .slice(0, 100);
  return plain === "" ? "template" : plain;
}
