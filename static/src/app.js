// Every page works without this file; it only shortens the way. A behaviour is one module, and finds its elements
// by a data- attribute.
import htmx from "htmx.org";
import { accessAdder } from "./js/access-adder.js";
import { accessForm } from "./js/access-form.js";
import { bulkBars } from "./js/bulk.js";
import { busyForms } from "./js/busy-forms.js";
import { chooseFolders } from "./js/choose-folder.js";
import { copyButtons } from "./js/copy.js";
import { dialogs } from "./js/dialogs.js";
import "./js/drag.js";
import { enliven, register } from "./js/enliven.js";
import { filters } from "./js/filter.js";
import { handOver } from "./js/hand-over.js";
import "./js/keys.js";
import { lineEditors } from "./js/line-editors.js";
import { listPlace } from "./js/list-place.js";
import { menus } from "./js/menus.js";
import { moments } from "./js/moment.js";
import { newPasswords } from "./js/new-password.js";
import { passkeys } from "./js/passkeys.js";
import { players } from "./js/players.js";
import { polling } from "./js/polling.js";
import { printButtons } from "./js/print.js";
import { readNotices } from "./js/read-notices.js";
import { searchBox } from "./js/search-box.js";
import { sectionNav } from "./js/section-nav.js";
import { sendAtOnce } from "./js/send-at-once.js";
import { showMore } from "./js/show-more.js";
import { sideBar } from "./js/side-bar.js";
import { tagFields } from "./js/tag-field.js";
import { submits } from "./js/submits.js";
import { passwordSuggestions } from "./js/suggest-password.js";
import { tabs } from "./js/tabs.js";
import { themeChoices, themeSwitch } from "./js/theme.js";
import { toasts } from "./js/toast.js";
import { unfold } from "./js/unfold.js";
import { uploadForm } from "./js/upload-form.js";
import { uploads } from "./js/uploads.js";
import { viewers } from "./js/viewer.js";
import { withoutForms } from "./js/without-forms.js";

// The content security policy allows neither eval nor inline styles, and pages of a private library are not kept.
Object.assign(htmx.config, {
  allowEval: false,
  includeIndicatorStyles: false,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
});

register(
  accessAdder,
  accessForm,
  bulkBars,
  busyForms,
  chooseFolders,
  copyButtons,
  dialogs,
  filters,
  handOver,
  lineEditors,
  listPlace,
  menus,
  moments,
  newPasswords,
  passkeys,
  passwordSuggestions,
  players,
  polling,
  printButtons,
  readNotices,
  searchBox,
  sectionNav,
  sendAtOnce,
  showMore,
  sideBar,
  submits,
  tabs,
  tagFields,
  themeChoices,
  themeSwitch,
  toasts,
  unfold,
  uploadForm,
  uploads,
  viewers,
  withoutForms,
);
htmx.onLoad(enliven);
