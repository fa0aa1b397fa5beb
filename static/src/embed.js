// The whole script of a player in a page of another site. See privmedia/embedding: the page around it learns nothing.
import { run } from "./js/embed/frame.js";

const root = document.querySelector("[data-embed]");
if (root) run(root);
