// The timeline of a video: a lane a person, a bar for each time in one state, a mark for each alert. A click, or Enter
// on a bar, moves the video there; the playhead follows the video. Nothing of this needs a run of the page.

const FIRST = 30; // people who are shown at first
const FIRST_ALERTS = 5;
const ALERTS = "Alerts";
const FINEST = 40; // CSS pixels a second: nobody needs to look closer
const TICK_ROOM = 64; // CSS pixels from one time to the next
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400]; // seconds
const FRAME = 0.001; // seconds: times are rounded, and just before a frame the one before it is shown
// A tall video leaves room for the timeline, and the bar of the page lies over the upper end of what is scrolled to.
const BESIDE = { maxHeight: "58vh", background: "#000000", scrollMargin: "4.5rem" };
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

const timelines = new WeakMap();

/** Called at each run of the page. */
export default function ({ parentElement, data }) {
  if (!timelines.has(parentElement)) timelines.set(parentElement, new Timeline(parentElement));
  timelines.get(parentElement).update(data);
}

/** A time as players show it: 0:05, 12:40, 1:02:03; with tenths for what is shorter than a second. */
export function clock(seconds, tenths = false) {
  const units = Math.floor(10 * seconds + 0.001);
  const whole = Math.floor(units / 10);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  const text = hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
  return tenths ? `${text}.${units % 10}` : text;
}

function made(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  if (tag === "button") element.type = "button";
  return element;
}

class Timeline {
  constructor(root) {
    this.root = root;
    const find = (selector) => root.querySelector(selector);
    this.chart = find(".chart");
    this.rows = find(".rows");
    this.lanes = find(".lanes");
    this.axis = find(".axis");
    this.grid = find(".grid");
    this.sum = find(".sum");
    this.legend = find(".legend");
    this.all = find(".all");
    this.zoomIn = find(".in");
    this.zoomOut = find(".out");
    this.alerts = find(".alerts");
    this.more = find(".more");
    this.told = find(".told");
    this.zoom = 1;
    this.rows.onclick = (event) => this.click(event);
    this.rows.onkeydown = (event) => this.key(event);
    this.rows.onfocusin = (event) => this.enter(event.target);
    this.all.onclick = () => this.showAll();
    this.more.onclick = () => this.showAlerts(Infinity);
    this.zoomIn.onclick = () => this.setZoom(this.zoom * 2);
    this.zoomOut.onclick = () => this.setZoom(this.zoom / 2);
    new ResizeObserver(() => this.showTimes()).observe(this.chart);
    this.listen();
  }

  /**
   * Takes what the page says.
   *
   * @param {object} data `player`: selector of what holds the video; `length`: seconds; `states`: how each is told and
   *   shown; `people`: each with `number` and `spans` (start, end, place in `states`); `events`: with `t`, `message`
   *   and `number`, that of a person or null.
   */
  update(data) {
    const text = JSON.stringify(data);
    if (text === this.text) return; // what is chosen and how far it is scrolled stay
    this.text = text;
    this.data = data;
    this.length = Math.max(data.length, ...data.events.map((event) => event.t), 0.1);
    this.showShares();
    this.showLanes(FIRST);
    this.showAlerts(FIRST_ALERTS);
    this.setZoom(1);
    this.follow();
  }

  // What is seen

  showShares() {
    const { states } = this.data;
    const shown = states.filter((state) => state.share > 0);
    this.sum.replaceChildren(
      ...shown.map((state) => {
        const part = this.state("span", state);
        part.style.flexGrow = state.share;
        return part;
      }),
    );
    this.sum.hidden = !shown.length;
    this.legend.replaceChildren(
      ...states.map((state) => {
        const item = made("li", "");
        const swatch = this.state("span", state);
        swatch.append(made("span", "symbol", state.symbol));
        item.append(swatch, made("span", "", state.text), made("strong", "", state.words));
        return item;
      }),
    );
  }

  state(tag, { key, colour }, className = "") {
    const element = made(tag, `state ${className}`);
    element.dataset.state = key;
    element.style.setProperty("--colour", colour);
    return element;
  }

