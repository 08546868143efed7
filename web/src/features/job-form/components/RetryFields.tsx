/** The details of Allow Retry: how often, how long between, after what. */
import { useTranslation } from "react-i18next";
import { Checkbox } from "@/components/ui/Toggle";
import { controlId, useForm } from "../hooks/form";
import { RETRY_CAUSES } from "../model/values";
import { NumberInput, useFieldError } from "./fields";

export function RetryFields() {
  const { t } = useTranslation("job-form");
  const { values, set } = useForm();
  const error = useFieldError()("causes");
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <NumberInput name="maxAttempts" />
        <NumberInput name="factor" />
        <NumberInput name="initialMs" unit="ms" />
        <NumberInput name="maxMs" unit="ms" />
        <NumberInput name="jitter" />
      </div>
      <fieldset id={controlId("causes")} tabIndex={-1}>
        <legend className="mb-1.5 font-medium text-sm">{t("field.causes")}</legend>
        <div className="flex flex-col gap-x-6 gap-y-1 sm:flex-row sm:flex-wrap">
          {RETRY_CAUSES.map((cause) => (
            <span key={cause} className="flex min-h-8 items-center pointer-coarse:min-h-11">
              <Checkbox
                checked={values.causes.includes(cause)}
                onChange={(on) =>
                  set(
                    "causes",
                    RETRY_CAUSES.filter((one) =>
                      one === cause ? on : values.causes.includes(one),
                    ),
                  )
                }
              >
                {t(`cause.${cause}`)}
              </Checkbox>
            </span>
          ))}
        </div>
        {error !== undefined && <p className="mt-1 text-failed text-sm">{error}</p>}
      </fieldset>
    </>
  );
}
