/** Joins class names; of two that contradict each other the later one wins. */
import { type ClassValue, clsx } from "clsx";
import { extendTailwindMerge } from "tailwind-merge";

const merge = extendTailwindMerge({
  extend: {
    theme: { text: ["2xs"], radius: ["control", "card", "sheet"], shadow: ["float"] },
  },
});

export const cn = (...classes: ClassValue[]): string => merge(clsx(classes));