  showLanes(most) {
    const { people, events } = this.data;
    const shown = people.slice(0, most);
    const lanes = shown.map((person) => this.person(person));
    if (!lanes.length) lanes.push(made("p", "nobody", "Nobody was seen in this video."));
    if (events.length) {
      lanes.unshift(this.lane(made("span", "", ALERTS), events.map((event) => this.mark(event))));
    }
    this.lanes.replaceChildren(...lanes);
    this.all.hidden = shown.length === people.length;
    this.all.textContent = `Show all ${people.length} people`;
    this.enter(this.lanes.querySelector("button"));
  }

  showAll() {
    const next = this.lanes.children.length;
    this.showLanes(Infinity);
    this.showTimes();
    const button = this.lanes.children[next]?.querySelector("button");
    button?.focus();
  }

  lane(name, parts) {
    const lane = made("div", "lane");
    const who = made("span", "who");
    const track = made("div", "track");
    who.append(name);
    track.append(...parts);
    lane.append(who, track);
    return lane;
  }

  person({ number, spans }) {
    const name = made("span", "");
    name.append(made("span", "person", "Person "), String(number));
    const bars = spans.map(([start, end, index]) => {
      const state = this.data.states[index];
      const bar = this.state("button", state, "bar");
      bar.type = "button";
      this.place(bar, start, end);
      bar.style.width = `${(100 * (end - start)) / this.length}%`;
      const [from, to] = [start, end].map((t) => clock(t, end - start < 1));
      this.say(bar, `Person ${number}: ${state.text.toLowerCase()} from ${from} to ${to}`);
      const symbol = made("span", "symbol", state.symbol);
      symbol.ariaHidden = "true";
      bar.append(symbol);
      return bar;
    });
    const flags = this.data.events
      .filter((event) => event.number === number)
      .map((event) => {
        const flag = made("span", "flag");
        flag.style.left = this.part(event.t);
        return flag;
      });
    return this.lane(name, [...bars, ...flags]);
  }

  mark({ t, message }) {
    const mark = made("button", "mark");
    mark.append(made("span", "", "!"));
    this.place(mark, t, t);
    this.say(mark, `Alert at ${clock(t)}: ${message}`);
    return mark;
  }

  place(button, start, end) {
    button.dataset.start = start;
    button.dataset.end = end;
    button.style.left = this.part(start);
    button.tabIndex = -1;
  }

  part(t) {
    return `${(100 * t) / this.length}%`;
  }

  say(button, words) {
    button.title = words;
    button.ariaLabel = words;
  }

  showAlerts(most) {
    const { events } = this.data;
    const list = this.alerts.querySelector("ol");
    list.replaceChildren(
      ...events.slice(0, most).map(({ t, message }) => {
        const item = made("li", "");
        const jump = made("button", "jump", clock(t));
        jump.ariaLabel = `Show ${clock(t)} in the video`;
        jump.onclick = () => this.seek(t);
        item.append(jump, made("span", "", message));
        return item;
      }),
    );
    this.alerts.hidden = !events.length;
    this.more.hidden = events.length <= most;
    this.more.textContent = `Show all ${events.length} alerts`;
  }

  /** The times above the lanes, as close as there is room. */
  showTimes() {
    const { width } = this.axis.getBoundingClientRect();
    if (!this.data || !width) return;
    const least = (TICK_ROOM * this.length) / width;
    const step = TICKS.find((seconds) => seconds >= least) ?? TICKS.at(-1) * Math.ceil(least / TICKS.at(-1));
    const times = Array.from({ length: Math.floor(this.length / step) + 1 }, (_, n) => n * step);
    this.axis.replaceChildren(
      ...times.map((t) => {
        const isLast = (1 - t / this.length) * width < TICK_ROOM / 4;
        const tick = made("span", `tick ${t === 0 ? "first" : isLast ? "last" : ""}`, clock(t));
        tick.style.left = this.part(t);
        return tick;
      }),
    );
    this.grid.replaceChildren(
      ...times.map((t) => {
        const line = made("i", "");
        line.style.left = this.part(t);
        return line;
      }),
    );
  }

