// Captions and chapters: from the text of the form to lines, and back. A text that has mistakes gives null: only the
// server tells what is wrong with it.
import { clock, milliseconds, written } from "./times.js";

const TIMING = /^\s*([\d:.,]+)\s+-->\s+([\d:.,]+)(?:\s+(.*))?$/;
const CHAPTER = /^\s*([\d:.,]+)\s+[-\u2013\u2014:|]?(.+)$/;
const NO_CAPTION = /^\uFEFF?(WEBVTT|NOTE|STYLE|REGION)(\s|$)/;

export const captions = {
  hasEnd: true,

  read(text) {
    const lines = [];
    for (const block of text.replace(/\r\n?/g, "\n").split(/\n\s*\n/)) {
      const rows = block.replace(/^\n+/, "").trimEnd().split("\n");
      if (rows[0] === "" || (NO_CAPTION.test(rows[0]) && !rows[0].includes("-->"))) continue;
      const at = rows.slice(0, 2).findIndex((row) => row.includes("-->"));
      const found = at >= 0 && TIMING.exec(rows[at]);
      const [start, end] = found ? [milliseconds(found[1]), milliseconds(found[2])] : [null, null];
      if (start === null || end === null || end <= start) return null;
      lines.push({ start, end, settings: found[3] ?? "", text: rows.slice(at + 1).join("\n").replaceAll("&amp;", "&") });
    }
    return lines.sort((one, other) => one.start - other.start || one.end - other.end);
  },

  write(lines) {
    const blocks = lines.filter((line) => line.text.trim()).map(({ start, end, settings, text }) => {
      const said = text.trim().replace(/\n\s*\n/g, "\n").replaceAll("-->", "→");
      return `${written(start)} --> ${written(end)}${settings ? ` ${settings}` : ""}\n${said}\n`;
    });
    return ["WEBVTT\n", ...blocks].join("\n");
  },
};

export const chapters = {
  hasEnd: false,

  read(text) {
    const lines = [];
    for (const row of text.split(/\r?\n/)) {
      if (!row.trim()) continue;
      const found = CHAPTER.exec(row);
      const start = found && milliseconds(found[1]);
      if (!found || start === null || !found[1].includes(":")) return null;
      lines.push({ start, text: found[2].trim() });
    }
    return lines.sort((one, other) => one.start - other.start);
  },

  write(lines) {
    return lines.filter((line) => line.text.trim()).map(({ start, text }) => `${clock(start)} ${text.trim()}`).join("\n");
  },
};
