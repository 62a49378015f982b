// What the rivals of the benchmark say to Directus: the shortest honest way from a log-in to a live conversation. They
// share it, so that they differ in how they draw and in nothing else.
//
// It is what a small chat does, and leaves out what ours promises: nothing is stored before it is sent, and a lost
// connection is not mended.

const proxy = document.documentElement.dataset.directus;
const kept = "rival:refresh"; // the refresh token, in localStorage
const page = 100;
const fields = ["id", "content", "user_created", "date_created"];

const call = async (path, { token, body } = {}) => {
  const response = await fetch(`${proxy}/${path}`, {
    method: body ? "POST" : "GET",
    headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return (await response.json()).data;
};

export const isSignedIn = () => Boolean(localStorage.getItem(kept));

// A Chat is what is known of the conversation. It calls changed whenever there is something new to draw.
export class Chat {
  messages = new Map(); // by id, the oldest first: { id, author, text, at, state }
  names = new Map(); // by id
  me = "";
  connection = "connecting";

  constructor(changed) {
    this.changed = changed;
  }

  logIn(email, password) {
    return this.enter(call("auth/login", { body: { email, password, mode: "json" } }));
  }

  resume() {
    return this.enter(call("auth/refresh", { body: { refresh_token: localStorage.getItem(kept), mode: "json" } }));
  }

  // enter asks for everything at once; the history is asked for when the subscription stands, so that nothing is missed
  // between the two.
  async enter(grant) {
    const { access_token: token, refresh_token: refresh } = await grant;
    localStorage.setItem(kept, refresh);
    const people = Promise.all([
      call("users/me?fields=id", { token }),
      call("items/chat_profiles?fields=id,name&limit=-1", { token }),
    ]);
    await this.subscribe(token);
    const history = call(`items/messages?fields=${fields}&sort=-date_created,-id&limit=${page}`, { token });
    const [me, profiles] = await people;
    this.me = me.id;
    for (const { id, name } of profiles) this.names.set(id, name);
    this.merge((await history).reverse());
    this.connection = "live";
    this.changed();
  }

  subscribe(token) {
    const url = new URL(`${proxy}/websocket`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.socket = new WebSocket(url);
    this.socket.addEventListener("open", () => this.say({ type: "auth", access_token: token }));
    this.socket.addEventListener("close", () => {
      this.connection = "offline";
      this.changed();
    });
    return new Promise((subscribed) => {
      this.socket.addEventListener("message", ({ data }) => this.hear(JSON.parse(data), subscribed));
    });
  }

  say(frame) {
    this.socket.send(JSON.stringify(frame));
  }

  hear({ type, event, data }, subscribed) {
    switch (type) {
      case "auth":
        return this.say({ type: "subscribe", uid: "messages", collection: "messages", query: { fields, limit: 0 } });
      case "ping":
        return this.say({ type: "pong" });
      case "items":
        this.merge([data]);
        break;
      case "subscription":
        if (event === "init") return subscribed();
        if (event === "delete") data.forEach((id) => this.messages.delete(id));
        else this.merge(data);
    }
    this.changed();
  }

  // merge takes rows as Directus has them. What is known keeps its place, and is a new object, so that it is drawn again.
  merge(rows) {
    for (const { id, content: text, user_created: author, date_created: date } of rows) {
      this.messages.set(id, { id, author, text, at: new Date(date), state: "stored" });
    }
  }

  // send shows the message at once, as one that is on its way.
  send(text) {
    const id = crypto.randomUUID();
    this.messages.set(id, { id, author: this.me, text, at: new Date(), state: "sending" });
    this.changed();
    this.say({ type: "items", action: "create", uid: id, collection: "messages", data: { id, content: text } });
  }
}

// inFrame makes one call of many, in the next frame.
export const inFrame = (draw) => {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      draw();
    });
  };
};

const language = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const moment = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" });
const dayName = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });

// newest are the messages that are drawn, each with the one before it: as many as the history has at first. Going up to
// older ones is left out.
export const newest = ({ messages }) => {
  const all = [...messages.values()];
  return all.slice(-page).map((message, i, { length }) => [message, all[all.length - length + i - 1]]);
};

// look is how a message looks below another one (app/ui/messagerow.go).
export const look = (names, message, before) => {
  const { id, author, text, at, state } = message;
  const name = names.get(author) ?? "Somebody";
  const words = name.split(" ");
  let hash = 0;
  for (const c of author) hash = (hash * 31 + c.charCodeAt(0)) >>> 0;
  const day = !before || before.at.toDateString() !== at.toDateString() ? dayName.format(at) : "";
  const first = Boolean(day) || before.author !== author || at - before.at >= 5 * 60_000;
  return {
    id, text, name, day, state,
    style: `message tone-${hash % 12}${first ? " first" : ""}`,
    initials: words[0][0] + (words.length > 1 ? words.at(-1)[0] : ""),
    date: at.toISOString(), title: moment.format(at), time: clock.format(at),
  };
};
