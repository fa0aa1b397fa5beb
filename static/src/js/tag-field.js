// [data-tag-field]: a tag that is typed becomes a ticked box at Enter or a comma, and when one goes on. Backspace in the
// empty field takes the last one away. What is left in the field is sent as well.
import { found } from "./enliven.js";

export function tagFields(root) {
  for (const field of found(root, "[data-tag-field]")) {
    const [input, template] = [field.querySelector("input[list]"), field.querySelector("template")];
    const boxes = () => [...field.querySelectorAll("input[type=checkbox]")];

    function add(text) {
      const name = text.trim().replace(/\s+/g, " ");
      if (!name || boxes().some(({ value }) => value.toLowerCase() === name.toLowerCase())) return;
      const label = template.content.firstElementChild.cloneNode(true);
      Object.assign(label.querySelector("input"), { name: input.name, value: name });
      label.append(name);
      template.before(label);
    }
    function take() {
      input.value.split(",").forEach(add);
      input.value = "";
    }
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && input.value.trim()) event.preventDefault();
      if (event.key === "Enter" || event.key === ",") take();
      if (event.key === ",") event.preventDefault();
      if (event.key === "Backspace" && !input.value) boxes().at(-1)?.parentElement.remove();
    });
    input.addEventListener("change", take);
  }
}
