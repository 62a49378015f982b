// The chat in Preact: the markup of web/page.html and app/ui, with the same style sheet, drawn by the program. A row is
// drawn again when its message is another object.
import { Component, h, render } from "./preact.mjs";
import { Chat, inFrame, isSignedIn, look, newest } from "./directus.js";

const html = document.documentElement;
const title = html.dataset.title;

class Row extends Component {
  shouldComponentUpdate({ message, before }) {
    return message !== this.props.message || before !== this.props.before;
  }

  render({ message, before, names }) {
    const l = look(names, message, before);
    return h("div", { class: "entry" },
      l.day && h("h2", { class: "day" }, l.day),
      h("article", {
        class: l.style, tabIndex: -1, "data-message-id": l.id, "data-state": l.state, "data-initials": l.initials,
      },
      h("div", { class: "byline" },
        h("bdi", { "data-part": "author", dir: "auto" }, l.name),
        h("time", { dateTime: l.date, title: l.title }, l.time)),
      h("div", { "data-part": "text" }, h("p", { dir: "auto" }, l.text)),
      l.state === "sending" && h("span", { class: "pending", title: "Sending…" },
        h("span", { class: "visually-hidden" }, "Sending…"))));
  }
}

class MessageList extends Component {
  atBottom = true;

  scrolled = ({ target: { scrollTop, clientHeight, scrollHeight } }) => {
    this.atBottom = scrollHeight - clientHeight - scrollTop <= 16;
  };

  componentDidUpdate() {
    if (this.atBottom) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  render({ chat }) {
    return h("div", { class: "stage" },
      h("section", {
        id: "messages", "aria-label": "Messages", "aria-busy": chat.connection === "connecting",
        "data-count": chat.messages.size, tabIndex: 0, onScroll: this.scrolled, ref: (scroller) => { this.scroller = scroller; },
      },
      h("div", { class: "timeline" }, chat.connection === "connecting"
        ? h("div", { class: "skeleton", "aria-hidden": true }, h("i"), h("i"), h("i"), h("i"))
        : h("div", { class: "rows" }, newest(chat).map(([message, before]) =>
          h(Row, { key: message.id, message, before, names: chat.names }))))));
  }
}

class MessageForm extends Component {
  send = () => {
    const text = this.box.value.trim();
    if (!text) return;
    this.box.value = "";
    this.props.chat.send(text);
  };

  submitted = (event) => {
    event.preventDefault();
    this.send();
  };

  pressed = (event) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    this.send();
  };

  render() {
    return h("form", { id: "composer", "aria-label": "New message", onSubmit: this.submitted },
      h("div", { class: "box" },
        h("textarea", {
          id: "message", "aria-label": "Message", placeholder: "Write a message", rows: 1, dir: "auto",
          onKeyPress: this.pressed, ref: (box) => { this.box = box; },
        }),
        h("button", { class: "primary", type: "submit" }, h("span", { class: "ready" }, "Send"))));
  }
}

class Login extends Component {
  state = { alert: "", busy: false };

  componentDidMount() {
    this.email.focus();
  }

  submitted = async (event) => {
    event.preventDefault();
    this.setState({ busy: true, alert: "" });
    try {
      await this.props.chat.logIn(this.email.value, this.password.value);
      this.props.done();
    } catch {
      this.setState({ busy: false, alert: "That did not work. Check e-mail and password." });
    }
  };

  render(_, { alert, busy }) {
    return h("main", { id: "login" },
      h("form", { id: "login-form", "aria-labelledby": "login-title", noValidate: true, onSubmit: this.submitted, "data-busy": busy ? "" : undefined },
        h("img", { class: "mark", src: html.dataset.icon, alt: "" }),
        h("h1", { id: "login-title" }, title),
        h("p", { class: "lead" }, "Log in to join the conversation."),
        h("p", { id: "login-alert", class: "alert", role: "alert" }, alert),
        h("div", { class: "field" },
          h("label", { for: "email" }, "E-mail"),
          h("input", { id: "email", type: "email", dir: "ltr", autocomplete: "username", ref: (e) => { this.email = e; } })),
        h("div", { class: "field" },
          h("label", { for: "password" }, "Password"),
          h("input", { id: "password", type: "password", dir: "ltr", autocomplete: "current-password", ref: (e) => { this.password = e; } })),
        h("button", { class: "primary", type: "submit" },
          h("span", { class: "ready" }, "Log in"), h("span", { class: "busy" }, "Logging in…"))));
  }
}

const Header = ({ chat }) => h("header", { class: "bar" },
  h("img", { class: "mark", src: html.dataset.icon, alt: "" }),
  h("div", { class: "heading" },
    h("h1", null, title),
    h("div", { class: "status" }, h("p", { role: "status", "data-connection": chat.connection },
      h("button", { type: "button" }, chat.connection)))),
  h("bdi", { class: "me", dir: "auto" }, chat.names.get(chat.me)));

class Page extends Component {
  state = { room: isSignedIn() };
  chat = new Chat(inFrame(() => this.forceUpdate()));

  componentDidMount() {
    if (this.state.room) this.chat.resume().catch(() => this.setState({ room: false }));
    html.dataset.app = "running";
  }

  render(_, { room }) {
    html.dataset.screen = room ? "room" : "login";
    if (!room) return h(Login, { chat: this.chat, done: () => this.setState({ room: true }) });
    return [
      h("main", { id: "room" }, h(Header, { chat: this.chat }), h("div", { class: "banner" }), h(MessageList, { chat: this.chat })),
      h(MessageForm, { chat: this.chat }),
    ];
  }
}

render(h(Page), document.body);
