import type { AdditionalLimit, QuotaSnapshot } from './usage.js';

/** The suffixes with which providers mark a stage or a date of a model, in a name of words between hyphens. */
const suffixes = /(?:-(?:preview|latest|beta|alpha|exp|experimental|rc\d*|\d{4}-?\d{2}-?\d{2}))+$/;

/** Whether two names mean one model, whatever their case and punctuation, with or without such suffixes. */
export function isSameModel(a: string, b: string): boolean {
  return plainName(a) === plainName(b);
}

function plainName(name: string): string {
  const words = name.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const plain = words.join('-').replace(suffixes, '').replaceAll('-', '');
  // A name that is nothing but punctuation is still a name of its own.
  return plain === '' ? name : plain;
}

/** Whether a limit is for the model, by the limit's name, its metered feature or its model slug. */
export function isLimitOf(limit: AdditionalLimit, model: string | undefined): boolean {
  return model !== undefined && limitNames(limit).some((name) => isSameModel(name, model));
}

function limitNames({ limitName, meteredFeature, modelSlug }: AdditionalLimit): string[] {
  return [modelSlug, limitName, meteredFeature].filter((name) => name !== undefined);
}

/** Every model that an answer names: `shown` has the names to ask for it with, `understood` all that are accepted. */
export function modelsNamedIn(snapshot: QuotaSnapshot): { readonly shown: string[]; readonly understood: string[] } {
  const slugs = (snapshot.modelUsage ?? []).map(({ slug }) => slug);
  return {
    shown: [...slugs, ...snapshot.additional.map((limit) => limit.modelSlug ?? limit.limitName)],
    understood: [...slugs, ...snapshot.additional.flatMap(limitNames)],
  };
}
