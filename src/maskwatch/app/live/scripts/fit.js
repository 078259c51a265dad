// Gives the picture the height that the window leaves, so that it stands on one screen with Stop and the numbers.

/**
 * @param {HTMLElement} section The whole element; its variable `--room` is set: CSS pixels from its upper edge to
 *   the lower edge of the window.
 * @returns {() => void} Ends it.
 */
export function fit(section) {
  const scroller = scrollerOf(section);
  const measure = () => {
    const top = section.getBoundingClientRect().top + (scroller?.scrollTop ?? 0);
    const room = `${Math.round(window.innerHeight - top)}px`;
    if (section.style.getPropertyValue("--room") !== room) section.style.setProperty("--room", room);
  };
  const observer = new ResizeObserver(measure);
  observer.observe(document.documentElement);
  // What stands above may grow: a field for an address, a line about an error.
  if (scroller?.firstElementChild) observer.observe(scroller.firstElementChild);
  window.addEventListener("resize", measure);
  measure();
  return () => {
    observer.disconnect();
    window.removeEventListener("resize", measure);
  };
}

function scrollerOf(element) {
  for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
    if (["auto", "scroll"].includes(getComputedStyle(at).overflowY)) return at;
  }
  return document.scrollingElement;
}