  setZoom(zoom) {
    const { width } = this.chart.getBoundingClientRect();
    const most = 2 ** Math.max(0, Math.ceil(Math.log2((FINEST * this.length) / (width || 1))));
    const middle = (this.chart.scrollLeft + width / 2) / this.zoom;
    this.zoom = Math.min(Math.max(zoom, 1), most);
    this.rows.style.setProperty("--zoom", this.zoom);
    this.chart.scrollLeft = middle * this.zoom - width / 2;
    this.zoomOut.disabled = this.zoom === 1;
    this.zoomIn.disabled = this.zoom === most;
    this.showTimes();
  }

  // The video

  video() {
    return document.querySelector(`${this.data.player} video`);
  }

  /** Follows the video, also one that is put in its place later: media events are seen by the document. */
  listen() {
    const listening = new AbortController();
    for (const kind of ["play", "timeupdate", "seeking", "seeked", "loadedmetadata"]) {
      document.addEventListener(
        kind,
        (event) => {
          if (!this.root.isConnected) listening.abort();
          else if (event.target === this.video()) this.follow();
        },
        { capture: true, signal: listening.signal },
      );
    }
  }

  follow() {
    const video = this.video();
    if (!video) return;
    Object.assign(video.style, BESIDE);
    const at = Math.min(1, video.currentTime / this.length);
    this.rows.style.setProperty("--at", at);
    if (video.paused) return;
    this.keepInSight(at);
    cancelAnimationFrame(this.next);
    this.next = requestAnimationFrame(() => this.root.isConnected && this.follow());
  }

  /** Scrolls a chart that is zoomed in when the playhead leaves it. */
  keepInSight(at) {
    if (this.zoom === 1) return;
    const track = this.axis.getBoundingClientRect();
    const chart = this.chart.getBoundingClientRect();
    const x = track.left + at * track.width;
    if (x < chart.left || x > chart.right) this.chart.scrollLeft += x - chart.left - 0.25 * chart.width;
  }

  seek(t) {
    const video = this.video();
    if (!video) return;
    const go = () => {
      video.currentTime = Math.min(Math.max(t, 0) + FRAME, video.duration || Infinity);
    };
    // Streamlit puts a video that has just been loaded to its beginning.
    if (video.readyState) go();
    else video.addEventListener("loadedmetadata", () => setTimeout(go), { once: true });
    const { top, bottom } = video.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) video.scrollIntoView({ block: "nearest" });
    this.told.textContent = `The video is at ${clock(t)}`;
  }

  // What is done

  click(event) {
    const button = event.target.closest(".bar, .mark");
    const { left, width } = this.axis.getBoundingClientRect();
    const t = ((event.clientX - left) / width) * this.length;
    if (button) {
      const [start, end] = [Number(button.dataset.start), Number(button.dataset.end)];
      const byKey = event.detail === 0;
      this.seek(byKey ? start : Math.min(Math.max(t, start), end));
    } else if (event.target.closest(".track") && t >= 0) {
      this.seek(Math.min(t, this.length));
    }
  }

  /** One bar can be reached by Tab: the last that had the focus. */
  enter(button) {
    if (!button?.matches(".bar, .mark")) return;
    if (this.stop) this.stop.tabIndex = -1;
    this.stop = button;
    button.tabIndex = 0;
  }

  key(event) {
    const button = event.target.closest(".bar, .mark");
    const next = button && this.neighbour(button, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  neighbour(button, key) {
    const lanes = [...this.lanes.children].map((lane) => [...lane.querySelectorAll(".bar, .mark")]);
    const y = lanes.findIndex((lane) => lane.includes(button));
    const x = lanes[y].indexOf(button);
    if (key === "Home") return lanes[y][0];
    if (key === "End") return lanes[y].at(-1);
    if (!ARROWS[key]) return undefined;
    const [down, right] = ARROWS[key];
    if (right) return lanes[y][x + right];
    const middle = (one) => (Number(one.dataset.start) + Number(one.dataset.end)) / 2;
    const distance = (one) => Math.abs(middle(one) - middle(button));
    return lanes[y + down]?.toSorted((a, b) => distance(a) - distance(b))[0];
  }
}
