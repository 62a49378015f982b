//go:build !js

package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

// TestNotificationsAreSwitchedOn: by whoever wants them, who is asked then and at no other moment.
func TestNotificationsAreSwitchedOn(t *testing.T) {
	const part = panel + `.querySelector("[data-part=notify]")`
	v := newVisitor(t)
	v.first(`window.permissions = 0; window.permission = "denied";
		window.Notification = class { static requestPermission = async () => (permissions++, permission) }`)
	v.open("/")
	s := room(many(3)...)
	v.show(s)
	v.openPanel()
	assert.Zero(t, eval[int](v, `permissions`))
	assert.Equal(t, "false Off Switch on", eval[string](v, part+`.dataset.on + " " + [...`+part+`.children].map(c => c.textContent).join(" ")`))
	v.click("[data-action=notify]")
	v.await(part + `.textContent.includes("does not allow")`)
	assert.Empty(t, v.intents())
	eval[any](v, `permission = "granted"`)
	v.click("[data-action=notify]")
	v.await(`intents.length === 1`)
	assert.Equal(t, []string{`Prefer {"Preferences":{"Notify":true,"Emoji":["","","","","",""]}}`}, v.intents())
	s.Preferences = chat.Preferences{Notify: true, Emoji: [6]string{"1", "2", "3", "4", "5", "6"}}
	v.show(s)
	v.await(part + `.dataset.on === "true"`)
	v.click("[data-action=notify]")
	v.await(`intents.length === 2`)
	assert.Equal(t, `Prefer {"Preferences":{"Notify":false,"Emoji":["1","2","3","4","5","6"]}}`, v.intents()[1])
	assert.Equal(t, 2, eval[int](v, `permissions`))
	v.requireNoTroubles()

	without := newVisitor(t)
	without.first(`delete window.Notification`)
	without.open("/")
	without.show(room())
	without.openPanel()
	without.click("[data-action=notify]")
	without.await(part + `.textContent.includes("does not allow")`)
	without.requireNoTroubles()
}

// TestNotification: it is shown through the worker's registration, taken away when all is read, and leads to its
// message.
func TestNotification(t *testing.T) {
	v := newVisitor(t)
	v.inFront()
	v.first(`window.notifications = []; window.taken = 0;
		ServiceWorkerRegistration.prototype.showNotification = async (title, options) => { notifications.push({ title, ...options }) };
		ServiceWorkerRegistration.prototype.getNotifications = async ({ tag }) => notifications.filter(n => n.tag === tag).map(() => ({ close() { taken++ } }))`)
	v.open("/")
	v.show(room())
	eval[any](v, `notify(JSON.stringify({ Message: "one", Name: "Bob Example", Text: "<b>hello</b>", Count: 1 }))`)
	v.await(`notifications.length === 1`)
	const shown = `(n => [n.title, n.body, n.tag, n.renotify, n.data].join("|"))(notifications.at(-1))`
	assert.Equal(t, "Bob Example|<b>hello</b>|room/|true|/m/one", eval[string](v, shown))
	eval[any](v, `notify(JSON.stringify({ Message: "two", Author: "3f2a7c10", Text: "again", Count: 2 }))`)
	v.await(`notifications.length === 2`)
	assert.Equal(t, "2 new messages|\u2068Member 3f2a\u2069: again|room/|true|/m/two", eval[string](v, shown))

	eval[any](v, `(navigator.serviceWorker.dispatchEvent(new MessageEvent("message", { data: { open: "/m/two" } })), 1)`)
	v.await(`intents.length === 1`)
	assert.Equal(t, []string{`Open {"Room":"","Message":"two"}`}, v.intents())
	assert.Equal(t, "/m/two", eval[string](v, `location.pathname`))
	for _, data := range []string{`{ open: "/directus/two" }`, `{}`, `"text"`, `{ open: "https://example.com/m/two" }`} {
		eval[any](v, fmt.Sprintf(`(navigator.serviceWorker.dispatchEvent(new MessageEvent("message", { data: %s })), 1)`, data))
	}

	some := room(many(3)...)
	some.Room.Unread.Count = 1
	v.lookAway()
	v.show(some)
	v.await(`document.title.startsWith("(1)")`)
	some.Room.Unread = chat.Unread{}
	v.show(some)
	v.await(`taken === 2`)
	assert.Len(t, v.intents(), 1)
	v.requireNoTroubles()
}

// TestNotificationBelowAnotherChat: the worker of another chat, whose paths begin those of this one, is not used although it
// was the page's before this one's own was there.
func TestNotificationBelowAnotherChat(t *testing.T) {
	v := newVisitor(t)
	v.first(`window.notifications = [];
		ServiceWorkerRegistration.prototype.showNotification = async (title) => { notifications.push(title) };
		const another = { scope: "https://example.com/", active: {}, showNotification: async () => { notifications.push("another") } };
		Object.defineProperty(navigator.serviceWorker, "ready", { value: Promise.resolve(another) })`)
	v.open("/")
	v.show(room())
	v.await(`(navigator.serviceWorker.getRegistration().then(r => { window.worker = r?.active?.state }), window.worker === "activated")`)
	eval[any](v, `notify(JSON.stringify({ Message: "one", Name: "Bob Example", Text: "hello", Count: 1 }))`)
	v.await(`notifications.length > 0`)
	assert.Equal(t, []string{"Bob Example"}, eval[[]string](v, `notifications`))
	v.requireNoTroubles()
}
