// The menus of the player take the focus when they open. media-chrome waits for the end of a transition with it, which
// never comes for people who want no motion.

export function mindMenus({ controller }) {
  for (const menu of controller.querySelectorAll("[role=menu]")) {
    const opened = new MutationObserver(() => {
      if (!menu.hidden && matchMedia("(prefers-reduced-motion: reduce)").matches) menu.focus();
    });
    opened.observe(menu, { attributeFilter: ["hidden"] });
  }
}
