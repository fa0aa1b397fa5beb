// Words and numbers in the language of the page.

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

/** "1.2 GB" */
export function size(bytes) {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const unitDisplay = step ? "short" : "long"; // which says "0 bytes"
  const format = { style: "unit", unit: UNITS[step], unitDisplay, maximumFractionDigits: step > 1 ? 1 : 0 };
  return new Intl.NumberFormat(document.documentElement.lang, format).format(bytes / 1000 ** step);
}

/** `text` with each {name} replaced by that value. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The one of `forms` (`{"one": "{count} person", "other": …}`) that belongs to `count`, with the number in it. */
export function counted(forms, count) {
  const language = document.documentElement.lang;
  const form = new Intl.PluralRules(language).select(count);
  return fill(forms[form] ?? forms.other, { count: new Intl.NumberFormat(language).format(count) });
}
